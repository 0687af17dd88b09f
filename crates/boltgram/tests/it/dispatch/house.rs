//! An engine on a real store, with carriers controlled by the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::message::form::Form;

use domain::id::{AccountId, MessageId, OrderId};
use domain::inbound::keyword::Keywords;
use domain::message::campaign::{NewBulk, PriceGroup, RefundPolicy};
use domain::message::door::Door;
use domain::message::quiet::QuietHours;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::number::pool::PoolTerms;
use domain::ports::{
    Carrier, Clock, CreditOrder, CreditOutcome, Fetch, FetchError, FetchRequest, FetchResponse,
    Gate, RecipientTrace, Snapshot, Store,
};
use domain::routing::{Route, Routes};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment};
use domain::sale::tariff::Prices;
use domain::secret::Secret;
use domain::text::Text;
use engine::events::RenderEvent;
use engine::tasks::Tasks;
use engine::{Engine, InboundSettings, OrderSettings, Ports, Settings};
use lightning::sandbox::{Options, Sandbox};
use store::Vault;
use suppliers::own::OwnNumbers;
use testkit::clock::{SeededRandom, TestClock};
use uuid::Uuid;

use super::line::Line;
use crate::customer_order::order_of;

pub(super) const PRICE: Msat = Msat::new(1_000_000);
pub(super) const CREDIT: Msat = Msat::new(1_000_000_000);

/// Time limit, ample for a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) struct House {
    pub(super) clock: Arc<TestClock>,
    pub(super) engine: Arc<Engine>,
    pub(super) store: Arc<dyn Store>,
    tasks: Tasks,
    next: AtomicU64,
    _data: tempfile::TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.tasks.kill();
    }
}

/// A stored message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) message: MessageId,
}

impl House {
    /// Starts the engine at once.
    pub(super) async fn open(lines: &[&Arc<Line>], route: Route) -> Self {
        let house = Self::prepared(lines, route).await;
        house.engine.start().await.unwrap();
        house
    }

    /// The test starts the engine.
    pub(super) async fn prepared(lines: &[&Arc<Line>], route: Route) -> Self {
        Self::quiet(lines, route, QuietHours::default()).await
    }

    /// Likewise, with quiet hours for campaigns.
    pub(super) async fn quiet(lines: &[&Arc<Line>], route: Route, quiet_hours: QuietHours) -> Self {
        let carriers = lines.iter().map(|&line| line.clone() as Arc<dyn Carrier>).collect();
        Self::with(carriers, route, quiet_hours, None).await
    }

    /// Likewise, with any carriers, and a gate around the store.
    pub(super) async fn with(
        carriers: Vec<Arc<dyn Carrier>>,
        route: Route,
        quiet_hours: QuietHours,
        gate: Option<Arc<dyn Gate>>,
    ) -> Self {
        let (fetch, render) = (Arc::new(NoFetch), Arc::new(Plain));
        Self::built(carriers, route, quiet_hours, gate, fetch, render).await
    }

    /// Likewise, and events reach receivers on this machine.
    pub(super) async fn calling(line: &Arc<Line>, route: Route) -> Self {
        let options = fetch::Options { allow_loopback: true, ..fetch::Options::default() };
        let fetch = Arc::new(fetch::Guarded::new(options).unwrap());
        let (carriers, quiet): (Vec<Arc<dyn Carrier>>, _) =
            (vec![line.clone()], QuietHours::default());
        let house = Self::built(carriers, route, quiet, None, fetch, Arc::new(api::Events)).await;
        house.engine.start().await.unwrap();
        house
    }

    async fn built(
        carriers: Vec<Arc<dyn Carrier>>,
        route: Route,
        quiet_hours: QuietHours,
        gate: Option<Arc<dyn Gate>>,
        fetch: Arc<dyn Fetch>,
        render: Arc<dyn RenderEvent>,
    ) -> Self {
        let (clock, random) = (TestClock::at_noon(), SeededRandom::new(7));
        let data = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", data.path().join("boltgram.db").display());
        let options = store::Options { gate, ..store::Options::default() };
        let store = store::open_with(&url, Vault::new([7; 32]), options).await.unwrap();
        let node = Sandbox::in_memory(clock.clone(), random.clone(), Options::default()).unwrap();
        let ports = Ports {
            store: store.clone(),
            lightning: Arc::new(node),
            carriers,
            suppliers: vec![OwnNumbers::on_carriers(
                PoolTerms::default(),
                store.clone(),
                clock.clone(),
            )],
            fetch,
            payees: Arc::new(testkit::payees::NoPayees),
            lookup: None,
            clock: clock.clone(),
            random,
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
            orders: OrderSettings::default(),
            referrals: Default::default(),
            strangers: Default::default(),
            routes: Routes::new(vec![route], vec![]),
            quiet_hours,
            inbound: InboundSettings {
                keywords: Keywords::default(),
                webhook_url: None,
                webhook_secret: Secret::new("whsec_AAAA"),
            },
            keyword_period: std::time::Duration::from_secs(30 * 24 * 60 * 60),
            lookup_age_max: std::time::Duration::from_secs(60 * 60),
            numbers: Vec::new(),
            node: "local".to_owned(),
            lease: std::time::Duration::from_secs(120),
            shares_store: false,
        };
        let tasks = Tasks::new();
        let engine = Engine::new(ports, settings, render, tasks.clone());
        Self { clock, engine, store, tasks, next: AtomicU64::new(1), _data: data }
    }

