//! Checks a configuration beyond its syntax: references between sections, prices that can be held, carriers that can be
//! created. It makes no network connections.

mod inbound;
mod lightning_node;
mod quiet;
mod routes;
mod suppliers;

use std::collections::HashSet;
use std::time::Duration;

use domain::limits::{
    FUND_MAX_SATS, HOLD_MAX_SATS, HOLD_MIN_SATS, KEYWORD_DAYS_MAX, LOOKUP_AGE_MAX,
    LOOKUP_TIMEOUT_MAX, NODE_LEASE_MAX, NODE_LEASE_MIN, PAY_WITHIN_MAX, PAY_WITHIN_MIN, PRICE_MAX,
    RECEIPT_WAIT_MAX, RECEIPT_WAIT_MIN,
};
use domain::number::Home;
use lightning::lnd::{Lnd, LndOptions};

use super::mistake::Severity;
use super::number_prices::check_number_prices;
use super::{Backend, CarrierKind, Config, Money};
use crate::carriers::check_carrier;
use crate::lookup::make_lookup;
use crate::system::{os_random, system_clock};

/// More than this is a typing mistake: ten bitcoins.
const FUND_SATS_MAX: i64 = 100 * FUND_MAX_SATS;

/// A mistake, and the path of its key (`routes.0.prefix`).
#[derive(Debug)]
pub(super) struct Finding {
    pub severity: Severity,
    pub path: String,
    pub text: String,
}

impl Finding {
    pub(super) fn error(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, path: path.into(), text: text.into() }
    }

    pub(super) fn warning(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, path: path.into(), text: text.into() }
    }
}

/// `whole`: every section was read. Otherwise missing sections may only be unreadable.
pub(super) fn check(config: &Config, whole: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    check_listeners(config, &mut found);
    check_data(config, &mut found);
    check_store(config, &mut found);
    check_node(config, &mut found);
    check_lightning(config, &mut found);
    lightning_node::check(config, &mut found);
    check_payments(config, &mut found);
    check_orders(config, &mut found);
    check_referrals(config, &mut found);
    check_prices(config, &mut found);
    check_bulk(config, &mut found);
    check_query(config, &mut found);
    check_lookup(config, &mut found);
    suppliers::check(config, &mut found);
    if config.phones.is_too_much() {
        let text = "owner_percent must be 0 to 100";
        found.push(Finding::error("phones.owner_percent", text));
    }
    if let Some(why) = config.phones.unfit() {
        found.push(Finding::error("phones.url", why));
    }
    for (key, limit) in config.pool.unfit() {
        found.push(Finding::error(format!("pool.{key}"), format!("{key} must be {limit}")));
    }
    check_limits(config, &mut found);
    check_log(config, &mut found);
    inbound::check(config, &mut found);
    check_names(config, &mut found);
    check_carriers(config, &mut found);
    check_worlds(config, &mut found);
    routes::check_prefixes(config, &mut found);
    routes::check_limits(config, &mut found);
    quiet::check(config, &mut found);
    if whole {
        routes::check_carriers(config, &mut found);
    }
    found
}

fn check_listeners(config: &Config, found: &mut Vec<Finding>) {
    if config.admin_listen == Some(config.listen) && config.listen.port() != 0 {
        found.push(Finding::error("admin_listen", "admin_listen must differ from listen"));
    }
}

fn check_store(config: &Config, found: &mut Vec<Finding>) {
    if let Err(error) = config.whole_store_url() {
        found.push(Finding::error("store.password_file", format!("{error:#}")));
    }
}

fn check_node(config: &Config, found: &mut Vec<Finding>) {
    let (least, most) = (NODE_LEASE_MIN.as_secs(), NODE_LEASE_MAX.as_secs());
    let lease_s = config.node.lease_s;
    if !(least..=most).contains(&lease_s.into()) {
        let text = format!("lease_s = {lease_s}: a lease must be {least} to {most} seconds");
        found.push(Finding::error("node.lease_s", text));
    }
}

