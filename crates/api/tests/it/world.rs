//! External events for stored messages and orders, recorded through the store's port.

use std::sync::Arc;

use domain::id::{MessageId, OrderId};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    AcceptedPart, ChunkEnd, ClaimRoom, ClaimedChunk, End, HoldOrder, NodeReport, NodeVerdict,
    OrderAdmission, OrderCaps, Outcome, Receipt, ReceiptScope, ReceiptState, Store, SubmissionKey,
};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment, Unreceipted};
use domain::secret::Preimage;
use domain::time::Timestamp;
use testkit::clock::NOON;

use crate::house::sats;

const NODE: &str = "world";
const CARRIER: &str = "main";

/// Limits that no test reaches.
pub(crate) const CAPS: OrderCaps = OrderCaps {
    open_max: 100_000,
    open_per_client_max: 100_000,
    held_max: 100_000,
    held_per_client_max: 100_000,
    held_msat_max: Msat::new(i64::MAX),
    held_msat_per_client_max: Msat::new(i64::MAX),
    networks: Vec::new(),
    unpaid_per_day_max: 100_000,
};

/// An unpaid Lightning order, as a door stores it.
pub(crate) fn unpaid(id: [u8; 32], fulfilment: Fulfilment, client: &str) -> NewOrder {
    let preimage = Preimage::new(id);
    NewOrder {
        id: OrderId::new(id),
        door: Door::Orders,
        account: None,
        price: sats(1_000),
        payment: Payment::Lightning { preimage, invoice: None, pay_by: NOON },
        fulfilment,
        webhook: None,
        referral: None,
        client: client.to_owned(),
        idempotency: None,
        created_at: NOON,
    }
}

/// A text to one number, not started.
pub(crate) fn text() -> Fulfilment {
    Fulfilment::message(phone(), "hi".into())
}

fn phone() -> Address {
    Address::Phone(Msisdn::from_digits(4_520_123_456).unwrap())
}

/// Outcome of a recipient's text at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Refused,
    Submitted,
    Delivered,
    Failed,
}

pub(crate) struct World {
    pub store: Arc<dyn Store>,
    pub now: Timestamp,
}

impl World {
    pub(crate) async fn claim(&self, room: ClaimRoom) -> Vec<ClaimedChunk> {
        let claim = self.store.claim_chunks(NODE, room, self.now, self.now.after(LEASE));
        claim.await.unwrap().chunks
    }

    /// Claims everything that is due; `fate` decides each recipient's outcome.
    pub(crate) async fn carry(&self, fate: impl Fn(u32) -> Fate) {
        for chunk in self.claim(10_000.into()).await {
            let all = || chunk.recipients.iter().map(|recipient| recipient.index);
            let outcomes = all().map(|index| outcome(&chunk, index, fate(index))).collect();
            let ends = vec![(chunk.id, chunk.attempt, ChunkEnd::Done)];
            self.store.record_outcomes(outcomes, ends, self.now, None).await.unwrap();
            let receipts = all().filter_map(|index| self.receipt(&chunk, index, fate(index)));
            self.store.record_receipts(receipts.collect(), self.now, None).await.unwrap();
        }
    }

    /// Defers everything that is due, with this reason.
    pub(crate) async fn put_off(&self, reason: Reason) {
        let at = self.now.after(LEASE);
        let retry = |chunk: ClaimedChunk| (chunk.id, chunk.attempt, ChunkEnd::Retry { at, reason });
        let ends = self.claim(10_000.into()).await.into_iter().map(retry).collect();
        self.store.record_outcomes(vec![], ends, self.now, None).await.unwrap();
    }

    fn receipt(&self, chunk: &ClaimedChunk, index: u32, fate: Fate) -> Option<Receipt> {
        let state = match fate {
            Fate::Delivered => ReceiptState::Delivered,
            Fate::Failed => ReceiptState::Failed,
            Fate::Refused | Fate::Submitted => return None,
        };
        Some(Receipt {
            carrier: CarrierName::new(CARRIER),
            carrier_id: carrier_id(chunk, index),
            state,
            code: None,
            to: None,
            at: self.now,
            unmarked: None,
            scope: ReceiptScope::Part,
        })
    }

    /// Times out everything that waits for a receipt.
    pub(crate) async fn time_out(&self) {
        self.store.expire(self.now, self.now, 1_000, Unreceipted::Refund).await.unwrap();
    }

    pub(crate) async fn add_order(&self, new: NewOrder) -> OrderId {
        let id = new.id;
        let admission = self.store.add_order(new, CAPS, self.now).await.unwrap();
        assert_eq!(admission, OrderAdmission::Stored);
        id
    }

    /// Records that the order's payment is held.
    pub(crate) async fn hold(&self, order: OrderId, held: Msat, message: Option<NewMessage>) {
        let hold = HoldOrder { order, held, deadline_height: 800_100, message };
        self.store.hold_order(hold, self.now).await.unwrap();
    }

    pub(crate) async fn cancel(&self, order: OrderId, reason: Reason) {
        self.store.cancel_order(order, reason, self.now).await.unwrap();
    }

    pub(crate) async fn node_says(&self, order: OrderId, verdict: NodeVerdict) {
        let report = NodeReport { order, verdict, check_at: self.now };
        self.store.record_node_reports(vec![report], self.now).await.unwrap();
    }

    /// A text to one number, whose receipt timeout is immediate.
    pub(crate) fn message(&self, number: u8) -> NewMessage {
        NewMessage {
            content: Content {
                message: MessageId(uuid::Uuid::from_bytes([number; 16])),
                account: None,
                sender: None,
                text: "hi".into(),
                form: Form::Text,
                charge: None,
                parts: 1,
                lane: Lane::Single,
                valid_until: self.now.after(LEASE),
            },
            order: None,
            recipients: vec![phone()],
            receipts_until: self.now,
        }
    }
}

const LEASE: std::time::Duration = std::time::Duration::from_secs(120);

fn carrier_id(chunk: &ClaimedChunk, index: u32) -> String {
    format!("{}-{index}-{}", chunk.id.message, chunk.attempt)
}

fn outcome(chunk: &ClaimedChunk, recipient: u32, fate: Fate) -> Outcome {
    let part = || AcceptedPart { part: 1, carrier_id: carrier_id(chunk, recipient) };
    let (accepted, end) = match fate {
        Fate::Refused => {
            let (reason, code) = (Reason::BadDestination, "smpp:0x0000000b".to_owned());
            (vec![], End::Refused { reason, code })
        }
        _ => (vec![part()], End::Accepted),
    };
    let key = SubmissionKey { chunk: chunk.id, attempt: chunk.attempt, recipient };
    Outcome { key, carrier: CarrierName::new(CARRIER), link: None, parts: 1, accepted, end }
}
