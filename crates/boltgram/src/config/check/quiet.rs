//! Checks the prefixes and times of quiet hours.

use std::collections::HashSet;

use domain::message::quiet::BadQuiet;

use super::Finding;
use super::routes::wrong_prefix;
use crate::config::Config;

pub(super) fn check(config: &Config, found: &mut Vec<Finding>) {
    let mut prefixes = HashSet::new();
    for (place, hours) in config.quiet_hours.iter().enumerate() {
        let path = |key: &str| format!("quiet_hours.{place}.{key}");
        if let Some(text) = wrong_prefix(&hours.prefix) {
            found.push(Finding::error(path("prefix"), text));
        }
        if !prefixes.insert(hours.prefix.as_str()) {
            let text = format!("there are other quiet hours for {:?}", hours.prefix);
            found.push(Finding::error(path("prefix"), text));
        }
        if let Err(error) = hours.quiet() {
            let key = match error {
                BadQuiet::Time => "from",
                BadQuiet::Empty => "to",
                BadQuiet::Zone => "zone",
            };
            found.push(Finding::error(path(key), error.to_string()));
        }
    }
}
