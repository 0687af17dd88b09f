//! The sections of the file that are not carriers, with their defaults.

use std::path::PathBuf;

use http::Network;
use serde::{Deserialize, Deserializer, de};
use store::StoreUrl;
use url::Url;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreConfig {
    /// By default `boltgram.db` in the data directory.
    #[serde(deserialize_with = "read_store_url")]
    pub url: Option<StoreUrl>,
    /// Where the password of a server is, when the URL does not hold it.
    pub password_file: Option<PathBuf>,
}

fn read_store_url<'de, D: Deserializer<'de>>(value: D) -> Result<Option<StoreUrl>, D::Error> {
    let url = String::deserialize(value)?;
    url.parse().map(Some).map_err(de::Error::custom)
}

/// What a process is among others on its database.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NodeConfig {
    /// For how long what it has is its own without a word of it.
    pub lease_s: u32,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self { lease_s: 60 }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    #[default]
    Sandbox,
    Lnd,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LightningConfig {
    pub backend: Backend,
    /// The rest is of LND.
    pub url: Option<Url>,
    pub macaroon_file: Option<PathBuf>,
    pub tls_cert_file: Option<PathBuf>,
}

/// In sats.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PricesConfig {
    pub send: i64,
    pub receive: i64,
    pub rent: i64,
    pub real_phone: i64,
    pub email: i64,
    pub credit: i64,
    pub krone: i64,
}

impl Default for PricesConfig {
    fn default() -> Self {
        Self {
            send: 1_000,
            receive: 3_000,
            rent: 15_000,
            real_phone: 5_000,
            email: 500,
            credit: 100,
            krone: 1_500,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BulkConfig {
    /// An ISO 3166-1 code; empty: numbers are international.
    pub home: String,
}

impl Default for BulkConfig {
    fn default() -> Self {
        Self { home: "TH".to_owned() }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebhooksConfig {
    /// `None`: public addresses; a sandbox that listens on loopback alone calls loopback too.
    pub allow_private_addresses: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Requests per second of one address without a key; 0 = no limit.
    pub address_rate: u32,
    /// Requests that it may make at once after a silence.
    pub address_burst: u32,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { address_rate: 20, address_burst: 100, trusted_proxies: Vec::new() }
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
    /// A level, or a filter as `RUST_LOG` has it: `info,smpp=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: "info".to_owned() }
    }
}
