//! The other sections of the file, with their defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use domain::account::traffic::{Countries, HourlyCaps, TrafficRules};
use domain::limits;
use domain::number::own::Country;
use domain::sale::order::Unreceipted;
use http::Network;
use serde::{Deserialize, Deserializer, de};
use store::StoreUrl;
use url::Url;

use super::lightning_node::LightningNodeConfig;
use super::number_prices::NumberPricesConfig;
use super::period::read_period;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreConfig {
    /// Default: `boltgram.db` in the data directory.
    #[serde(deserialize_with = "read_store_url")]
    pub url: Option<StoreUrl>,
    /// File with the server's password, if it is not in the URL.
    pub password_file: Option<PathBuf>,
}

fn read_store_url<'de, D: Deserializer<'de>>(value: D) -> Result<Option<StoreUrl>, D::Error> {
    let url = String::deserialize(value)?;
    url.parse().map(Some).map_err(de::Error::custom)
}

/// Settings of a node among several.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NodeConfig {
    /// Lease duration without renewal.
    pub lease_s: u32,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self { lease_s: 60 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    Sandbox,
    Lnd,
    /// A node that `serve` runs: `[lightning.node]`.
    Ldk,
    /// No invoices are sold.
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LightningConfig {
    /// `None`: depends on the carriers ([`super::Config::backend`]).
    pub backend: Option<Backend>,
    pub sandbox_beside_real_carriers: bool,
    #[serde(deserialize_with = "read_period")]
    pub invoice_expiry: Duration,
    pub fund_min_sats: i64,
    pub fund_max_sats: i64,
    /// The following keys are for LND.
    pub url: Option<Url>,
    pub macaroon_file: Option<PathBuf>,
    pub tls_cert_file: Option<PathBuf>,
    /// For ldk.
    pub node: Option<LightningNodeConfig>,
}

impl Default for LightningConfig {
    fn default() -> Self {
        Self {
            backend: None,
            sandbox_beside_real_carriers: false,
            invoice_expiry: limits::PAY_WITHIN,
            fund_min_sats: limits::FUND_MIN_SATS,
            fund_max_sats: limits::FUND_MAX_SATS,
            url: None,
            macaroon_file: None,
            tls_cert_file: None,
            node: None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OrdersConfig {
    /// Parts that one price buys.
    pub parts_max: u8,
    #[serde(deserialize_with = "read_period")]
    pub receipt_wait: Duration,
    #[serde(deserialize_with = "read_unreceipted")]
    pub unreceipted: Unreceipted,
    pub unpaid_per_day: u64,
    pub keep_unpaid_days: u32,
    /// Buyers of numbers below it are slowed; 0: nobody.
    pub success_percent_min: u8,
    pub success_judged_from: u64,
    #[serde(deserialize_with = "read_period")]
    pub success_pause: Duration,
}

fn read_unreceipted<'de, D: Deserializer<'de>>(value: D) -> Result<Unreceipted, D::Error> {
    let word = String::deserialize(value)?;
    word.parse().map_err(|_| de::Error::custom("unreceipted is \"settle\" or \"refund\""))
}

impl Default for OrdersConfig {
    fn default() -> Self {
        Self {
            parts_max: limits::ORDER_PARTS_MAX,
            receipt_wait: limits::RECEIPT_WAIT,
            unreceipted: Unreceipted::default(),
            unpaid_per_day: limits::ORDERS_UNPAID_PER_DAY_MAX,
            keep_unpaid_days: 30,
            success_percent_min: 0,
            success_judged_from: 20,
            success_pause: Duration::from_secs(60),
        }
    }
}

/// Prices of numbers where no row of the file says another, in sats.
pub(crate) const RECEIVE_SATS: i64 = 3_000;
pub(crate) const RENT_SATS: i64 = 15_000;

/// Prices in sats.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PricesConfig {
    pub send: i64,
    pub receive: NumberPricesConfig,
    pub rent: NumberPricesConfig,
    pub real_phone: i64,
    pub email: i64,
    pub credit: i64,
    pub krone: i64,
    pub keyword: i64,
    pub lookup: i64,
}

impl Default for PricesConfig {
    fn default() -> Self {
        Self {
            send: 1_000,
            receive: NumberPricesConfig::Flat(RECEIVE_SATS),
            rent: NumberPricesConfig::Flat(RENT_SATS),
            real_phone: 5_000,
            email: 500,
            credit: 100,
            krone: 1_500,
            keyword: 180_000,
            lookup: 120,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BulkConfig {
    /// ISO 3166-1 code; empty for none.
    pub home: String,
}

impl Default for BulkConfig {
    fn default() -> Self {
        Self { home: "TH".to_owned() }
    }
}

/// The query door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueryConfig {
    /// Length of a paid period of a keyword.
    pub keyword_days: u32,
}

impl QueryConfig {
    pub(crate) fn keyword_period(&self) -> Duration {
        Duration::from_secs(u64::from(self.keyword_days) * 24 * 60 * 60)
    }
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self { keyword_days: 30 }
    }
}

/// The handler door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HandlerConfig {
    /// Worth of one unit of its amounts.
    pub unit_sats: i64,
}

impl Default for HandlerConfig {
    fn default() -> Self {
        Self { unit_sats: 1 }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebhooksConfig {
    /// `None`: only public addresses; a sandbox that listens only on loopback also calls loopback.
    pub allow_private_addresses: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Requests per second and address without a key; 0 for no limit.
    pub address_rate: u32,
    /// Burst after idle time, in requests.
    pub address_burst: u32,
    /// Connections at a time and address; 0 for no limit.
    pub connections_per_address: usize,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<Network>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            address_rate: 20,
            address_burst: 100,
            connections_per_address: 256,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Where callers without an account may send, and how much in an hour.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AbuseConfig {
    /// ISO 3166-1 codes; empty for all.
    pub countries: Vec<String>,
    /// Messages per hour by prefix.
    pub hourly_caps: BTreeMap<String, u32>,
}

impl AbuseConfig {
    /// The error names the key.
    pub(crate) fn rules(&self) -> Result<TrafficRules, (&'static str, String)> {
        let codes = self.countries.iter().map(|code| Country::assigned(code));
        let countries = codes.collect::<Result<Vec<_>, _>>();
        let countries = countries.map_err(|error| ("countries", error.to_string()))?;
        let caps = self.hourly_caps.iter().map(|(prefix, messages)| (prefix.clone(), *messages));
        let caps = HourlyCaps::new(caps).map_err(|error| ("hourly_caps", error.to_string()))?;
        let countries = (!countries.is_empty()).then(|| Countries::new(countries));
        Ok(TrafficRules { countries, caps })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Human,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogConfig {
    pub format: LogFormat,
    /// A level, or a filter as in `RUST_LOG`: `info,smpp=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: "info".to_owned() }
    }
}