    pub(super) async fn account(&self, name: &str) -> AccountId {
        self.engine.accounts.open(name, CREDIT, Actor::CommandLine).await.unwrap().id
    }

    pub(super) async fn available(&self, account: AccountId) -> Msat {
        self.store.balance(account).await.unwrap().available
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    /// Stores a message as a door does; it waits in the store.
    pub(super) async fn send(&self, account: AccountId, lane: Lane, recipients: u64) -> Sent {
        self.send_text(account, lane, recipients, "Din kode er 4711", 1).await
    }

    pub(super) async fn send_text(
        &self,
        account: AccountId,
        lane: Lane,
        recipients: u64,
        text: &str,
        parts: u16,
    ) -> Sent {
        let now = self.clock.now();
        let number = |n| Msisdn::from_digits(4_520_000_000 + n).unwrap();
        let numbers: Vec<_> = (0..recipients).map(|_| number(self.number())).collect();
        let message = MessageId(Uuid::from_u128(u128::from(self.number()) << 64 | 1));
        let sent = Sent { message };
        let content = Content {
            message,
            account: Some(account),
            sender: None,
            text: Text::new(text),
            form: Form::Text,
            charge: None,
            parts,
            lane,
            valid_until: now.after(Duration::from_secs(3 * 3_600)),
        };
        let receipts_until = now.after(Duration::from_secs(4 * 3_600));
        let [to] = *numbers else {
            let new = NewBulk {
                content,
                door: Door::Bulk,
                payer: account,
                groups: vec![PriceGroup { price: Msat::new(1), numbers }],
                excluded: Vec::new(),
                texts: None,
                duplicates: 0,
                at_any_hour: false,
                held_until: None,
                start_at: None,
                receipts_until,
                webhook: None,
                callbacks: Vec::new(),
                refunds: RefundPolicy::Undelivered,
                idempotency: None,
                first_sms_id: None,
                created_at: now,
            };
            self.store.add_bulk(Arc::new(new)).await.unwrap();
            return sent;
        };
        let mut bytes = [0x5a; 32];
        bytes[..8].copy_from_slice(&self.number().to_be_bytes());
        let order = NewOrder {
            door: Door::Orders,
            id: OrderId::new(bytes),
            account: Some(account),
            price: PRICE,
            payment: Payment::Credit,
            fulfilment: Fulfilment::message(Address::Phone(to), Text::new(text)),
            webhook: None,
            referral: None,
            client: "key-1".to_owned(),
            idempotency: None,
            created_at: now,
        };
        let order_id = Some(order.id);
        let recipients = vec![Address::Phone(to)];
        let message = NewMessage { content, order: order_id, recipients, receipts_until };
        let new = vec![CreditOrder { order, message }];
        let outcomes = self.store.add_credit_orders(new, None).await.unwrap();
        assert_eq!(outcomes, [CreditOutcome::Accepted]);
        sent
    }

    /// Places an order through the engine, as the doors do.
    pub(super) async fn order(&self, account: AccountId) {
        let request =
            order_of(account, "+4520123456", "Din kode er 4711", engine::accept::Payment::Credit);
        self.engine.accept.accept(request).await.unwrap();
    }

    /// Whether no credit is reserved.
    pub(super) async fn is_quiet(&self, account: AccountId) -> bool {
        self.store.balance(account).await.unwrap().reserved == Msat::ZERO
    }

    /// The trace of a message's first recipient.
    pub(super) async fn trace(&self, sent: Sent) -> RecipientTrace {
        self.store.trace(sent.message, 0, 1).await.unwrap().remove(0)
    }

    /// Waits for `condition` while time runs ten times faster.
    pub(super) async fn until(&self, what: &str, condition: impl AsyncFnMut() -> bool) {
        self.until_by(Duration::from_millis(100), what, condition).await;
    }

    /// Waits for `condition` while the clock advances by `tick` every 10 ms.
    pub(super) async fn until_by(
        &self,
        tick: Duration,
        what: &str,
        mut condition: impl AsyncFnMut() -> bool,
    ) {
        let begun = Instant::now();
        while !condition().await {
            assert!(begun.elapsed() < LIMIT, "timed out: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.clock.advance(tick);
        }
    }

    pub(super) async fn ends(&self, sent: Sent) -> RecipientTrace {
        self.until("it is decided", async || self.trace(sent).await.state.is_final()).await;
        self.trace(sent).await
    }
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

/// These tests make no calls.
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
