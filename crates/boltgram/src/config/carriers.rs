//! `[[carriers]]`: the keys shared by all carriers, the kind, and passwords in files. The keys of each kind are defined
//! by crate `carriers`.

use std::fs;
use std::path::{Path, PathBuf};

use ::carriers::phones::PhonesConfig;
use ::carriers::smpp::SmppConfig;
use ::carriers::smtp::SmtpConfig;
use anyhow::Context;
use domain::routing::Charges;
use domain::secret::Secret;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::line_of::line_at;
use super::mistake::Mistake;
use super::read_all_errors::read_all_errors;

#[derive(Debug, Clone)]
pub(crate) struct CarrierConfig {
    pub name: String,
    pub kind: CarrierKind,
    /// File with the password, if it is not in the section.
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub(crate) enum CarrierKind {
    Sandbox,
    Smpp(Box<SmppConfig>),
    Smtp(Box<SmtpConfig>),
    Phones(Box<PhonesConfig>),
}

impl CarrierConfig {
    pub(super) fn sandbox() -> Self {
        let name = "sandbox".to_owned();
        Self { name, kind: CarrierKind::Sandbox, password_file: None }
    }

    pub(crate) const fn takes_sms(&self) -> bool {
        matches!(self.kind, CarrierKind::Sandbox | CarrierKind::Smpp(_) | CarrierKind::Phones(_))
    }

    pub(crate) const fn takes_email(&self) -> bool {
        matches!(self.kind, CarrierKind::Sandbox | CarrierKind::Smtp(_))
    }

    /// What it can charge recipients. The sandbox charges nobody, whatever it is told.
    pub(crate) fn charges(&self) -> Option<Charges> {
        match &self.kind {
            CarrierKind::Sandbox => Some(Charges::Any),
            CarrierKind::Smpp(smpp) => smpp.charges(),
            CarrierKind::Smtp(_) | CarrierKind::Phones(_) => None,
        }
    }

    pub(crate) const fn password(&self) -> Option<&Secret> {
        match &self.kind {
            CarrierKind::Sandbox | CarrierKind::Phones(_) => None,
            CarrierKind::Smpp(smpp) => smpp.password.as_ref(),
            CarrierKind::Smtp(smtp) => smtp.password.as_ref(),
        }
    }

    /// A copy with the password from its file.
    pub(crate) fn with_password(&self) -> anyhow::Result<Self> {
        let mut carrier = self.clone();
        let Some(path) = carrier.password_file.take() else { return Ok(carrier) };
        let password = Some(read_password(&path)?);
        match &mut carrier.kind {
            CarrierKind::Sandbox | CarrierKind::Phones(_) => {}
            CarrierKind::Smpp(smpp) => smpp.password = password,
            CarrierKind::Smtp(smtp) => smtp.password = password,
        }
        Ok(carrier)
    }
}

/// Reads the first line.
pub(super) fn read_password(path: &Path) -> anyhow::Result<Secret> {
    read_first_line("password_file", path)
}

/// Reads the first line of the file that a key names.
pub(super) fn read_first_line(key: &'static str, path: &Path) -> anyhow::Result<Secret> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("{key}: cannot use {}", path.display()))?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}

/// Reads one section; `None` if it is unusable.
pub(super) fn read_carrier(
    text: &str,
    section: Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<CarrierConfig> {
    let span = section.span();
    let line = line_at(text, span.start);
    let DeValue::Table(mut table) = section.into_inner() else {
        mistakes.push(Mistake::error(line, "carriers are written as [[carriers]] sections"));
        return None;
    };
    let name: Option<String> = take(text, &mut table, "name", mistakes);
    let kind: Option<String> = take(text, &mut table, "kind", mistakes);
    let has_password = matches!(kind.as_deref(), Some("smpp" | "smtp"));
    let password_file =
        has_password.then(|| take(text, &mut table, "password_file", mistakes)).flatten();
    let rest = Spanned::new(span, DeValue::Table(table));
    let kind = match kind.as_deref() {
        Some("sandbox") => {
            let NoKeys {} = read_all_errors(text, rest, mistakes)?;
            Some(CarrierKind::Sandbox)
        }
        Some("smpp") => read_all_errors(text, rest, mistakes).map(Box::new).map(CarrierKind::Smpp),
        Some("smtp") => read_all_errors(text, rest, mistakes).map(Box::new).map(CarrierKind::Smtp),
        Some("phones") => {
            read_all_errors(text, rest, mistakes).map(Box::new).map(CarrierKind::Phones)
        }
        Some(other) => {
            let text = format!("unknown kind `{other}`; expected smpp, smtp, phones or sandbox");
            mistakes.push(Mistake::error(line, text));
            None
        }
        None => {
            mistakes.push(Mistake::error(
                line,
                "a carrier needs a kind: smpp, smtp, phones or sandbox",
            ));
            None
        }
    };
    if name.is_none() {
        mistakes.push(Mistake::error(line, "a carrier needs a name"));
    }
    Some(CarrierConfig { name: name?, kind: kind?, password_file })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoKeys {}

/// Removes a key from the section; the rest is read by the kind.
fn take<T: DeserializeOwned>(
    text: &str,
    table: &mut DeTable<'_>,
    key: &str,
    mistakes: &mut Vec<Mistake>,
) -> Option<T> {
    table.remove(key).and_then(|value| read_all_errors(text, value, mistakes))
}

/// The sections are removed from the file before deserialization; see [`read_carrier`].
pub(super) fn read_elsewhere<'de, D: Deserializer<'de>>(
    _: D,
) -> Result<Vec<CarrierConfig>, D::Error> {
    Err(D::Error::custom("carriers are written as [[carriers]] sections"))
}
