//! The operator's settings for the engine, independent of their source.

use std::time::Duration;

use domain::account::traffic::TrafficRules;
use domain::inbound::Party;
use domain::inbound::keyword::Keywords;
use domain::limits;
use domain::message::quiet::QuietHours;
use domain::money::Msat;
use domain::number::own::NumberTerms;
use domain::payout::ShareRate;
use domain::routing::Routes;
use domain::sale::order::Unreceipted;
use domain::sale::tariff::Prices;
use domain::secret::Secret;

use crate::activations::ScanRules;

#[derive(Debug, Clone)]
pub struct InboundSettings {
    /// Keywords for opt-out, opt-in and help.
    pub keywords: Keywords,
    /// Where messages are reported whose number has no webhook of its own.
    pub webhook_url: Option<String>,
    /// The operator's secret: signs webhooks that no account's secret signs.
    pub webhook_secret: Secret,
}

/// What holds for orders and their payments.
#[derive(Debug, Clone, Copy)]
pub struct OrderSettings {
    /// Time to pay an invoice.
    pub invoice_expiry: Duration,
    /// Bounds of a funding.
    pub fund_min_sats: i64,
    pub fund_max_sats: i64,
    /// How long a text's receipt is awaited before its order is decided without one.
    pub receipt_wait: Duration,
    /// How it is decided then.
    pub unreceipted: Unreceipted,
    /// Orders of a client's last 24 hours that nobody paid.
    pub unpaid_per_day_max: u64,
    /// Retention of orders that nobody paid.
    pub unpaid_kept: Duration,
    /// When a buyer of numbers is slowed.
    pub scans: ScanRules,
}

impl Default for OrderSettings {
    fn default() -> Self {
        Self {
            invoice_expiry: limits::PAY_WITHIN,
            fund_min_sats: limits::FUND_MIN_SATS,
            fund_max_sats: limits::FUND_MAX_SATS,
            receipt_wait: limits::RECEIPT_WAIT,
            unreceipted: Unreceipted::default(),
            unpaid_per_day_max: limits::ORDERS_UNPAID_PER_DAY_MAX,
            unpaid_kept: limits::UNPAID_KEPT,
            scans: ScanRules::default(),
        }
    }
}

/// What referrers get, and how they are paid.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferralSettings {
    /// Of each order that is settled.
    pub share: ShareRate,
    /// Less is not paid, but waits for more.
    pub floor: Msat,
    /// Payments of 24 hours with their routes, to all referrers together.
    pub per_day: Msat,
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub prices: Prices,
    /// Where callers without an account may send, and how much in an hour.
    pub strangers: TrafficRules,
    pub orders: OrderSettings,
    pub referrals: ReferralSettings,
    pub routes: Routes,
    /// When campaigns wait, by destination.
    pub quiet_hours: QuietHours,
    pub inbound: InboundSettings,
    /// Length of a paid period of a keyword.
    pub keyword_period: Duration,
    /// How long answers of lookups are kept.
    pub lookup_age_max: Duration,
    /// Numbers that the configuration file declares.
    pub numbers: Vec<(Party, NumberTerms)>,
    /// This node's name, unique among the nodes on a store; it holds the leases.
    pub node: String,
    /// Lease duration without renewal.
    pub lease: Duration,
    /// Other nodes may share the store: the carriers' links are shared.
    pub shares_store: bool,
}