fn check_lightning(config: &Config, found: &mut Vec<Finding>) {
    let lightning = &config.lightning;
    let lnd_keys = [
        ("url", lightning.url.is_some()),
        ("macaroon_file", lightning.macaroon_file.is_some()),
        ("tls_cert_file", lightning.tls_cert_file.is_some()),
    ];
    for (key, given) in lnd_keys {
        let text = match (config.backend(), given) {
            (Backend::Lnd, false) => format!("backend lnd needs {key}"),
            (Backend::Sandbox | Backend::Ldk | Backend::None, true) => {
                format!("{key} needs backend = \"lnd\"")
            }
            _ => continue,
        };
        found.push(Finding::error(format!("lightning.{key}"), text));
    }
    // Created and dropped, which reads its files as `serve` does.
    if let (Backend::Lnd, Some(url), Some(macaroon), Some(certificate)) =
        (config.backend(), &lightning.url, &lightning.macaroon_file, &lightning.tls_cert_file)
        && let Err(error) =
            Lnd::new(LndOptions::new(url.clone(), macaroon.clone(), certificate.clone()))
    {
        found.push(Finding::error("lightning.url", format!("cannot use LND: {error}")));
    }
}

fn check_payments(config: &Config, found: &mut Vec<Finding>) {
    let lightning = &config.lightning;
    if !(PAY_WITHIN_MIN..=PAY_WITHIN_MAX).contains(&lightning.invoice_expiry) {
        let text = "invoice_expiry must be from \"1m\" to \"24h\"";
        found.push(Finding::error("lightning.invoice_expiry", text));
    }
    let (min, max) = (lightning.fund_min_sats, lightning.fund_max_sats);
    if min < 1 {
        found.push(Finding::error("lightning.fund_min_sats", "fund_min_sats must be at least 1"));
    }
    if !(min..=FUND_SATS_MAX).contains(&max) {
        let text = format!("fund_max_sats must be from fund_min_sats to {FUND_SATS_MAX}");
        found.push(Finding::error("lightning.fund_max_sats", text));
    }
}

fn check_referrals(config: &Config, found: &mut Vec<Finding>) {
    if let Some((key, text)) = config.referrals.mistake() {
        found.push(Finding::error(format!("referrals.{key}"), text));
    }
}

fn check_orders(config: &Config, found: &mut Vec<Finding>) {
    if config.orders.parts_max == 0 {
        found.push(Finding::error("orders.parts_max", "parts_max must be at least 1"));
    }
    if config.orders.unpaid_per_day == 0 {
        let text = "unpaid_per_day must be at least 1: every order begins unpaid";
        found.push(Finding::error("orders.unpaid_per_day", text));
    }
    if !(1..=3_650).contains(&config.orders.keep_unpaid_days) {
        let text = "keep_unpaid_days must be from 1 to 3650";
        found.push(Finding::error("orders.keep_unpaid_days", text));
    }
    if config.orders.success_percent_min > 100 {
        let text = "success_percent_min must be from 0 to 100";
        found.push(Finding::error("orders.success_percent_min", text));
    }
    let pause = Duration::from_secs(1)..=Duration::from_secs(60 * 60);
    if !pause.contains(&config.orders.success_pause) {
        let text = "success_pause must be from \"1s\" to \"1h\"";
        found.push(Finding::error("orders.success_pause", text));
    }
    if !(RECEIPT_WAIT_MIN..=RECEIPT_WAIT_MAX).contains(&config.orders.receipt_wait) {
        let text = "receipt_wait must be from \"10m\" to \"24h\"";
        found.push(Finding::error("orders.receipt_wait", text));
    }
}

fn check_data(config: &Config, found: &mut Vec<Finding>) {
    if config.data.as_os_str().is_empty() {
        found.push(Finding::error("data", "data must name a directory"));
    }
}

fn check_prices(config: &Config, found: &mut Vec<Finding>) {
    let prices = &config.prices;
    let sold = [("send", prices.send), ("real_phone", prices.real_phone), ("email", prices.email)];
    for (key, sats) in sold {
        if !(HOLD_MIN_SATS..=HOLD_MAX_SATS).contains(&sats) {
            let text = format!(
                "{key} = {sats}: a payment that is held must be {HOLD_MIN_SATS} to {HOLD_MAX_SATS} sats"
            );
            found.push(Finding::error(format!("prices.{key}"), text));
        }
    }
    check_number_prices("receive", &prices.receive, found);
    check_number_prices("rent", &prices.rent, found);
    for (key, sats) in [("credit", prices.credit), ("krone", prices.krone)] {
        if !(1..=HOLD_MAX_SATS).contains(&sats) {
            let text = format!("{key} = {sats}: its value must be 1 to {HOLD_MAX_SATS} sats");
            found.push(Finding::error(format!("prices.{key}"), text));
        }
    }
    // Paid from credit.
    let max = PRICE_MAX.sats_floor();
    for (key, sats) in [("keyword", prices.keyword), ("lookup", prices.lookup)] {
        if !(0..=max).contains(&sats) {
            let text = format!("{key} = {sats}: it must be 0 to {max} sats");
            found.push(Finding::error(format!("prices.{key}"), text));
        }
    }
}

