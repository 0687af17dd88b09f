//! Builds the gateway: converts the configuration's sections to the crates' settings and passes the adapters to the
//! engine as its ports. Steps that depend on external systems come first.

use std::sync::Arc;
use std::time::Duration;

use ::carriers::smpp::InboundRoom;
use anyhow::{Context, bail};
use api::HttpSettings;
use api::sandbox::SandboxWallet;
use domain::inbound::Party;
use domain::message::quiet::QuietHours;
use domain::money::Msat;
use domain::number::own::NumberTerms;
use domain::number::{Home, Notation};
use domain::ports::{Clock, Fetch, Lightning, Payees, Random, Store, SupplierObserver};
use domain::routing::{CarrierName, Charging, Routes};
use engine::activations::ScanRules;
use engine::tasks::Tasks;
use engine::{
    Engine, InboundSettings, NodeRestarts, OrderSettings, Ports, Settings, StoreTimings,
    SupplierBalances,
};
use lightning::lnd::{Lnd, LndOptions};
use lightning::lnurl::LnurlPay;
use lightning::none::NoNode;
use lightning::sandbox::{self, Sandbox};

use crate::carriers::{CarrierParts, inbound_room, make_carriers};
use crate::config::{Backend, CarrierConfig, CarrierKind, Config, QuietHoursConfig, RouteConfig};
use crate::inbound::{declared_numbers, inbound_settings};
use crate::lightning_node::NodeFiles;
use crate::lookup::make_lookup;
use crate::node_name::node_name;
use crate::open_store::open_store_to_serve;
use crate::prices::prices;
use crate::suppliers::{Parts, make_suppliers};
use crate::system::{os_random, system_clock};
use crate::wallet::Wallet;

/// A gateway that is built but not started.
pub(crate) struct House {
    pub engine: Arc<Engine>,
    pub http: HttpSettings,
    pub store: Arc<dyn Store>,
    pub room: Arc<InboundRoom>,
}

pub(crate) async fn build(
    config: &Config,
    tasks: Tasks,
    node_restarts: NodeRestarts,
) -> anyhow::Result<House> {
    let (clock, random) = (system_clock(), os_random());
    let store_timings = Arc::<StoreTimings>::default();
    let store = open_store_to_serve(config, Some(store_timings.clone())).await?;
    let (lightning, wallet) = open_node(config, &clock, &random).await?;
    let room = inbound_room();
    let parts = CarrierParts { store: &store, clock: &clock, random: &random, room: &room };
    let carriers = make_carriers(config, &parts)?;
    let fetch = make_fetch(config)?;
    let (lookup, payees) = (make_lookup(config)?, make_payees(config)?);
    let inbound = inbound_settings(config, &*random)?;
    let numbers = declared_numbers(config, &*store).await?;
    let supplier_balances = Arc::<SupplierBalances>::default();
    let observer: Arc<dyn SupplierObserver> = supplier_balances.clone();
    let parts = Parts { store: &store, clock: &clock, random: &random, observer };
    let suppliers = make_suppliers(config, &parts)?;
    let settings = settings(config, inbound, numbers)?;
    let ports = Ports {
        store: store.clone(),
        lightning,
        carriers,
        suppliers,
        fetch,
        payees,
        lookup,
        clock,
        random,
        store_timings,
        supplier_balances,
        node_restarts,
    };
    let engine = Engine::new(ports, settings, Arc::new(api::Events), tasks);
    let wallet = wallet.map(|wallet| Arc::new(wallet) as Arc<dyn SandboxWallet>);
    Ok(House { engine, http: http_settings(config, wallet), store, room })
}

const SANDBOX_JOURNAL: &str = "sandbox-node.journal";

type Node = (Arc<dyn Lightning>, Option<Wallet>);

