//! A program that can crash and restart: the state that outlives a process, and one process.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::account::{Key, Scope};
use domain::id::{AccountId, KeyId, OrderId};
use domain::inbound::Party;
use domain::inbound::keyword::Keywords;
use domain::inbound::sold_keyword::Offer;
use domain::message::Address;
use domain::message::quiet::QuietHours;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::number::own::NumberTerms;
use domain::ports::{
    BoughtKeyword, Fetch, FetchError, FetchRequest, FetchResponse, HoldState, Lightning,
    NewKeyword, ReceivedMessage, Snapshot, Store, Supplier,
};
use domain::routing::{CarrierName, Route, Routes};
use domain::sale::order::OrderState;
use domain::sale::tariff::Prices;
use domain::secret::Secret;
use engine::accounts::{Accounts, Caller};
use engine::events::RenderEvent;
use engine::tasks::Tasks;
use engine::{Engine, InboundSettings, OrderSettings, Ports, Settings};
use lightning::sandbox::{Options, Sandbox};
use store::{Options as StoreOptions, Vault};
use testkit::clock::{SeededRandom, TestClock};
use testkit::crash::{Fuse, FusedLightning};
use testkit::lender::{COST, FusedSupplier, Lender};
use testkit::smsc::Smsc;

use super::payouts::Referrers;
use super::scenarios::{Money, Scenario};

pub(super) const NUMBER: &str = "+4520123456";
/// A number with a reply to HELP.
pub(super) const HELPFUL: &str = "1919";
pub(super) const PRICE: Msat = Msat::new(1_000_000);
pub(super) const CREDIT: Msat = Msat::new(5_000_000);

/// State that outlives a process.
pub(super) struct House {
    pub(super) clock: Arc<TestClock>,
    pub(super) node: Arc<Sandbox>,
    /// A handle to the store that no crash affects.
    pub(super) store: Arc<dyn Store>,
    pub(super) payees: Arc<Referrers>,
    pub(super) smsc: Arc<Smsc>,
    pub(super) lender: Arc<Lender>,
    /// Another one, whose numbers cost more.
    pub(super) dearer: Arc<Lender>,
    random: Arc<SeededRandom>,
    account: AccountId,
    pub(super) orders: OrderSettings,
    data: tempfile::TempDir,
}

/// One process. Dropping it kills it.
pub(super) struct Life {
    pub(super) engine: Arc<Engine>,
    tasks: Tasks,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.tasks.kill();
    }
}

impl House {
    pub(super) async fn new(scenario: Scenario) -> Self {
        let clock = TestClock::at_noon();
        Self::with_node_clock(scenario, clock.clone(), clock).await
    }

    /// The node's clock is another one.
    pub(super) async fn with_node_clock(
        scenario: Scenario,
        clock: Arc<TestClock>,
        node_clock: Arc<TestClock>,
    ) -> Self {
        let random = SeededRandom::new(7);
        let options = match scenario {
            Scenario::Refunded => Options::mined(),
            _ => Options::default(),
        };
        let node = Sandbox::in_memory(node_clock, random.clone(), options).unwrap();
        let smsc = Smsc::new("main");
        smsc.plan(&address(), scenario.plan());
        let lender = Lender::new("lender", 4_915_100_000_000, 10, COST, clock.clone());
        let cost = Msat::new(COST.get() + 1);
        let dearer = Lender::new("dearer", 4_915_200_000_000, 10, cost, clock.clone());
        let data = tempfile::tempdir().unwrap();
        let store = open(&data, StoreOptions::default()).await;
        let credit = if scenario == Scenario::Fund { Msat::ZERO } else { CREDIT };
        let accounts =
            Accounts::new(store.clone(), clock.clone(), random.clone(), Prices::default());
        let account = accounts.open("acme", credit, Actor::CommandLine).await.unwrap().id;
        let orders = scenario.order_settings();
        let (payees, node) = (Referrers::new(&clock), Arc::new(node));
        let house = Self {
            clock,
            node,
            store,
            payees,
            smsc,
            lender,
            dearer,
            random,
            account,
            orders,
            data,
        };
        // Each life declares it again; messages may arrive before that.
        house.store.declare_numbers(vec![house.number()], NOON).await.unwrap();
        house
    }

