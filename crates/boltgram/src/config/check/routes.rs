//! Checks the prefixes, carriers and limits of routes.

use std::collections::HashSet;
use std::time::Duration;

use domain::limits::ROUTE_CARRIERS_MAX;

use super::Finding;
use crate::config::{Config, RouteCarrierConfig};

/// No carrier delivers receipts faster, so everything would be sent twice.
const RECEIPT_TIMEOUT_MIN: Duration = Duration::from_secs(10);

pub(super) fn check_prefixes(config: &Config, found: &mut Vec<Finding>) {
    let mut prefixes = HashSet::new();
    for (place, route) in config.routes.iter().enumerate() {
        let path = format!("routes.{place}.prefix");
        let prefix = route.prefix.as_str();
        if let Some(text) = wrong_prefix(prefix) {
            found.push(Finding::error(&*path, text));
        }
        if !prefixes.insert(prefix) {
            found.push(Finding::error(path, format!("there is another route for {prefix:?}")));
        }
    }
}

/// Why no number can begin with the prefix.
pub(super) fn wrong_prefix(prefix: &str) -> Option<String> {
    if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(format!("prefix {prefix:?}: digits only, country code first, without +"))
    } else if prefix.starts_with('0') {
        Some(format!("prefix {prefix:?}: no international number begins with 0"))
    } else {
        None
    }
}

pub(super) fn check_limits(config: &Config, found: &mut Vec<Finding>) {
    for (place, route) in config.routes.iter().enumerate() {
        if route.attempts == Some(0) {
            let path = format!("routes.{place}.attempts");
            found.push(Finding::error(path, "attempts = 0: nothing would ever be sent"));
        }
        let Some(timeout) = route.receipt_timeout else { continue };
        let path = format!("routes.{place}.receipt_timeout");
        if timeout < RECEIPT_TIMEOUT_MIN {
            let text = "receipt_timeout must be at least \"10s\": carriers need some time";
            found.push(Finding::error(path, text));
        } else if route.carriers.len() == 1 {
            let text = "receipt_timeout has no effect: there is no other carrier on this route";
            found.push(Finding::warning(path, text));
        }
    }
}

pub(super) fn check_carriers(config: &Config, found: &mut Vec<Finding>) {
    if config.carriers.is_empty() {
        let text = "there is no [[carriers]] section: nothing could be sent. Add one (`boltgram \
                    config` shows how), or set lightning.backend = \"sandbox\" to try things out";
        found.push(Finding::error("", text));
        return;
    }
    let mut routed = HashSet::new();
    for (place, route) in config.routes.iter().enumerate() {
        let path = format!("routes.{place}.carriers");
        if route.carriers.is_empty() {
            found.push(Finding::error(&*path, "a route needs a carrier"));
        }
        if route.carriers.len() > ROUTE_CARRIERS_MAX {
            let text = format!("a route has at most {ROUTE_CARRIERS_MAX} carriers");
            found.push(Finding::error(&*path, text));
        }
        let mut named = HashSet::new();
        for RouteCarrierConfig { name, weight, .. } in &route.carriers {
            routed.insert(name.as_str());
            if !named.insert(name) {
                let text =
                    format!("carrier {name:?} is listed twice; a weight gives it a larger share");
                found.push(Finding::error(&*path, text));
            }
            if *weight == Some(0) {
                let text = format!("carrier {name:?}: a weight must be at least 1");
                found.push(Finding::error(&*path, text));
            }
            match config.carriers.iter().find(|carrier| &carrier.name == name) {
                None => {
                    found.push(Finding::error(
                        &*path,
                        format!("there is no carrier named {name:?}"),
                    ));
                }
                Some(carrier) if !carrier.takes_sms() => {
                    let text = format!("carrier {name:?} takes no text messages, only e-mail");
                    found.push(Finding::error(&*path, text));
                }
                Some(_) => {}
            }
        }
    }
    let unrouted = config
        .carriers
        .iter()
        .enumerate()
        .filter(|(_, carrier)| carrier.takes_sms() && !routed.contains(carrier.name.as_str()));
    for (place, carrier) in unrouted {
        let text = format!("no route leads to carrier {:?}; it gets no text message", carrier.name);
        found.push(Finding::warning(format!("carriers.{place}.name"), text));
    }
}
