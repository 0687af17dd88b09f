//! The engine: the services, wired from the ports and settings that each needs.

mod start_stop;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::limits;
use domain::ports::{
    Carrier, Clock, Fetch, Inbox, Lightning, Lookup, Payees, Random, Store, Supplier,
};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::accept::Accept;
use crate::accounts::Accounts;
use crate::activations::{self, Activations};
use crate::backlog::BacklogCount;
use crate::campaigns::Campaigns;
use crate::carriers::Carriers;
use crate::cluster::Cluster;
use crate::directory::Directory;
use crate::dispatch::{self, Dispatcher};
use crate::events::{self, Events, Handoff, RenderEvent, UnpaidEnds};
use crate::health::{Health, HealthCheck};
use crate::hot_cache::HotCache;
use crate::inbound::Inbound;
use crate::inbox::CarrierInbox;
use crate::keywords::Keywords;
use crate::lightning_node::{LastNode, LightningNode};
use crate::live::Live;
use crate::logins::Logins;
use crate::lookups::Lookups;
use crate::metrics::Metrics;
use crate::node_restarts::NodeRestarts;
use crate::numbers::Numbers;
use crate::orders::Orders;
use crate::other_nodes::OtherNodes;
use crate::payouts::Payouts;
use crate::phones::Phones;
use crate::settings::Settings;
use crate::store_timings::StoreTimings;
use crate::supplier_balances::SupplierBalances;
use crate::tasks::Tasks;
use crate::tip::LastTip;
use crate::traces::{Links, Traces};
use crate::wake::Wake;

/// Ports and adapters, as the binary wired them.
#[derive(Debug, Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub lightning: Arc<dyn Lightning>,
    pub carriers: Vec<Arc<dyn Carrier>>,
    /// In the order in which equally cheap ones are called.
    pub suppliers: Vec<Arc<dyn Supplier>>,
    pub fetch: Arc<dyn Fetch>,
    pub payees: Arc<dyn Payees>,
    /// `None`: no provider of lookups.
    pub lookup: Option<Arc<dyn Lookup>>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// Told by the store, if it was opened with it.
    pub store_timings: Arc<StoreTimings>,
    pub supplier_balances: Arc<SupplierBalances>,
    pub node_restarts: NodeRestarts,
}

#[derive(Debug)]
pub struct Engine {
    pub accept: Arc<Accept>,
    pub orders: Arc<Orders>,
    pub activations: Arc<Activations>,
    pub campaigns: Arc<Campaigns>,
    pub events: Arc<Events>,
    pub accounts: Arc<Accounts>,
    pub logins: Arc<Logins>,
    pub directory: Arc<Directory>,
    pub numbers: Arc<Numbers>,
    pub keywords: Arc<Keywords>,
    pub lightning_node: Arc<LightningNode>,
    pub lookups: Arc<Lookups>,
    pub payouts: Arc<Payouts>,
    pub phones: Arc<Phones>,
    pub traces: Arc<Traces>,
    pub(crate) dispatch: Arc<Dispatcher>,
    pub(crate) inbound: Arc<Inbound>,
    cluster: Arc<Cluster>,
    pub(crate) carriers: Arc<Carriers>,
    inbox: Arc<CarrierInbox>,
    health: HealthCheck,
    pub(crate) backlog: BacklogCount,
    clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) settings: Arc<Live<Settings>>,
    pub(crate) tasks: Tasks,
    /// Ends the worker of each carrier.
    pub(crate) running: Mutex<BTreeMap<CarrierName, CancellationToken>>,
}