    pub(super) fn caller(&self) -> Caller {
        let key = Key {
            id: KeyId(1),
            account: self.account,
            scopes: vec![Scope::all()],
            rate: None,
            description: None,
            created_at: NOON,
            revoked_at: None,
            is_disabled: false,
        };
        Caller { account: self.account, key: Arc::new(key) }
    }

    /// The account's number with a reply to HELP.
    fn number(&self) -> (Party, NumberTerms) {
        let help = Some("acme.example".into());
        let terms = NumberTerms { account: Some(self.account), help, ..NumberTerms::default() };
        (Party::new(HELPFUL), terms)
    }

    /// Number of messages that the account can still pay.
    pub(super) async fn affords(&self) -> i64 {
        self.store.balance(self.account).await.unwrap().available.get() / PRICE.get()
    }

    /// The account buys a keyword on its number, which costs nothing.
    pub(super) async fn buy_keyword(&self, word: &str, reply: &str) {
        let new = NewKeyword {
            number: Party::new(HELPFUL),
            word: word.parse().unwrap(),
            account: self.account,
            offer: Offer::Free,
            price: Msat::ZERO,
            period: std::time::Duration::from_secs(30 * 24 * 60 * 60),
            renews: true,
            reply: Some(reply.into()),
        };
        let bought = self.store.buy_keyword(new, NOON).await.unwrap();
        assert!(matches!(bought, BoughtKeyword::Bought(_)), "{bought:?}");
    }

    pub(super) async fn inbox(&self) -> Vec<ReceivedMessage> {
        self.store.received(self.account, None, 10).await.unwrap()
    }

    /// Starts a process on the existing state. It may crash during the start.
    pub(super) async fn begin(&self, fuse: Arc<Fuse>) -> Life {
        let gate = StoreOptions { gate: Some(fuse.clone()), ..StoreOptions::default() };
        let store = open(&self.data, gate).await;
        let tasks = Tasks::new();
        let carrier = self.smsc.link(fuse.clone());
        let routes = routes_to(vec![carrier.name().clone()]);
        let ports = Ports {
            store,
            lightning: Arc::new(FusedLightning { inner: self.node.clone(), fuse: fuse.clone() }),
            carriers: vec![carrier],
            suppliers: self.suppliers(&fuse),
            fetch: Arc::new(NoFetch),
            payees: self.payees.clone(),
            lookup: None,
            clock: self.clock.clone(),
            random: self.random.clone(),
            store_timings: Arc::default(),
            supplier_balances: Arc::default(),
            node_restarts: Default::default(),
        };
        let settings = Settings {
            prices: Prices {
                send: PRICE,
                receive: PRICE,
                rent: PRICE,
                real_phone: PRICE,
                email: PRICE,
                credit: PRICE,
                krone: PRICE,
                keyword: PRICE,
                lookup: PRICE,
                numbers: Arc::default(),
            },
            orders: self.orders,
            referrals: super::payouts::terms(),
            routes,
            strangers: Default::default(),
            quiet_hours: QuietHours::default(),
            inbound: InboundSettings {
                keywords: Keywords::default(),
                webhook_url: None,
                webhook_secret: Secret::new("whsec_AAAA"),
            },
            keyword_period: std::time::Duration::from_secs(30 * 24 * 60 * 60),
            lookup_age_max: std::time::Duration::from_secs(60 * 60),
            numbers: vec![self.number()],
            node: "local".to_owned(),
            // By this clock, which runs far ahead of the machine, a short one ends while its text is on the
            // way, and it is sent again.
            lease: std::time::Duration::from_secs(24 * 60 * 60),
            shares_store: false,
        };
        let engine = Engine::new(ports, settings, Arc::new(Plain), tasks.clone());
        let starting = engine.clone();
        tasks.spawn(async move { starting.start().await.unwrap() });
        Life { engine, tasks }
    }

    /// The dearer one comes first in the configuration.
    fn suppliers(&self, fuse: &Arc<Fuse>) -> Vec<Arc<dyn Supplier>> {
        let fused = |inner: &Arc<Lender>| {
            let (inner, fuse) = (inner.clone(), fuse.clone());
            Arc::new(FusedSupplier { inner, fuse }) as Arc<dyn Supplier>
        };
        [&self.dearer, &self.lender].map(fused).to_vec()
    }

    /// Whether no order is open and no credit is reserved.
    pub(super) async fn is_quiet(&self) -> bool {
        let load = self.store.order_load().await.unwrap();
        let balance = self.store.balance(self.account).await.unwrap();
        load.unfinished == 0 && balance.reserved == Msat::ZERO
    }

