//! Reads a configuration from text, or reports all mistakes.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Config;
use super::carriers::read_carrier;
use super::check::check;
use super::line_of::{line_at, line_of};
use super::mistake::{Mistake, Severity};
use super::read_all_errors::{mistake, read_all_errors};

/// A valid configuration and its warnings.
#[derive(Debug)]
pub(crate) struct Checked {
    pub config: Config,
    pub warnings: Vec<Mistake>,
}

pub(crate) fn read(text: &str) -> Result<Checked, Vec<Mistake>> {
    let (file, errors) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = errors.iter().map(|error| mistake(text, error)).collect();
    if !mistakes.is_empty() {
        // The recovered parts of invalid TOML are not checked, because they may be incomplete.
        mistakes.sort_by_key(|mistake| mistake.line);
        return Err(mistakes);
    }

    let mut config = read_sections(text, file.clone(), &mut mistakes);
    let whole = mistakes.is_empty();
    config.fill_sandbox();
    config.fill_route();
    mistakes.extend(check(&config, whole).into_iter().map(|finding| Mistake {
        severity: finding.severity,
        line: line_of(text, file.get_ref(), &finding.path),
        text: finding.text,
    }));
    mistakes.sort_by_key(|mistake| mistake.line);

    if mistakes.iter().any(|mistake| mistake.severity == Severity::Error) {
        Err(mistakes)
    } else {
        Ok(Checked { config, warnings: mistakes })
    }
}

/// Reads the sections; unreadable parts are added to `mistakes` and have their defaults.
fn read_sections(
    text: &str,
    mut file: Spanned<DeTable<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Config {
    let carriers = file.get_mut().remove("carriers");
    let span = file.span();
    let rest = Spanned::new(span, DeValue::Table(file.into_inner()));
    let mut config: Config = read_all_errors(text, rest, mistakes).unwrap_or_default();
    match carriers.map(|list| (list.span(), list.into_inner())) {
        None => {}
        Some((_, DeValue::Array(list))) => {
            let read = |section| read_carrier(text, section, mistakes);
            config.carriers = list.into_iter().filter_map(read).collect();
        }
        Some((span, _)) => mistakes.push(Mistake::error(
            line_at(text, span.start),
            "carriers are written as [[carriers]] sections",
        )),
    }
    config
}
