//! The engine: the ports it was given, the settings, and the start and stop of its workers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use domain::account::{Key, KeyHash};
use domain::id::AccountId;
use domain::limits;
use domain::ports::{
    Carrier, Clock, Fetch, Inbox, Lightning, LinkStatus, PortError, Random, Store,
};
use domain::routing::{CarrierName, Channel};
use domain::sale::hold::Tip;
use domain::secret::Secret;
use domain::time::Timestamp;

use crate::accept::Accept;
use crate::cluster::{self, Links};
use crate::dispatch::Dispatcher;
use crate::events::{Handoff, RenderEvent};
use crate::hot_cache::HotCache;
use crate::inbound::Inbound;
use crate::metrics::{ByCarrier, Metrics};
use crate::settings::Settings;
use crate::tasks::Tasks;
use crate::wake::Wake;
use crate::{dispatch, events, orders};

/// The world, as the binary wired it.
#[derive(Debug, Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub lightning: Arc<dyn Lightning>,
    pub carriers: Vec<Arc<dyn Carrier>>,
    pub fetch: Arc<dyn Fetch>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

#[derive(Debug)]
pub struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lightning: Arc<dyn Lightning>,
    pub(crate) carriers: HashMap<CarrierName, Arc<dyn Carrier>>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) settings: Settings,
    pub(crate) wake: Arc<Wake>,
    pub(crate) render: Arc<dyn RenderEvent>,
    /// Takes webhook calls from whoever stores events.
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) tasks: Tasks,
    /// For tasks that outlive the call that began them.
    pub(crate) me: Weak<Self>,
    /// Orders paid from credit, on their way into the store.
    pub(crate) accept: Accept,
    pub(crate) keys: HotCache<KeyHash, Arc<Key>>,
    /// What signs an account's webhooks.
    pub(crate) secrets: HotCache<AccountId, Secret>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) links: Links,
    inbound: Arc<Inbound>,
    metrics: Arc<Metrics>,
    /// As the node last told it.
    tip: Mutex<Option<Tip>>,
    /// As last asked, and when.
    health: tokio::sync::Mutex<Option<(Timestamp, Health)>>,
}

const HEALTH_AGE_MAX: Duration = Duration::from_secs(1);

/// What `/readyz` tells. `Ok` all over means ready.
#[derive(Debug, Clone)]
pub struct Health {
    pub store: Result<(), PortError>,
    pub node: Result<Tip, PortError>,
    pub node_is_fresh: bool,
    pub every_channel_is_up: bool,
    pub carriers: Vec<(CarrierName, LinkStatus)>,
}

impl Health {
    /// The store can be written, the node follows the chain, and of every kind of message that some
    /// carrier takes at least one carrier is up, here or at another node.
    pub fn is_ready(&self) -> bool {
        self.store.is_ok() && self.node_is_fresh && self.every_channel_is_up
    }
}

