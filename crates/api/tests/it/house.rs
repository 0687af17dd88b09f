//! An engine over a real store, with fakes for the other ports, and the doors on a loopback socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use api::{Events, HttpSettings};
use domain::account::operator::Actor;
use domain::account::traffic::TrafficRules;
use domain::id::AccountId;
use domain::inbound::keyword::Keywords;
use domain::message::quiet::QuietHours;
use domain::money::Msat;
use domain::ports::{Clock, Store, Supplier};
use domain::routing::{CarrierName, Route, Routes};
use domain::sale::tariff::Prices;
use domain::secret::Secret;
use engine::accounts::Accounts;
use engine::tasks::Tasks;
use engine::{Engine, InboundSettings, OrderSettings, Ports, Settings};
use http::{Doors, Server};
use tempfile::TempDir;
use testkit::clock::{SeededRandom, TestClock};
use testkit::lookup_conformance::FakeLookup;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::client::{Answer, exchange, request};
use crate::fakes::{FakeCarrier, FakeFetch, FakeNode};
use crate::gate::{self, TestGate};
use crate::world::World;

/// The operator who creates accounts and keys.
pub(crate) const BY: Actor = Actor::CommandLine;

pub(crate) struct House {
    /// The test's own handle, without the gate.
    pub store: Arc<dyn Store>,
    pub gate: Arc<TestGate>,
    pub node: Arc<FakeNode>,
    pub carrier: Arc<FakeCarrier>,
    pub lookup: Arc<FakeLookup>,
    pub clock: Arc<TestClock>,
    pub engine: Arc<Engine>,
    /// Also without the gate.
    pub accounts: Accounts,
    keys: AtomicU32,
    _data: TempDir,
}

/// A running server. Dropping it stops it.
pub(crate) struct Open {
    pub house: House,
    pub address: SocketAddr,
    pub stop: Option<oneshot::Sender<()>>,
    pub server: JoinSet<()>,
}

pub(crate) const fn sats(sats: i64) -> Msat {
    Msat::new(sats * 1_000)
}

fn settings(strangers: TrafficRules) -> Settings {
    let main = vec![CarrierName::new("main")];
    let route = |prefix: &str, carriers| Route::in_order(prefix, carriers);
    Settings {
        prices: Prices {
            send: sats(1_000),
            receive: sats(3_000),
            rent: sats(15_000),
            real_phone: sats(5_000),
            email: sats(500),
            credit: sats(100),
            krone: sats(1_500),
            keyword: sats(180_000),
            lookup: sats(120),
            numbers: Arc::default(),
        },
        orders: OrderSettings::default(),
        referrals: Default::default(),
        strangers,
        // Everywhere except to Greenland.
        routes: Routes::new(vec![route("", main.clone()), route("299", vec![])], main),
        quiet_hours: QuietHours::default(),
        inbound: InboundSettings {
            keywords: Keywords::default(),
            webhook_url: None,
            webhook_secret: Secret::new("whsec_AAAA"),
        },
        keyword_period: std::time::Duration::from_secs(30 * 24 * 60 * 60),
        lookup_age_max: std::time::Duration::from_secs(60 * 60),
        numbers: Vec::new(),
        node: "test".into(),
        lease: std::time::Duration::from_secs(120),
        shares_store: false,
    }
}

impl House {
    /// Creates it without a socket.
    pub(crate) async fn new() -> Self {
        Self::with_rules(TrafficRules::default()).await
    }

    /// With rules for callers without an account.
    pub(crate) async fn with_rules(strangers: TrafficRules) -> Self {
        Self::with_settings(settings(strangers), Vec::new()).await
    }

    /// With suppliers of numbers.
    pub(crate) async fn with_suppliers(
        suppliers: Vec<Arc<dyn Supplier>>,
        orders: OrderSettings,
    ) -> Self {
        let settings = Settings { orders, ..settings(TrafficRules::default()) };
        Self::with_settings(settings, suppliers).await
    }

    async fn with_settings(settings: Settings, suppliers: Vec<Arc<dyn Supplier>>) -> Self {
        let (data, at_doors) = (tempfile::tempdir().unwrap(), Arc::new(TestGate::default()));
        let store = gate::open(&data, None).await;
        let (node, carrier) = (Arc::new(FakeNode::default()), FakeCarrier::new());
        let (clock, random) = (TestClock::at_noon(), SeededRandom::new(7));
        let lookup = Arc::<FakeLookup>::default();
        let ports = Ports {
            store: gate::open(&data, Some(at_doors.clone())).await,
            lightning: node.clone(),
            carriers: vec![carrier.clone()],
            suppliers,
            fetch: Arc::new(FakeFetch),
            payees: Arc::new(testkit::payees::NoPayees),
            lookup: Some(lookup.clone()),
            clock: clock.clone(),
            random: random.clone(),
            store_timings: Arc::default(),
            supplier_balances: Arc::default(),
            node_restarts: Default::default(),
        };
        let engine = Engine::new(ports, settings, Arc::new(Events), Tasks::new());
        let accounts = Accounts::new(store.clone(), clock.clone(), random, Prices::default());
        let keys = AtomicU32::new(0);
        Self {
            store,
            gate: at_doors,
            node,
            carrier,
            lookup,
            clock,
            engine,
            accounts,
            keys,
            _data: data,
        }
    }

    /// The text of a new key with its own account.
    pub(crate) async fn key(&self, credit: Msat, scope: &str, rate: Option<u32>) -> String {
        let name = format!("account-{}", self.keys.fetch_add(1, Ordering::SeqCst));
        let account = self.accounts.open(&name, credit, BY).await.unwrap().id;
        let key = self.accounts.add_key(account, &[scope], rate, BY).await.unwrap();
        key.text.expose().to_owned()
    }

    /// The text of another key of an account.
    pub(crate) async fn key_of(&self, account: AccountId, scope: &str) -> String {
        let key = self.accounts.add_key(account, &[scope], None, BY).await.unwrap();
        key.text.expose().to_owned()
    }

    /// The first account.
    pub(crate) const fn account(&self) -> AccountId {
        AccountId(1)
    }

    /// The external events at the present time.
    pub(crate) fn world(&self) -> World {
        World { store: self.store.clone(), now: self.clock.now() }
    }

    pub(crate) async fn available(&self) -> Msat {
        self.store.balance(self.account()).await.unwrap().available
    }

    pub(crate) async fn open_with(self, doors: Doors, server: Server) -> Open {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            server.serve(listener, doors, stopped).await;
        });
        Open { house: self, address, stop: Some(stop), server: task }
    }

    pub(crate) async fn open_as(self, http: HttpSettings) -> Open {
        let doors = api::router(self.engine.clone(), http);
        self.open_with(doors, Server::default()).await
    }
}

impl Open {
    pub(crate) async fn new() -> Self {
        House::new().await.open_as(HttpSettings::default()).await
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        exchange(self.address, &request(method, path, headers, body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], "").await
    }

    pub(crate) async fn get_with_key(&self, path: &str, key: &str) -> Answer {
        self.call("GET", path, &[("X-API-Key", key)], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.call("POST", path, &[("Content-Type", "application/json")], body).await
    }

    pub(crate) async fn post_with_key(&self, path: &str, key: &str, body: &str) -> Answer {
        self.call("POST", path, &[("X-API-Key", key)], body).await
    }

    /// Number of changes stored by requests so far.
    pub(crate) fn changes(&self) -> u32 {
        self.house.gate.changes()
    }
}
