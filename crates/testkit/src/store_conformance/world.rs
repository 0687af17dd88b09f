//! Short constructors for the cases: orders, messages, outcomes and receipts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::account::operator::Actor;
use domain::account::{Account, Balance};
use domain::event::{Attempt, AttemptResult};
use domain::id::{AccountId, EventId, MessageId, OrderId};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::recipient::RecipientState;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    AcceptedPart, ChunkEnd, ChunkId, ClaimedChunk, CreditOrder, CreditOutcome, Delivery,
    DeliveryOutcome, DeliveryResult, End, HoldOrder, HoldOutcome, NewAccount, NodeReport,
    NodeVerdict, OrderAdmission, OrderCaps, Outcome, PortError, Receipt, ReceiptScope,
    ReceiptState, Recorded, Store, SubmissionKey,
};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Order, OrderState, Payment, Unreceipted, Wanted, Webhook};
use domain::secret::{Preimage, Secret};
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use crate::clock::NOON;

pub(super) const PRICE: Msat = Msat::new(1_000_000);
pub(super) const LEASE: Duration = Duration::from_secs(120);
pub(super) const VALID: Duration = Duration::from_secs(3_600);
pub(super) const RECEIPTS: Duration = Duration::from_secs(7_200);
pub(super) const NODE: &str = "one";
pub(super) const CARRIER: &str = "main";
/// A chunk that is not stored.
pub(super) const NO_CHUNK: ChunkId = ChunkId { message: MessageId(Uuid::nil()), first: 999 };
/// The actor of manual changes.
pub(super) const BY: Actor = Actor::CommandLine;
pub(super) const CLIENT: &str = "key-1";
/// An order without a receipt is cancelled.
pub(super) const REFUND: Unreceipted = Unreceipted::Refund;

/// Limits that are never reached.
pub(super) const CAPS: OrderCaps = OrderCaps {
    open_max: 10_000,
    open_per_client_max: 10_000,
    held_max: 10_000,
    held_per_client_max: 10_000,
    held_msat_max: Msat::new(i64::MAX),
    held_msat_per_client_max: Msat::new(i64::MAX),
    networks: Vec::new(),
    unpaid_per_day_max: 10_000,
};

/// A time in seconds after noon, the start of every case.
pub(super) fn at(secs: u64) -> Timestamp {
    NOON.after(Duration::from_secs(secs))
}

/// A store, and a counter for unique numbers.
pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    next: AtomicU64,
}

impl World {
    pub(super) async fn new(rig: &impl Rig) -> Self {
        Self::from(rig, 1).await
    }

