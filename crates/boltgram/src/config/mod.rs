//! The configuration, one TOML file. `reference.toml` documents every key with its default. `wiring` converts these
//! types to the crates' settings.

mod carriers;
mod check;
mod inbound;
mod lightning_node;
mod line_of;
mod lookup;
mod mistake;
mod number_prices;
mod numbers;
#[cfg(test)]
mod payment_tests;
mod period;
mod phones;
mod pool;
mod quiet;
mod read;
mod read_all_errors;
mod reference;
mod referrals;
mod routes;
mod sections;
mod suppliers;
#[cfg(test)]
mod tests;

use carriers::read_password;
pub(crate) use carriers::{CarrierConfig, CarrierKind};
pub(crate) use inbound::InboundConfig;
pub(crate) use lightning_node::{ChainNetwork, LightningNodeConfig};
pub(crate) use number_prices::number_prices;
pub(crate) use numbers::{NumberConfig, NumbersConfig};

pub(crate) use lookup::LookupConfig;
pub(crate) use phones::PhonesConfig;
pub(crate) use pool::PoolConfig;
pub(crate) use quiet::QuietHoursConfig;
pub(crate) use read::{Checked, read};
pub(crate) use reference::REFERENCE;
pub(crate) use referrals::ReferralsConfig;
pub(crate) use routes::{RouteCarrierConfig, RouteConfig};
pub(crate) use sections::{
    AbuseConfig, Backend, BulkConfig, HandlerConfig, LightningConfig, LimitsConfig, LogConfig,
    LogFormat, NodeConfig, OrdersConfig, PricesConfig, QueryConfig, RECEIVE_SATS, RENT_SATS,
    StoreConfig, WebhooksConfig,
};
pub(crate) use suppliers::SupplierConfig;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;
use store::StoreUrl;

/// What the payments of a Lightning node are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Money {
    /// Of the sandbox, or of a test network.
    Play,
    /// LND's network is not known here: real.
    Real,
    None,
}

/// The whole file. Missing keys are as in [`Config::default`], the sandbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub listen: SocketAddr,
    /// Address of `/readyz` and `/metrics`, instead of `listen`.
    pub admin_listen: Option<SocketAddr>,
    pub data: PathBuf,
    pub store: StoreConfig,
    pub node: NodeConfig,
    pub lightning: LightningConfig,
    pub orders: OrdersConfig,
    pub referrals: ReferralsConfig,
    pub prices: PricesConfig,
    pub bulk: BulkConfig,
    pub query: QueryConfig,
    pub handler: HandlerConfig,
    pub lookup: LookupConfig,
    pub webhooks: WebhooksConfig,
    pub inbound: InboundConfig,
    pub limits: LimitsConfig,
    pub abuse: AbuseConfig,
    pub log: LogConfig,
    #[serde(default, deserialize_with = "carriers::read_elsewhere")]
    pub carriers: Vec<CarrierConfig>,
    #[serde(default)]
    pub routes: Vec<RouteConfig>,
    #[serde(default)]
    pub quiet_hours: Vec<QuietHoursConfig>,
    pub numbers: NumbersConfig,
    #[serde(default)]
    pub suppliers: Vec<SupplierConfig>,
    pub pool: PoolConfig,
    pub phones: PhonesConfig,
}

impl Default for Config {
    fn default() -> Self {
        let mut config = Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            admin_listen: None,
            data: PathBuf::from("boltgram-data"),
            store: StoreConfig::default(),
            node: NodeConfig::default(),
            lightning: LightningConfig::default(),
            orders: OrdersConfig::default(),
            referrals: ReferralsConfig::default(),
            prices: PricesConfig::default(),
            bulk: BulkConfig::default(),
            query: QueryConfig::default(),
            handler: HandlerConfig::default(),
            lookup: LookupConfig::default(),
            webhooks: WebhooksConfig::default(),
            inbound: InboundConfig::default(),
            limits: LimitsConfig::default(),
            abuse: AbuseConfig::default(),
            log: LogConfig::default(),
            carriers: Vec::new(),
            routes: Vec::new(),
            quiet_hours: Vec::new(),
            numbers: NumbersConfig::default(),
            suppliers: Vec::new(),
            pool: PoolConfig::default(),
            phones: PhonesConfig::default(),
        };
        config.fill_sandbox();
        config.fill_route();
        config
    }
}

impl Config {
    /// Loads the file, or without one the sandbox.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Checked> {
        let Some(path) = path else {
            return Ok(Checked { config: Self::default(), warnings: Vec::new() });
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        match read(&text) {
            Ok(checked) => Ok(checked),
            Err(mistakes) => bail!("{}", mistake::summary(path, &mistakes)),
        }
    }

    /// Adds the default carrier of the sandbox.
    fn fill_sandbox(&mut self) {
        if self.carriers.is_empty() && self.backend() == Backend::Sandbox {
            self.carriers.push(CarrierConfig::sandbox());
        }
    }

    /// Adds the default route: every number to the carriers of text messages, in the file's order.
    fn fill_route(&mut self) {
        let taking = self.carriers.iter().filter(|carrier| carrier.takes_sms());
        let route = RouteConfig::for_all(taking.map(|carrier| carrier.name.clone()));
        if self.routes.is_empty() && !route.carriers.is_empty() {
            self.routes.push(route);
        }
    }

    /// The configured backend, or the sandbox; beside real carriers none, because strangers could send
    /// for money that is not real.
    pub(crate) fn backend(&self) -> Backend {
        let default = if self.has_real_carrier() { Backend::None } else { Backend::Sandbox };
        self.lightning.backend.unwrap_or(default)
    }

    /// What payments are worth.
    pub(crate) fn money(&self) -> Money {
        match self.backend() {
            Backend::Sandbox => Money::Play,
            Backend::Lnd => Money::Real,
            Backend::Ldk => match self.lightning.node.as_ref().map(|node| node.network) {
                Some(ChainNetwork::Bitcoin) | None => Money::Real,
                Some(_) => Money::Play,
            },
            Backend::None => Money::None,
        }
    }

    /// Money that is not real may stand beside real carriers only in tests.
    pub(crate) fn may_join_real_carriers(&self) -> bool {
        self.money() != Money::Play || self.lightning.sandbox_beside_real_carriers
    }

    /// The Lightning node that `serve` runs.
    pub(crate) fn lightning_node(&self) -> Option<&LightningNodeConfig> {
        self.lightning.node.as_ref().filter(|_| self.backend() == Backend::Ldk)
    }

    /// The directory of the Lightning node that `serve` runs.
    pub(crate) fn lightning_node_data(&self) -> PathBuf {
        let given = self.lightning.node.as_ref().and_then(|node| node.data.clone());
        given.unwrap_or_else(|| self.data.join("lightning-node"))
    }

    pub(crate) fn has_real_carrier(&self) -> bool {
        self.carriers.iter().any(|carrier| !matches!(carrier.kind, CarrierKind::Sandbox))
    }

    /// The URL without a password from a file.
    pub(crate) fn store_url(&self) -> StoreUrl {
        let beside = || StoreUrl::sqlite(self.data.join("boltgram.db"));
        self.store.url.clone().unwrap_or_else(beside)
    }

    /// The URL with the password from its file, if there is one.
    pub(crate) fn whole_store_url(&self) -> anyhow::Result<StoreUrl> {
        let url = self.store_url();
        let Some(path) = &self.store.password_file else { return Ok(url) };
        Ok(url.with_password(read_password(path)?.expose())?)
    }
}
