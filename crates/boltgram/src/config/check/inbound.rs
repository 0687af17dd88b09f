//! What `[inbound]` and `[[numbers]]` must be.

use std::collections::HashSet;

use domain::account::AccountName;
use url::Url;

use super::Finding;
use crate::config::Config;

/// As long as an address may be in SMPP (3.4 §5.2.8).
const DIGITS_MAX: usize = 20;

pub(super) fn check(config: &Config, found: &mut Vec<Finding>) {
    check_url("inbound.webhook_url", config.inbound.webhook_url.as_ref(), found);
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
        if number.webhook_url.is_none()
            && config.inbound.webhook_url.is_none()
            && number.account.is_none()
        {
            let text = format!("nobody is told what comes to {:?}: it is only kept", number.number);
            found.push(Finding::doubtful(path("number"), text));
        }
    }
}

fn check_url(path: impl Into<String>, url: Option<&Url>, found: &mut Vec<Finding>) {
    if url.is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
        found.push(Finding::wrong(path, "webhook_url begins with https:// or http://"));
    }
}
