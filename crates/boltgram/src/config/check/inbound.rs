//! Checks `[inbound]` and `[[numbers]]`.

use std::collections::HashSet;

use domain::account::AccountName;
use domain::id::AccountId;
use domain::inbound::keyword::check_phrase;
use domain::number::Msisdn;
use domain::number::own::{Abilities, UnfitNumber, fit};
use url::Url;

use super::Finding;
use crate::config::{Config, NumberConfig};

pub(super) fn check(config: &Config, found: &mut Vec<Finding>) {
    check_url("inbound.webhook_url", config.inbound.webhook_url.as_ref(), found);
    check_words("stop_words", &config.inbound.stop_words, found);
    check_words("start_words", &config.inbound.start_words, found);
    check_words("help_words", &config.inbound.help_words, found);
    let mut known = HashSet::new();
    for (place, number) in config.numbers.own.iter().enumerate() {
        let path = |key: &str| config.numbers.path(place, key);
        if let Some(finding) = unfit(number, path) {
            found.push(finding);
        }
        let digits = number.number.strip_prefix('+').unwrap_or(&number.number);
        if !known.insert(digits) {
            let text = format!("there is another section for {:?}", number.number);
            found.push(Finding::error(path("number"), text));
        }
        if let Some(name) = &number.carrier
            && config.carriers.iter().all(|carrier| carrier.name != *name)
        {
            let text = format!("there is no carrier named {name:?}");
            found.push(Finding::error(path("carrier"), text));
        }
        if let Some(text) = never_lent(number) {
            found.push(Finding::warning(path("number"), text));
        }
        check_url(path("webhook_url"), number.webhook_url.as_ref(), found);
        if let Some(name) = &number.account
            && let Err(error) = name.parse::<AccountName>()
        {
            found.push(Finding::error(path("account"), format!("account {name:?}: {error}")));
        }
        if number.webhook_url.is_none()
            && config.inbound.webhook_url.is_none()
            && number.account.is_none()
        {
            let text = format!(
                "messages to {:?} are reported to nobody: they are only stored",
                number.number
            );
            found.push(Finding::warning(path("number"), text));
        }
    }
}

/// Why a number that may be lent is never lent.
fn never_lent(number: &NumberConfig) -> Option<String> {
    if !number.abilities().is_ok_and(Abilities::lends) {
        return None;
    }
    let digits = number.number.strip_prefix('+').unwrap_or(&number.number);
    if digits.parse::<Msisdn>().is_err() {
        return Some(format!("{digits:?} is never lent: it is no international number"));
    }
    let none = number.country.is_none();
    none.then(|| format!("{digits:?} is never lent: its country is not set"))
}

fn unfit(number: &NumberConfig, path: impl Fn(&str) -> String) -> Option<Finding> {
    if let Err(error) = number.country() {
        return Some(Finding::error(path("country"), format!("country: {error}")));
    }
    if let Err(error) = number.abilities() {
        return Some(Finding::error(path("can"), format!("can: {error}")));
    }
    // Which account it is does not matter here.
    let terms = number.terms(number.account.as_ref().map(|_| AccountId(0))).ok()?;
    let error = fit(&number.number, &terms).err()?;
    Some(match error {
        UnfitNumber::Digits => {
            Finding::error(path("number"), format!("number {:?} {error}", number.number))
        }
        UnfitNumber::LendsWithoutReceiving
        | UnfitNumber::KeywordsWithoutReceiving
        | UnfitNumber::KeywordsOfAccount => Finding::error(path("can"), format!("can: {error}")),
        UnfitNumber::Keywords(_) | UnfitNumber::Stop => {
            Finding::error(path("keywords"), format!("keywords {error}"))
        }
        UnfitNumber::HelpWithoutAccount
        | UnfitNumber::HelpFrom(_)
        | UnfitNumber::HelpLength
        | UnfitNumber::HelpText(_) => {
            Finding::error(path("help_text"), format!("help_text {error}"))
        }
    })
}

/// Keywords are words or phrases.
fn check_words(key: &str, words: &[String], found: &mut Vec<Finding>) {
    for word in words {
        if let Err(error) = check_phrase(word) {
            let text = format!("{key} {word:?}: {error}");
            found.push(Finding::error(format!("inbound.{key}"), text));
        }
    }
}

fn check_url(path: impl Into<String>, url: Option<&Url>, found: &mut Vec<Finding>) {
    if url.is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
        found.push(Finding::error(path, "webhook_url begins with https:// or http://"));
    }
}
