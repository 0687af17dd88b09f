//! A customer with campaigns.

use std::ops::Range;
use std::sync::Arc;

use domain::account::Balance;
use domain::id::{AccountId, MessageId};
use domain::message::campaign::{
    BulkMessage, BulkRecipient, Excluded, Exclusion, Idempotency, NewBulk, PriceGroup, RefundPolicy,
};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::recipient::RecipientState;
use domain::message::{Address, Content, Lane};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    ChunkEnd, ClaimedChunk, End, Outcome, Receipt, ReceiptState, RecipientList, Recorded, Spent,
    Store,
};
use domain::reason::Reason;
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use super::world::{LEASE, NODE, RECEIPTS, VALID, World, at, outcome, phone, receipt};

pub(super) const EACH: Msat = Msat::new(7_000);

/// The price of `count` recipients.
pub(super) fn times(count: i64) -> Msat {
    EACH.checked_mul(count).unwrap()
}

pub(super) struct BulkWorld {
    pub(super) world: World,
    pub(super) account: AccountId,
}

impl BulkWorld {
    pub(super) async fn new(rig: &impl Rig, credit: Msat) -> Self {
        Self::of(World::new(rig).await, credit).await
    }

    pub(super) async fn of(world: World, credit: Msat) -> Self {
        let account = world.account(credit).await.id;
        Self { world, account }
    }

    pub(super) const fn store(&self) -> &Arc<dyn Store> {
        &self.world.store
    }

    /// A new campaign to recipients of one price.
    pub(super) fn bulk(&self, recipients: u32) -> NewBulk {
        NewBulk {
            content: Content {
                message: MessageId(Uuid::from_u128(u128::from(self.world.number()))),
                account: Some(self.account),
                sender: Some("Boltgram".parse().unwrap()),
                text: domain::text::Text::new("hello"),
                form: Form::Text,
                charge: None,
                parts: 1,
                lane: Lane::Bulk,
                valid_until: at(0).after(VALID),
            },
            door: Door::Bulk,
            payer: self.account,
            groups: vec![group(EACH, 0..recipients)],
            excluded: vec![],
            texts: None,
            duplicates: 0,
            at_any_hour: false,
            held_until: None,
            start_at: None,
            receipts_until: at(0).after(RECEIPTS),
            webhook: None,
            callbacks: Vec::new(),
            refunds: RefundPolicy::Undelivered,
            idempotency: None,
            first_sms_id: None,
            created_at: at(0),
        }
    }

    pub(super) fn keyed(&self, new: NewBulk, key: &str, request: u8) -> NewBulk {
        let idempotency = Some(Idempotency { key: key.to_owned(), request: [request; 32] });
        NewBulk { idempotency, ..new }
    }

    pub(super) async fn add(&self, new: NewBulk) -> Spent {
        self.store().add_bulk(Arc::new(new)).await.unwrap()
    }

    pub(super) async fn added(&self, recipients: u32) -> MessageId {
        self.done(self.bulk(recipients)).await
    }

    pub(super) async fn scheduled(&self, recipients: u32, start: Timestamp) -> MessageId {
        self.done(NewBulk { start_at: Some(start), ..self.bulk(recipients) }).await
    }

    async fn done(&self, new: NewBulk) -> MessageId {
        let id = new.content.message;
        assert!(matches!(self.add(new).await, Spent::Done { .. }));
        id
    }

    pub(super) async fn message(&self, id: MessageId) -> BulkMessage {
        self.store().bulk(self.account, id).await.unwrap().expect("the message is stored")
    }

    /// The first page.
    pub(super) async fn recipients(
        &self,
        id: MessageId,
        states: &[RecipientState],
    ) -> Vec<BulkRecipient> {
        let list = RecipientList { states: states.to_vec(), first: 0, limit: 1_000 };
        self.store().bulk_recipients(id, list).await.unwrap().recipients
    }

    pub(super) async fn balance(&self) -> Balance {
        self.world.balance(self.account).await
    }

    pub(super) async fn claim(&self, now: Timestamp) -> Vec<ClaimedChunk> {
        let claim = self.store().claim_chunks(NODE, 100.into(), now, now.after(LEASE));
        let mut claimed = claim.await.unwrap().chunks;
        claimed.sort_unstable_by_key(|chunk| chunk.id);
        claimed
    }

    pub(super) async fn claim_one(&self, now: Timestamp) -> ClaimedChunk {
        let mut claimed = self.claim(now).await;
        assert_eq!(claimed.len(), 1, "one chunk is due");
        claimed.remove(0)
    }

    /// Outcomes in which a carrier accepted these recipients of the chunk.
    pub(super) fn taken(&self, chunk: &ClaimedChunk, indices: &[u32]) -> Vec<Outcome> {
        let taken =
            |index: &u32| outcome(chunk, *index, 1, &[(1, &id(chunk, *index))], End::Accepted);
        indices.iter().map(taken).collect()
    }

    pub(super) fn refused(&self, chunk: &ClaimedChunk, index: u32) -> Outcome {
        let (reason, code) = (Reason::BadDestination, "smpp:0x0000000b".to_owned());
        outcome(chunk, index, 1, &[], End::Refused { reason, code })
    }

    /// Records a receipt of an accepted recipient.
    pub(super) async fn receive(
        &self,
        chunk: &ClaimedChunk,
        index: u32,
        delivered: bool,
    ) -> Recorded {
        let said = vec![said(chunk, index, delivered)];
        self.store().record_receipts(said, at(20), None).await.unwrap()
    }

    /// Accepts and delivers these recipients; the chunk stays leased.
    pub(super) async fn deliver(&self, chunk: &ClaimedChunk, indices: &[u32]) {
        self.world.record(self.taken(chunk, indices), vec![]).await;
        let said = indices.iter().map(|index| said(chunk, *index, true)).collect();
        self.store().record_receipts(said, at(20), None).await.unwrap();
    }

    pub(super) async fn deliver_all(&self, chunks: &[ClaimedChunk]) {
        for chunk in chunks {
            let all: Vec<_> = chunk.recipients.iter().map(|one| one.index).collect();
            self.deliver(chunk, &all).await;
            let done = vec![(chunk.id, chunk.attempt, ChunkEnd::Done)];
            self.world.record(vec![], done).await;
        }
    }

    pub(super) async fn must_be_sound(&self) {
        self.world.must_be_sound().await;
    }
}

/// The carrier's id, unique per claim.
fn id(chunk: &ClaimedChunk, index: u32) -> String {
    format!("{}-{index}-{}", chunk.id.message, chunk.attempt)
}

fn said(chunk: &ClaimedChunk, index: u32, delivered: bool) -> Receipt {
    let state = if delivered { ReceiptState::Delivered } else { ReceiptState::Failed };
    receipt(&id(chunk, index), state)
}

/// The numbers that [`phone`] gives to these indices.
pub(super) fn group(price: Msat, indices: Range<u32>) -> PriceGroup {
    let number = |index| match phone(index) {
        Address::Phone(number) => number,
        Address::Email(_) => Msisdn::from_digits(4_520_000_000).unwrap(),
    };
    PriceGroup { price, numbers: indices.map(number).collect() }
}

pub(super) fn excluded(address: &str, why: Exclusion) -> Excluded {
    Excluded { address: address.to_owned(), why }
}