async fn open_node(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> anyhow::Result<Node> {
    match config.backend() {
        Backend::Sandbox => {
            let path = config.data.join(SANDBOX_JOURNAL);
            let (clock, random) = (clock.clone(), random.clone());
            let opening = tokio::task::spawn_blocking(move || {
                Sandbox::open(&path, clock, random, sandbox::Options::default())
                    .with_context(|| format!("cannot start the sandbox node {}", path.display()))
            });
            let node = opening.await??;
            Ok((Arc::new(node.clone()), Some(Wallet::of(node))))
        }
        Backend::Lnd | Backend::Ldk => Ok((Arc::new(connect_node(config)?), None)),
        Backend::None => Ok((Arc::new(NoNode), None)),
    }
}

/// For commands, beside a running server or without one. The sandbox node is in the server's process, if there is one.
pub(crate) async fn open_node_beside(config: &Config) -> anyhow::Result<Arc<dyn Lightning>> {
    if config.backend() == Backend::Sandbox && !config.data.join(SANDBOX_JOURNAL).exists() {
        bail!("the sandbox node begins with the first `boltgram serve`");
    }
    match open_node(config, &system_clock(), &os_random()).await {
        Ok((node, _)) => Ok(node),
        Err(error) if matches!(error.downcast_ref(), Some(sandbox::OpenError::InUse { .. })) => {
            bail!(
                "the sandbox node is part of the running server: use its admin API \
                 (`/admin/v1/lightning`, `/admin/v1/payouts/end`), or stop the server"
            )
        }
        Err(error) => Err(error),
    }
}

/// An LND, or the node that this program runs, which is called like one.
fn connect_node(config: &Config) -> anyhow::Result<Lnd> {
    if let Some(node) = config.lightning_node() {
        let url = format!("https://{}", node.rest).parse().context("lightning.node.rest")?;
        let files = NodeFiles::of(config);
        let options = LndOptions::new(url, files.macaroon, files.certificate);
        return Lnd::new(options).context("cannot use the Lightning node");
    }
    // The configuration check requires them.
    let config = &config.lightning;
    let url = config.url.clone().context("lightning.url is missing")?;
    let macaroon = config.macaroon_file.clone().context("lightning.macaroon_file is missing")?;
    let certificate = config.tls_cert_file.clone().context("lightning.tls_cert_file is missing")?;
    Lnd::new(LndOptions::new(url, macaroon, certificate)).context("cannot use LND")
}

/// Their addresses are public and served by https, whatever webhooks may be.
fn make_payees(config: &Config) -> anyhow::Result<Arc<dyn Payees>> {
    let allow_private = config.webhooks.allow_private_addresses == Some(true);
    let options = fetch::Options { allow_http: false, allow_private, ..fetch::Options::default() };
    Ok(Arc::new(LnurlPay::new(Arc::new(fetch::Guarded::new(options)?))))
}

fn make_fetch(config: &Config) -> anyhow::Result<Arc<dyn Fetch>> {
    let asked = config.webhooks.allow_private_addresses;
    // Clients of a sandbox on loopback are on this machine already.
    let sandbox = config.backend() == Backend::Sandbox;
    let alone = sandbox && config.listen.ip().is_loopback();
    let options = fetch::Options {
        allow_private: asked == Some(true),
        allow_loopback: asked.unwrap_or(alone),
        ..fetch::Options::default()
    };
    Ok(Arc::new(fetch::Guarded::new(options)?))
}

pub(crate) fn http_settings(
    config: &Config,
    sandbox: Option<Arc<dyn SandboxWallet>>,
) -> HttpSettings {
    let limits = &config.limits;
    let simulated = |carrier: &&CarrierConfig| matches!(carrier.kind, CarrierKind::Sandbox);
    let carrier = config.carriers.iter().find(simulated);
    let rate = http::Rate { per_second: limits.address_rate, burst: limits.address_burst };
    HttpSettings {
        address_rate: (rate.per_second > 0).then_some(rate),
        connections_per_address: Some(limits.connections_per_address).filter(|max| *max > 0),
        trusted_proxies: limits.trusted_proxies.clone(),
        numbers: Notation {
            home: Home::from_iso(&config.bulk.home),
            accept: config.numbers.accept,
        },
        order_parts_max: config.orders.parts_max,
        handler_unit: Msat::from_sats(config.handler.unit_sats).unwrap_or(Msat::new(1_000)),
        tells_operator: config.admin_listen.is_none(),
        sandbox_carrier: carrier.map(|carrier| CarrierName::new(&carrier.name)),
        phones_url: config.phones.url.as_ref().map(|url| url.as_str().to_owned()),
        sandbox,
        ..HttpSettings::default()
    }
}

/// The carriers of each destination.
pub(crate) fn routes(config: &Config) -> Routes {
    let takes_email = config.carriers.iter().filter(|carrier| carrier.takes_email());
    let email = takes_email.map(|carrier| CarrierName::new(&carrier.name)).collect();
    let charges =
        |carrier: &CarrierConfig| Some((CarrierName::new(&carrier.name), carrier.charges()?));
    let charging = Charging::new(config.carriers.iter().filter_map(charges));
    Routes::new(config.routes.iter().map(RouteConfig::route).collect(), email)
        .with_charging(charging)
}

pub(crate) fn settings(
    config: &Config,
    inbound: InboundSettings,
    numbers: Vec<(Party, NumberTerms)>,
) -> anyhow::Result<Settings> {
    Ok(Settings {
        prices: prices(&config.prices)?,
        strangers: config
            .abuse
            .rules()
            .map_err(|(key, why)| anyhow::anyhow!("abuse.{key}: {why}"))?,
        orders: order_settings(config),
        referrals: config.referrals.settings()?,
        routes: routes(config),
        quiet_hours: quiet_hours(config)?,
        inbound,
        keyword_period: config.query.keyword_period(),
        lookup_age_max: config.lookup.keep,
        numbers,
        node: node_name(config)?,
        lease: Duration::from_secs(config.node.lease_s.into()),
        shares_store: config.store_url().file().is_none(),
    })
}

fn order_settings(config: &Config) -> OrderSettings {
    let (lightning, orders) = (&config.lightning, &config.orders);
    OrderSettings {
        invoice_expiry: lightning.invoice_expiry,
        fund_min_sats: lightning.fund_min_sats,
        fund_max_sats: lightning.fund_max_sats,
        receipt_wait: orders.receipt_wait,
        unreceipted: orders.unreceipted,
        unpaid_per_day_max: orders.unpaid_per_day,
        unpaid_kept: Duration::from_secs(u64::from(orders.keep_unpaid_days) * 24 * 60 * 60),
        scans: ScanRules {
            success_percent_min: orders.success_percent_min,
            ended_min: orders.success_judged_from,
            pause: orders.success_pause,
        },
    }
}

fn quiet_hours(config: &Config) -> anyhow::Result<QuietHours> {
    let quiet = |hours: &QuietHoursConfig| Ok((hours.prefix.clone(), hours.quiet()?));
    Ok(QuietHours::new(config.quiet_hours.iter().map(quiet).collect::<anyhow::Result<Vec<_>>>()?))
}