impl Engine {
    pub fn new(
        ports: Ports,
        settings: Settings,
        render: Arc<dyn RenderEvent>,
        tasks: Tasks,
    ) -> Arc<Self> {
        let wake = Arc::new(Wake::default());
        let metrics = Arc::new(Metrics::default());
        let handoff = Arc::new(Handoff::new(settings.node.clone()));
        let inbound = Arc::new(Inbound {
            store: ports.store.clone(),
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            wake: wake.clone(),
            metrics: metrics.clone(),
            receivers: settings.receivers.clone(),
            routes: settings.routes.clone(),
            price: settings.prices.send,
        });
        let dispatcher = Dispatcher::new(
            ports.store.clone(),
            ports.clock.clone(),
            wake.clone(),
            metrics.clone(),
            handoff.clone(),
            inbound.clone(),
        );
        let carriers = ports.carriers.into_iter().map(|c| (c.name().clone(), c)).collect();
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            accept: Accept::default(),
            keys: HotCache::default(),
            secrets: HotCache::default(),
            store: ports.store,
            lightning: ports.lightning,
            carriers,
            fetch: ports.fetch,
            clock: ports.clock,
            random: ports.random,
            settings,
            wake,
            render,
            handoff,
            tasks,
            dispatcher,
            links: Links::default(),
            inbound,
            metrics,
            tip: Mutex::default(),
            health: tokio::sync::Mutex::default(),
        })
    }

    /// Brings rows and node back together after whatever happened before, then starts the workers.
    /// Orders must not be accepted earlier.
    pub async fn start(self: &Arc<Self>) -> Result<(), PortError> {
        let now = self.now();
        let leases = self.store.release_leases(&self.settings.node, now).await?;
        let unfinished = self.store.recheck_orders(now).await?;
        if leases + unfinished > 0 {
            tracing::info!(leases, unfinished, "taking up what an earlier run left");
        }
        orders::sweep_node(self).await;
        orders::catch_up(self, unfinished).await;

        self.spawn_worker("record outcomes", |e| async move { e.dispatcher.record().await });
        self.spawn_worker("record receipts", |e| async move {
            e.dispatcher.record_receipts().await;
        });
        cluster::wait_for_share(self);
        for carrier in self.carriers.values() {
            let (carrier, inbox) = (carrier.clone(), self.inbox());
            self.tasks.worker("carrier", move || {
                let (carrier, inbox) = (carrier.clone(), inbox.clone());
                async move { carrier.run(inbox).await }
            });
        }
        self.spawn_worker("dispatch", |e| async move { e.dispatcher.dispatch(&e).await });
        self.spawn_worker("leases", |e| async move { cluster::keep(&e).await });
        self.spawn_worker("other nodes", |e| async move { cluster::follow(&e).await });
        self.spawn_worker("watch orders", |e| async move { orders::watch(&e).await });
        self.spawn_worker("node events", |e| async move { orders::follow_node(&e).await });
        self.spawn_worker("expire", |e| async move { dispatch::expire(&e).await });
        self.spawn_worker("join", |e| async move { e.inbound.join().await });
        self.spawn_worker(
            "webhooks",
            |e| async move { events::deliver(&e.events_context()).await },
        );
        Ok(())
    }

    fn events_context(&self) -> events::Context {
        events::Context {
            store: self.store.clone(),
            fetch: self.fetch.clone(),
            clock: self.clock.clone(),
            render: self.render.clone(),
            handoff: self.handoff.clone(),
            wake: self.wake.clone(),
            metrics: self.metrics.clone(),
        }
    }

    fn spawn_worker<W>(self: &Arc<Self>, name: &'static str, work: fn(Arc<Self>) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let engine = self.clone();
        self.tasks.worker(name, move || work(engine.clone()));
    }

    /// Stops in the order that loses least: nothing new is claimed, open windows are drained and
    /// recorded, then the workers end.
    pub async fn stop(&self) {
        self.dispatcher.close();
        let grace = limits::SHUTDOWN_GRACE;
        let drains = self.carriers.values().map(|carrier| carrier.stop(grace));
        futures_util::future::join_all(drains).await;
        self.dispatcher.drained(grace).await;
        self.handoff.close(grace).await;
        self.tasks.stop(grace + Duration::from_secs(5)).await;
        cluster::leave(self).await;
    }

    /// Where carriers deliver what they learn.
    pub fn inbox(&self) -> Arc<dyn Inbox> {
        self.dispatcher.inbox()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// For operators: every method is one change, audited in the same commit, or one look.
    pub fn house(&self) -> &dyn Store {
        &*self.store
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What was counted, and what is the case now, in the OpenMetrics text format.
    pub async fn encode_metrics(&self) -> String {
        let health = self.health().await;
        let now = &self.metrics.now;
        for (carrier, link) in &health.carriers {
            let labels = ByCarrier { carrier: carrier.as_str().to_owned() };
            now.carrier_up.get_or_create(&labels).set(i64::from(link.up));
        }
        now.ready.set(i64::from(health.is_ready()));
        now.chunks_in_work.set(count(self.dispatcher.chunks_in_work() as u64));
        if let Ok(tip) = &health.node {
            now.tip_height.set(i64::from(tip.height));
        }
        if let Ok(load) = self.store.order_load().await {
            now.orders_open.set(count(load.open));
            now.orders_held.set(count(load.held));
        }
        self.metrics.encode()
    }

    pub(crate) fn remember_tip(&self, tip: Tip) {
        *self.tip.lock().unwrap_or_else(PoisonError::into_inner) = Some(tip);
    }

    pub(crate) fn last_tip(&self) -> Option<Tip> {
        *self.tip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// At most a second old: asking costs a durable write and a call of the node.
    pub async fn health(&self) -> Health {
        let mut known = self.health.lock().await;
        if let Some((at, health)) = &*known
            && self.now().since(*at) < HEALTH_AGE_MAX
        {
            return health.clone();
        }
        let health = self.ask_health().await;
        *known = Some((self.now(), health.clone()));
        health
    }

    async fn ask_health(&self) -> Health {
        let (store, node) = tokio::join!(self.store.ping(), self.lightning.tip());
        let node_is_fresh = node.as_ref().is_ok_and(|tip| tip.is_fresh(self.now()));
        let mut carriers: Vec<_> =
            self.carriers.iter().map(|(name, carrier)| (name.clone(), carrier.status())).collect();
        carriers.sort_by(|a, b| a.0.cmp(&b.0));
        let every_channel_is_up = [Channel::Sms, Channel::Email].into_iter().all(|channel| {
            let mut taking =
                self.carriers.values().filter(|carrier| carrier.takes(channel)).peekable();
            let up = |carrier: &Arc<dyn Carrier>| {
                carrier.status().up || self.links.are_elsewhere(carrier.name())
            };
            taking.peek().is_none() || taking.any(up)
        });
        Health { store, node, node_is_fresh, every_channel_is_up, carriers }
    }
}

fn count(things: u64) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}
