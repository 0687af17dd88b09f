//! Suppliers of numbers and the handler door: each supplier is created and dropped, which checks its settings and files.

use std::collections::HashSet;

use domain::limits::HOLD_MAX_SATS;

use super::super::Config;
use super::Finding;
use crate::suppliers::check_supplier;

pub(super) fn check(config: &Config, found: &mut Vec<Finding>) {
    let unit = config.handler.unit_sats;
    if !(1..=HOLD_MAX_SATS).contains(&unit) {
        let text = format!("unit_sats = {unit}: a unit must be 1 to {HOLD_MAX_SATS} sats");
        found.push(Finding::error("handler.unit_sats", text));
    }
    let mut names = HashSet::new();
    for (place, supplier) in config.suppliers.iter().enumerate() {
        let path = format!("suppliers.{place}");
        if supplier.name.is_empty() {
            found.push(Finding::error(format!("{path}.name"), "a supplier needs a name"));
        } else if !names.insert(supplier.name.as_str()) {
            let text = format!("there is another supplier named {:?}", supplier.name);
            found.push(Finding::error(format!("{path}.name"), text));
        } else if let Err(error) = check_supplier(supplier) {
            let text = format!("{error:#}");
            // The text begins with its key.
            let key = text.split([':', ' ']).next().unwrap_or_default();
            found.push(Finding::error(format!("{path}.{key}"), text));
        }
    }
}