    /// A world whose numbers start at `first`, for a second handle on the same database.
    pub(super) async fn from(rig: &impl Rig, first: u64) -> Self {
        Self { store: rig.open().await, next: AtomicU64::new(first) }
    }

    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) async fn account(&self, credit: Msat) -> Account {
        let name = format!("account-{}", self.number()).parse().unwrap();
        let new = NewAccount { name, webhook_secret: Secret::new("whsec_account"), credit };
        self.store.add_account(new, BY, at(0)).await.unwrap()
    }

    pub(super) fn new_order(&self) -> NewOrder {
        let mut bytes = [0x5a; 32];
        bytes[..8].copy_from_slice(&self.number().to_be_bytes());
        let preimage = Preimage::new(bytes);
        bytes.reverse();
        NewOrder {
            door: Door::Orders,
            id: OrderId::new(bytes),
            account: None,
            price: PRICE,
            payment: Payment::Lightning { preimage, invoice: None, pay_by: at(600) },
            fulfilment: Fulfilment::message(phone(0), Text::new("hello")),
            webhook: Some(Webhook {
                url: "https://example.com/hook".to_owned(),
                secret: Secret::new("whsec_order"),
                wants: Wanted::All,
            }),
            referral: None,
            client: CLIENT.to_owned(),
            idempotency: None,
            created_at: at(0),
        }
    }

    pub(super) fn new_funding(&self, account: AccountId) -> NewOrder {
        NewOrder { account: Some(account), fulfilment: Fulfilment::Credit, ..self.new_order() }
    }

    pub(super) fn new_message(&self, recipients: u32) -> NewMessage {
        let message = MessageId(Uuid::from_u128(u128::from(self.number())));
        NewMessage {
            content: Content {
                message,
                account: None,
                sender: Some("Boltgram".parse().unwrap()),
                text: Text::new("hello"),
                form: Form::Text,
                charge: None,
                parts: 1,
                lane: Lane::Single,
                valid_until: at(0).after(VALID),
            },
            order: None,
            recipients: (0..recipients).map(phone).collect(),
            receipts_until: at(0).after(RECEIPTS),
        }
    }

    pub(super) async fn open_order(&self) -> OrderId {
        let new = self.new_order();
        let id = new.id;
        self.add(new).await;
        id
    }

    /// Stores an order below the caps.
    pub(super) async fn add(&self, new: NewOrder) {
        let admission = self.store.add_order(new, CAPS, at(60)).await.unwrap();
        assert_eq!(admission, OrderAdmission::Stored);
    }

    pub(super) async fn hold(&self, order: OrderId, message: Option<NewMessage>) -> HoldOutcome {
        let hold = HoldOrder { order, held: PRICE, deadline_height: 1_000, message };
        self.store.hold_order(hold, at(1)).await.unwrap()
    }

    /// A paid Lightning order with its message queued.
    pub(super) async fn working(&self) -> OrderId {
        self.working_with(self.new_message(1)).await
    }

    pub(super) async fn working_with(&self, message: NewMessage) -> OrderId {
        let order = self.open_order().await;
        assert_eq!(self.hold(order, Some(message)).await, HoldOutcome::Begun);
        order
    }

    /// A new order paid from credit, with its message.
    pub(super) fn new_credit(&self, account: AccountId, price: Msat) -> CreditOrder {
        let order = NewOrder {
            account: Some(account),
            price,
            payment: Payment::Credit,
            ..self.new_order()
        };
        CreditOrder { order, message: self.new_message(1) }
    }

    /// Stores an order paid from credit.
    pub(super) async fn spend(&self, account: AccountId, price: Msat) -> (OrderId, CreditOutcome) {
        let CreditOrder { order, message } = self.new_credit(account, price);
        let id = order.id;
        let outcome = self.add_credit_order(order, message).await.unwrap();
        (id, outcome)
    }

    /// Stores one order paid from credit.
    pub(super) async fn add_credit_order(
        &self,
        order: NewOrder,
        message: NewMessage,
    ) -> Result<CreditOutcome, PortError> {
        let orders = vec![CreditOrder { order, message }];
        self.store.add_credit_orders(orders, None).await.map(|mut outcomes| outcomes.remove(0))
    }

    pub(super) async fn claim(&self, now: Timestamp) -> Vec<ClaimedChunk> {
        self.store.claim_chunks(NODE, 100.into(), now, now.after(LEASE)).await.unwrap().chunks
    }

    pub(super) async fn claim_one(&self, now: Timestamp) -> ClaimedChunk {
        let mut claimed = self.claim(now).await;
        assert_eq!(claimed.len(), 1, "not one chunk is due");
        claimed.remove(0)
    }

    /// Records one outcome of the chunk's first recipient, and the end of the chunk.
    pub(super) async fn done(&self, chunk: &ClaimedChunk, outcome: Outcome) -> Recorded {
        self.record(vec![outcome], vec![(chunk.id, chunk.attempt, ChunkEnd::Done)]).await
    }

    pub(super) async fn record(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
    ) -> Recorded {
        self.store.record_outcomes(outcomes, ends, at(10), None).await.unwrap()
    }

    /// An order whose only part a carrier accepted as `id`.
    pub(super) async fn submitted(&self, id: &str) -> OrderId {
        let order = self.working().await;
        let chunk = self.claim_one(at(5)).await;
        self.done(&chunk, accepted(&chunk, 0, &[(1, id)])).await;
        order
    }

    /// The effects, without how long the receipt took.
    pub(super) async fn receive(&self, id: &str, state: ReceiptState) -> Recorded {
        let receipts = vec![receipt(id, state)];
        let recorded = self.store.record_receipts(receipts, at(20), None).await.unwrap();
        Recorded { receipt_waits: vec![], ..recorded }
    }

    pub(super) async fn cancel(
        &self,
        order: OrderId,
        reason: Reason,
    ) -> domain::ports::CancelOutcome {
        self.store.cancel_order(order, reason, at(30)).await.unwrap()
    }

    pub(super) async fn node_says(
        &self,
        order: OrderId,
        verdict: NodeVerdict,
    ) -> Vec<(OrderId, OrderState)> {
        let report = NodeReport { order, verdict, check_at: at(1_000) };
        let ended = self.store.record_node_reports(vec![report], at(40)).await.unwrap();
        ended.into_iter().map(|ended| (ended.order, ended.state)).collect()
    }

    pub(super) async fn order(&self, order: OrderId) -> Order {
        self.store.order(order).await.unwrap().expect("the order is stored")
    }

    pub(super) async fn state(&self, order: OrderId) -> OrderState {
        self.order(order).await.state
    }

    pub(super) async fn recipient(&self, order: OrderId) -> RecipientState {
        self.order(order).await.fulfilment.recipient().expect("the order has a message")
    }

    pub(super) async fn balance(&self, account: AccountId) -> Balance {
        self.store.balance(account).await.unwrap()
    }

    pub(super) async fn due_events(&self, now: Timestamp) -> Vec<Delivery> {
        self.store.claim_deliveries(NODE, now, now.after(LEASE), 100).await.unwrap()
    }

    /// Delivers all events that are due, and those that become due by it; in the order of delivery.
    pub(super) async fn deliver_all(&self, now: Timestamp) -> Vec<Delivery> {
        let mut delivered = Vec::new();
        loop {
            let due = self.due_events(now).await;
            if due.is_empty() {
                return delivered;
            }
            let results = due.iter().map(|event| result(event.id, DELIVERED));
            self.store.record_deliveries(results.collect(), now).await.unwrap();
            delivered.extend(due);
        }
    }

    pub(super) async fn must_be_sound(&self) {
        let report = self.store.check_ledger().await.unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

/// An attempt that begins at 0.
pub(super) const fn attempt(result: AttemptResult) -> Attempt {
    Attempt { at: NOON, took: Duration::from_millis(7), result }
}

pub(super) const DELIVERED: DeliveryOutcome =
    DeliveryOutcome::Delivered(attempt(AttemptResult::Status(200)));

pub(super) const FAILED: DeliveryOutcome =
    DeliveryOutcome::Failed(attempt(AttemptResult::Status(500)));

pub(super) const fn retry_at(at: Timestamp) -> DeliveryOutcome {
    DeliveryOutcome::RetryAt(at, attempt(AttemptResult::Status(500)))
}

pub(super) const fn result(event: EventId, outcome: DeliveryOutcome) -> DeliveryResult {
    DeliveryResult { event, outcome }
}

pub(super) fn phone(index: u32) -> Address {
    Address::Phone(Msisdn::from_digits(4_520_000_000 + u64::from(index)).unwrap())
}

pub(super) fn balance(available: Msat, reserved: Msat) -> Balance {
    Balance { available, reserved }
}

/// An outcome of a chunk's recipient with `parts` parts; `taken` are part and id of the accepted ones.
pub(super) fn outcome(
    chunk: &ClaimedChunk,
    recipient: u32,
    parts: u16,
    taken: &[(u16, &str)],
    end: End,
) -> Outcome {
    let accepted = |&(part, id): &(u16, &str)| AcceptedPart { part, carrier_id: id.to_owned() };
    Outcome {
        key: SubmissionKey { chunk: chunk.id, attempt: chunk.attempt, recipient },
        carrier: CarrierName::new(CARRIER),
        link: None,
        parts,
        accepted: taken.iter().map(accepted).collect(),
        end,
    }
}

/// An outcome in which every part was accepted.
pub(super) fn accepted(chunk: &ClaimedChunk, recipient: u32, taken: &[(u16, &str)]) -> Outcome {
    let parts = u16::try_from(taken.len()).unwrap();
    outcome(chunk, recipient, parts, taken, End::Accepted)
}

pub(super) fn refused(chunk: &ClaimedChunk, reason: Reason) -> Outcome {
    outcome(chunk, 0, 1, &[], End::Refused { reason, code: "smpp:0x0000000b".to_owned() })
}

pub(super) fn deferred(chunk: &ClaimedChunk, taken: &[(u16, &str)], parts: u16) -> Outcome {
    let end = End::Deferred { reason: Reason::Throttled, wait: None, code: None };
    outcome(chunk, 0, parts, taken, end)
}

pub(super) fn receipt(id: &str, state: ReceiptState) -> Receipt {
    Receipt {
        carrier: CarrierName::new(CARRIER),
        carrier_id: id.to_owned(),
        state,
        code: None,
        to: None,
        at: at(15),
        unmarked: None,
        scope: ReceiptScope::Part,
    }
}
