//! From `[inbound]` and `[[numbers]]` to settings of the engine: the accounts of numbers are read from
//! the store, and the operator's signing secret from its file, which is made when there is none yet.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use domain::inbound::Party;
use domain::inbound::keyword::{Keyword, Keywords};
use domain::number::own::{NumberTerms, fit};
use domain::ports::{Random, Store};
use domain::secret::Secret;
use engine::InboundSettings;
use engine::events::sign;

use crate::config::{Config, InboundConfig, NumberConfig};
use crate::open_store::account_named;

pub(crate) fn inbound_settings(
    config: &Config,
    random: &dyn Random,
) -> anyhow::Result<InboundSettings> {
    let InboundConfig { stop_words: stop, start_words: start, help_words: help, .. } =
        &config.inbound;
    Ok(InboundSettings {
        keywords: Keywords::default()
            .and(Keyword::Stop, stop.iter().map(String::as_str))
            .and(Keyword::Start, start.iter().map(String::as_str))
            .and(Keyword::Help, help.iter().map(String::as_str)),
        webhook_url: config.inbound.webhook_url.as_ref().map(|url| url.as_str().to_owned()),
        webhook_secret: open_secret(config, random)?,
    })
}

pub(crate) async fn declared_numbers(
    config: &Config,
    store: &dyn Store,
) -> anyhow::Result<Vec<(Party, NumberTerms)>> {
    let mut declared = Vec::new();
    for number in &config.numbers.own {
        let terms = declared_terms(number, store).await;
        let terms = terms.with_context(|| format!("[[numbers]] {}", number.number))?;
        declared.push((fit(&number.number, &terms)?, terms));
    }
    Ok(declared)
}

async fn declared_terms(number: &NumberConfig, store: &dyn Store) -> anyhow::Result<NumberTerms> {
    let account = match &number.account {
        None => None,
        Some(name) => {
            let name = name.parse().context("not the name of an account")?;
            Some(account_named(store, &name).await?.id)
        }
    };
    number.terms(account)
}

/// A configured file must exist; the default one is created.
fn open_secret(config: &Config, random: &dyn Random) -> anyhow::Result<Secret> {
    let path = match &config.inbound.webhook_secret_file {
        Some(path) => path.clone(),
        None => own_secret(&config.data, random)?,
    };
    let text = fs::read_to_string(&path)
        .with_context(|| format!("webhook_secret_file: cannot use {}", path.display()))?;
    let secret = Secret::new(text.lines().next().unwrap_or_default().trim());
    ensure!(
        sign(&secret, "msg_1", 0, b"").is_some(),
        "webhook_secret_file: {} contains no secret (whsec_ and base64)",
        path.display()
    );
    Ok(secret)
}

/// Writes under another name first, so that the file is complete or absent.
fn own_secret(data: &Path, random: &dyn Random) -> anyhow::Result<PathBuf> {
    let path = data.join("inbound.secret");
    if fs::exists(&path)? {
        return Ok(path);
    }
    let draft = path.with_extension("secret.new");
    let make = || -> std::io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", engine::accounts::webhook_secret(random).expose())?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(data)?.sync_all()
    };
    make().with_context(|| format!("cannot create {}", path.display()))?;
    tracing::info!(path = %path.display(), "created the signing secret of inbound webhooks");
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::system::OsRandom;

    fn config(data: &Path, file: Option<PathBuf>) -> Config {
        let mut config = Config { data: data.to_owned(), ..Config::default() };
        config.inbound.webhook_secret_file = file;
        config
    }

    #[test]
    fn creates_a_private_secret_once_and_reads_it_again() {
        let data = tempfile::tempdir().unwrap();
        let config = config(data.path(), None);
        let first = open_secret(&config, &OsRandom).unwrap();
        assert!(first == open_secret(&config, &OsRandom).unwrap());
        let mode = fs::metadata(data.path().join("inbound.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_configured_file_must_exist_and_contain_a_secret() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("mine");
        let told = || {
            let opened = open_secret(&config(data.path(), Some(path.clone())), &OsRandom);
            opened.map_err(|error| error.to_string())
        };
        assert!(told().unwrap_err().contains("cannot use"));
        fs::write(&path, "hunter2\n").unwrap();
        let error = told().unwrap_err();
        assert!(error.contains("contains no secret") && !error.contains("hunter2"), "{error}");
        fs::write(&path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        assert_eq!(told().unwrap().expose(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
}