    /// Checks that charges and deliveries agree, to the millisatoshi.
    pub(super) async fn check_laws(
        &self,
        scenario: Scenario,
        bought: Option<OrderId>,
        crashed: bool,
    ) {
        let report = self.store.check_ledger().await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        let purse = self.node.purse();
        assert_eq!(purse.locked, Msat::ZERO, "no payment is left pending");
        assert_eq!(purse.spent, purse.received, "the payer's cost equals our revenue");
        let balance = self.store.balance(self.account).await.unwrap().available;
        let submits = self.smsc.submits(&address());
        assert!(submits <= 1 + u32::from(crashed), "sent {submits} times");

        let earned = self.earned(scenario, balance);
        assert!(earned == Msat::ZERO || earned == PRICE, "earned {earned}");
        let money = scenario.money();
        assert!(earned == Msat::ZERO || money != Money::Returned, "charged without delivery");
        if scenario == Scenario::Cancelled && earned == Msat::ZERO {
            assert_eq!(submits, 0, "refunded although a carrier has it");
        }
        if !crashed {
            assert!(earned == PRICE || money != Money::Ours, "delivered without charge");
        }
        if let Some(id) = bought {
            self.check_order(scenario, id, earned).await;
        }
    }

    /// The customer's cost, from wallet or credit.
    fn earned(&self, scenario: Scenario, balance: Msat) -> Msat {
        match scenario {
            Scenario::Credit => CREDIT.checked_sub(balance).unwrap(),
            Scenario::Fund => {
                assert_eq!(self.node.purse().spent, balance, "the purchased credit is added once");
                balance
            }
            _ => self.node.purse().spent,
        }
    }

    async fn check_order(&self, scenario: Scenario, id: OrderId, earned: Msat) {
        let order = self.store.order(id).await.unwrap().expect("an acknowledged order is stored");
        assert!(order.state.is_final(), "{:?}", order.state);
        assert!(order.state != OrderState::Lost || scenario == Scenario::Refunded);
        let settled = order.state == OrderState::Settled;
        assert_eq!(settled, earned == PRICE);
        match scenario.money() {
            Money::Ours => assert!(settled, "a paid order is settled"),
            Money::Returned => assert!(!settled, "a failed order is not settled"),
            Money::Either => {}
        }
        match scenario {
            Scenario::Fund | Scenario::Unpaid => assert_eq!(order.fulfilment.recipient(), None),
            _ => {
                // Without a receipt, what a carrier confirmed counts as sent.
                let got_it = match scenario {
                    Scenario::NoReceipt => RecipientState::Submitted,
                    _ => RecipientState::Success,
                };
                let sent = order.fulfilment.recipient() == Some(got_it);
                assert_eq!(settled, sent, "settled only if delivered, or sent and not reported on");
            }
        }
        if let Some(hash) = order.payment.hash() {
            let node = self.node.lookup(hash).await.unwrap();
            assert_eq!(node == HoldState::Settled, settled, "node and order agree");
        }
    }
}

const NOON: domain::time::Timestamp = testkit::clock::NOON;

pub(super) fn address() -> Address {
    Address::Phone(domain::number::parse(NUMBER, domain::number::Notation::default()).unwrap())
}

async fn open(data: &tempfile::TempDir, options: StoreOptions) -> Arc<dyn Store> {
    let url = format!("sqlite:{}", data.path().join("boltgram.db").display());
    store::open_with(&url, Vault::new([7; 32]), options).await.unwrap()
}

fn routes_to(carriers: Vec<CarrierName>) -> Routes {
    Routes::new(vec![Route::in_order("", carriers)], vec![])
}

#[derive(Debug)]
struct Plain;

impl RenderEvent for Plain {
    fn body(&self, _: &Snapshot) -> Vec<u8> {
        b"{}".to_vec()
    }

    fn parameters(&self, _: &Snapshot) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// These runs make no calls.
#[derive(Debug)]
struct NoFetch;

#[async_trait]
impl Fetch for NoFetch {
    fn check(&self, _url: &url::Url) -> Result<(), FetchError> {
        Ok(())
    }

    fn address_of(&self, _: &url::Url) -> Option<std::net::IpAddr> {
        None
    }

    async fn fetch(&self, _request: FetchRequest) -> Result<FetchResponse, FetchError> {
        Err(FetchError::Unreachable(domain::ports::Cause::Name))
    }
}
