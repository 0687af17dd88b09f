//! From the text of a file to a configuration, or to all that is wrong with it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Config;
use super::carriers::read_carrier;
use super::check::check;
use super::mistake::{Mistake, Weight};
use super::place::{line_at, line_of};
use super::strike::{read_striking, told};

/// A configuration that can be used, and what is doubtful about it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub config: Config,
    pub warnings: Vec<Mistake>,
}

pub(crate) fn read(text: &str) -> Result<Checked, Vec<Mistake>> {
    let (file, errors) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = errors.iter().map(|error| told(text, error)).collect();
    if !mistakes.is_empty() {
        // What was recovered of a text that is no TOML would be judged by guesses.
        mistakes.sort_by_key(|mistake| mistake.line);
        return Err(mistakes);
    }

    let mut config = read_sections(text, file.clone(), &mut mistakes);
    let whole = mistakes.is_empty();
    config.fill_sandbox();
    config.fill_route();
    mistakes.extend(check(&config, whole).into_iter().map(|finding| Mistake {
        weight: finding.weight,
        line: line_of(text, file.get_ref(), &finding.path),
        text: finding.text,
    }));
    mistakes.sort_by_key(|mistake| mistake.line);

    if mistakes.iter().any(|mistake| mistake.weight == Weight::Wrong) {
        Err(mistakes)
    } else {
        Ok(Checked { config, warnings: mistakes })
    }
}

/// What could be read; the rest is as by default and noted in `mistakes`.
fn read_sections(
    text: &str,
    mut file: Spanned<DeTable<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Config {
    let carriers = file.get_mut().remove("carriers");
    let span = file.span();
    let rest = Spanned::new(span, DeValue::Table(file.into_inner()));
    let mut config: Config = read_striking(text, rest, mistakes).unwrap_or_default();
    match carriers.map(|list| (list.span(), list.into_inner())) {
        None => {}
        Some((_, DeValue::Array(list))) => {
            let read = |section| read_carrier(text, section, mistakes);
            config.carriers = list.into_iter().filter_map(read).collect();
        }
        Some((span, _)) => mistakes.push(Mistake::wrong(
            line_at(text, span.start),
            "carriers are written as [[carriers]] sections",
        )),
    }
    config
}