fn check_query(config: &Config, found: &mut Vec<Finding>) {
    let days = config.query.keyword_days;
    if !(1..=KEYWORD_DAYS_MAX).contains(&days) {
        let text = format!("keyword_days = {days}: a period must be 1 to {KEYWORD_DAYS_MAX} days");
        found.push(Finding::error("query.keyword_days", text));
    }
}

fn check_lookup(config: &Config, found: &mut Vec<Finding>) {
    let lookup = &config.lookup;
    if lookup.timeout.is_zero() || lookup.timeout > LOOKUP_TIMEOUT_MAX {
        found.push(Finding::error("lookup.timeout", "timeout must be from \"1s\" to \"30s\""));
    }
    if lookup.keep > LOOKUP_AGE_MAX {
        found.push(Finding::error("lookup.keep", "keep must be at most \"168h\""));
    }
    // Created and dropped, which reads its file as `serve` does.
    if let Err(error) = lookup.options() {
        found.push(Finding::error("lookup.authorization_file", format!("{error:#}")));
    } else if let Err(error) = make_lookup(config) {
        found.push(Finding::error("lookup.url", format!("{error:#}")));
    }
}

fn check_bulk(config: &Config, found: &mut Vec<Finding>) {
    let home = &config.bulk.home;
    if !home.is_empty() && Home::from_iso(home).is_none() {
        let text = format!("home = {home:?}: expected an ISO 3166-1 code such as \"TH\"");
        found.push(Finding::error("bulk.home", text));
    }
}

fn check_limits(config: &Config, found: &mut Vec<Finding>) {
    if let Err((key, why)) = config.abuse.rules() {
        found.push(Finding::error(format!("abuse.{key}"), format!("{key}: {why}")));
    }
    if config.limits.address_burst == 0 {
        found.push(Finding::error("limits.address_burst", "address_burst must be at least 1"));
    }
}

fn check_log(config: &Config, found: &mut Vec<Finding>) {
    if let Err(error) = crate::logging::filter(&config.log.level) {
        found.push(Finding::error("log.level", format!("level is not a log filter: {error:#}")));
    }
}

fn check_names(config: &Config, found: &mut Vec<Finding>) {
    let mut names = HashSet::new();
    for (place, carrier) in config.carriers.iter().enumerate() {
        let path = format!("carriers.{place}.name");
        if carrier.name.is_empty() {
            found.push(Finding::error(&*path, "a carrier needs a name"));
        } else if !names.insert(carrier.name.as_str()) {
            let text = format!("there is another carrier named {:?}", carrier.name);
            found.push(Finding::error(path, text));
        }
    }
}

/// Creates and drops each carrier, which checks its settings and files.
fn check_carriers(config: &Config, found: &mut Vec<Finding>) {
    for (place, carrier) in config.carriers.iter().enumerate() {
        let path = format!("carriers.{place}");
        if carrier.password_file.is_some() && carrier.password().is_some() {
            let text = "either password or password_file, not both";
            found.push(Finding::error(format!("{path}.password_file"), text));
        } else if let Err(error) = check_carrier(carrier, &system_clock(), &os_random()) {
            let text = format!("{error:#}");
            // The text begins with its key.
            let key = text.split(':').next().unwrap_or_default();
            found.push(Finding::error(format!("{path}.{key}"), text));
        }
    }
}

/// Refuses sandbox money with real carriers unless it is allowed, and warns of it, and of real money
/// with the sandbox carrier.
fn check_worlds(config: &Config, found: &mut Vec<Finding>) {
    if !config.may_join_real_carriers() && config.has_real_carrier() {
        let text = "the Lightning node is the sandbox, or on a test network, beside a real carrier: whoever \
                    reaches the doors sends for money that is not real. Set a backend with real money, or \
                    \"none\"; for a test, set sandbox_beside_real_carriers = true";
        found.push(Finding::error("lightning.backend", text));
        return;
    }
    for (place, carrier) in config.carriers.iter().enumerate() {
        let sandbox_carrier = matches!(carrier.kind, CarrierKind::Sandbox);
        let text = match (config.money(), sandbox_carrier) {
            (Money::Play, false) => {
                "the Lightning node is the sandbox, or on a test network: whoever reaches the \
                              doors sends by this carrier for money that is not real"
            }
            (Money::Real, true) => {
                "the Lightning node is real: what this carrier takes is paid for and \
                              delivered to nobody"
            }
            _ => continue,
        };
        found.push(Finding::warning(format!("carriers.{place}"), text));
    }
}