impl Engine {
    #[expect(clippy::too_many_lines, reason = "the one list of what each service is handed")]
    pub fn new(
        ports: Ports,
        settings: Settings,
        render: Arc<dyn RenderEvent>,
        tasks: Tasks,
    ) -> Arc<Self> {
        let Ports {
            store,
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
        } = ports;
        let metrics = Metrics::new(&store_timings, &supplier_balances, &node_restarts);
        let (wake, metrics) = (Arc::<Wake>::default(), Arc::new(metrics));
        let (tip, other_nodes) = (Arc::<LastTip>::default(), Arc::<OtherNodes>::default());
        let last_node = Arc::<LastNode>::default();
        let carriers = Arc::new(Carriers::new(carriers));
        let settings = Arc::new(Live::new(settings));
        let at_start = settings.get();
        let handoff = Arc::new(Handoff::new(at_start.node.clone()));
        let unpaid_ends = Arc::new(UnpaidEnds {
            fetch: fetch.clone(),
            clock: clock.clone(),
            random: random.clone(),
            render: render.clone(),
            tasks: tasks.clone(),
            under_way: Default::default(),
        });
        let events = Arc::new(Events {
            context: events::Context {
                store: store.clone(),
                fetch: fetch.clone(),
                clock: clock.clone(),
                render,
                handoff: handoff.clone(),
                wake: wake.clone(),
                metrics: metrics.clone(),
            },
        });
        let dispatch = Arc::new(Dispatcher::new(dispatch::Context {
            store: store.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            tasks: tasks.clone(),
            carriers: carriers.clone(),
            other_nodes: other_nodes.clone(),
            tip: tip.clone(),
            handoff,
            settings: settings.clone(),
            orders: at_start.orders,
            node: at_start.node.clone(),
            lease: at_start.lease,
        }));
        let accounts =
            Accounts::new(store.clone(), clock.clone(), random.clone(), at_start.prices.clone())
                .with_fetch(fetch.clone())
                .with_tasks(tasks.clone())
                .with_rules_for_strangers(at_start.strangers.clone());
        let accounts = Arc::new(accounts);
        let orders = Arc::new(Orders {
            store: store.clone(),
            lightning: lightning.clone(),
            clock: clock.clone(),
            random: random.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            tip: tip.clone(),
            last_node: last_node.clone(),
            settings: at_start.orders,
            accounts: accounts.clone(),
            recent: HotCache::of_expensive(),
            unpaid_ends,
        });
        let accept = Arc::new(Accept {
            store: store.clone(),
            fetch: fetch.clone(),
            clock: clock.clone(),
            random: random.clone(),
            dispatch: dispatch.clone(),
            orders: orders.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            tasks: tasks.clone(),
            settings: settings.clone(),
            accounts: accounts.clone(),
            secrets: HotCache::default(),
            merges: Arc::new(tokio::sync::Semaphore::new(limits::MERGES_MAX)),
            sms_ids: Default::default(),
            waiting: Default::default(),
        });
        let activations = Arc::new(Activations::new(activations::Context {
            store: store.clone(),
            suppliers,
            clock: clock.clone(),
            accept: accept.clone(),
            accounts: accounts.clone(),
            orders: orders.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            tasks: tasks.clone(),
            settings: settings.clone(),
            node: at_start.node.clone(),
            lease: at_start.lease,
        }));
        let lightning_node = Arc::new(LightningNode {
            store: store.clone(),
            lightning: lightning.clone(),
            clock: clock.clone(),
            tip,
            last: last_node,
        });
        let lookups = Arc::new(Lookups::new(&accounts, &settings, lookup));
        let logins = Arc::new(Logins::new(accounts.clone(), accept.clone()));
        let inbound = Arc::new(Inbound {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            settings: settings.clone(),
            receivers: Default::default(),
            loading: Default::default(),
            progress: Default::default(),
            accept: accept.clone(),
        });
        let phones = Arc::new(Phones::new(random, &inbound));
        let numbers = Arc::new(Numbers {
            store: store.clone(),
            fetch,
            clock: clock.clone(),
            carriers: carriers.clone(),
            inbound: inbound.clone(),
        });
        let keywords = Arc::new(Keywords::new(&accounts, &settings));
        let payouts = Arc::new(Payouts {
            store: store.clone(),
            lightning: lightning.clone(),
            payees,
            clock: clock.clone(),
            metrics: metrics.clone(),
            settings: settings.clone(),
        });
        let links = Links {
            carriers: carriers.clone(),
            other_nodes: other_nodes.clone(),
            settings: settings.clone(),
        };
        let backlog = BacklogCount {
            store: store.clone(),
            clock: clock.clone(),
            links: links.clone(),
            last: Default::default(),
        };
        let traces = Arc::new(Traces::with_links(store.clone(), clock.clone(), links));
        let campaigns = Arc::new(Campaigns {
            store: store.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
            settings: settings.clone(),
            traces: traces.clone(),
        });
        let directory = Arc::new(Directory::new(store.clone(), clock.clone()));
        let cluster = Arc::new(Cluster {
            store: store.clone(),
            clock: clock.clone(),
            wake,
            carriers: carriers.clone(),
            dispatch: dispatch.clone(),
            other_nodes: other_nodes.clone(),
            node: at_start.node.clone(),
            lease: at_start.lease,
            shares_store: at_start.shares_store,
        });
        let health = HealthCheck {
            store: store.clone(),
            lightning,
            clock: clock.clone(),
            carriers: carriers.clone(),
            other_nodes,
            last: Default::default(),
        };
        let inbox = Arc::new(CarrierInbox {
            dispatch: dispatch.clone(),
            inbound: inbound.clone(),
            metrics: metrics.clone(),
        });
        Arc::new(Self {
            accept,
            orders,
            activations,
            campaigns,
            events,
            accounts,
            logins,
            directory,
            numbers,
            keywords,
            lightning_node,
            lookups,
            payouts,
            phones,
            traces,
            dispatch,
            inbound,
            cluster,
            carriers,
            inbox,
            health,
            backlog,
            clock,
            metrics,
            settings,
            tasks,
            running: Mutex::default(),
        })
    }

    /// Where carriers deliver.
    pub fn inbox(&self) -> Arc<dyn Inbox> {
        self.inbox.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The present settings, which a reload replaces.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.get()
    }

    /// At most a second old.
    pub async fn health(&self) -> Health {
        self.health.get().await
    }
}
