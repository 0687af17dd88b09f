//! What `[inbound]` and `[[numbers]]` must be.

use std::collections::HashSet;

use domain::account::AccountName;
use domain::limits::ORDER_TEXT_CHARS_MAX;
use domain::number::SenderId;
use domain::text::{Policy, measure};
use url::Url;

use super::Finding;
use crate::config::{Config, NumberConfig};

/// As long as an address may be in SMPP (3.4 §5.2.8).
const DIGITS_MAX: usize = 20;

/// Longer first words are no keywords.
const KEYWORD_CHARS_MAX: usize = 32;

pub(super) fn check(config: &Config, found: &mut Vec<Finding>) {
    check_url("inbound.webhook_url", config.inbound.webhook_url.as_ref(), found);
    check_words("stop_words", &config.inbound.stop_words, found);
    check_words("start_words", &config.inbound.start_words, found);
    check_words("help_words", &config.inbound.help_words, found);
    let mut known = HashSet::new();
    for (place, number) in config.numbers.iter().enumerate() {
        let path = |key| format!("numbers.{place}.{key}");
        let digits = number.number.strip_prefix('+').unwrap_or(&number.number);
        let sound = (1..=DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !sound {
            let text =
                format!("number {:?}: 1 to {DIGITS_MAX} digits, or + and digits", number.number);
            found.push(Finding::wrong(path("number"), text));
        } else if !known.insert(digits) {
            let text = format!("there is another section for {:?}", number.number);
            found.push(Finding::wrong(path("number"), text));
        }
        check_url(path("webhook_url"), number.webhook_url.as_ref(), found);
        if let Some(name) = &number.account
            && let Err(error) = name.parse::<AccountName>()
        {
            found.push(Finding::wrong(path("account"), format!("account {name:?}: {error}")));
        }
        if let Some(why) = number.help_text.as_ref().and_then(|text| no_help(number, text)) {
            found.push(Finding::wrong(path("help_text"), why));
        }
        if number.webhook_url.is_none()
            && config.inbound.webhook_url.is_none()
            && number.account.is_none()
        {
            let text = format!("nobody is told what comes to {:?}: it is only kept", number.number);
            found.push(Finding::doubtful(path("number"), text));
        }
    }
}

/// Why a number cannot answer HELP with this text.
fn no_help(number: &NumberConfig, text: &str) -> Option<String> {
    if number.account.is_none() {
        return Some("help_text needs the account that pays for the answers".to_owned());
    }
    if let Err(error) = SenderId::parse(&number.number) {
        return Some(format!("help_text cannot come from {:?}: {error}", number.number));
    }
    if text.trim().is_empty() || text.chars().count() > ORDER_TEXT_CHARS_MAX {
        return Some(format!("help_text: 1 to {ORDER_TEXT_CHARS_MAX} characters"));
    }
    measure(text, &Policy::default()).err().map(|error| format!("help_text: {error}"))
}

/// What is answered is looked at word by word.
fn check_words(key: &str, words: &[String], found: &mut Vec<Finding>) {
    for word in words {
        let sound = (1..=KEYWORD_CHARS_MAX).contains(&word.chars().count())
            && word.chars().any(char::is_alphanumeric)
            && !word.contains(char::is_whitespace);
        if !sound {
            let text =
                format!("{key} {word:?}: one word of at most {KEYWORD_CHARS_MAX} characters");
            found.push(Finding::wrong(format!("inbound.{key}"), text));
        }
    }
}

fn check_url(path: impl Into<String>, url: Option<&Url>, found: &mut Vec<Finding>) {
    if url.is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
        found.push(Finding::wrong(path, "webhook_url begins with https:// or http://"));
    }
}
