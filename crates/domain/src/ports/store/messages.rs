//! Messages in the store: queued in chunks, claimed, and followed to their final states.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{AccountId, MessageId};
use crate::inbound::InboundPart;
use crate::message::{Address, Content, Lane};
use crate::ports::{Delivery, Outcome, PortError, Receipt, RecipientTrace};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

/// A run of recipients, by its message and its first index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId {
    pub message: MessageId,
    pub first: u32,
}

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.message, self.first)
    }
}

/// A lease on what a change stores: the same process continues the work at once instead of claiming it
/// back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub node: String,
    pub until: Timestamp,
}

/// What a node has room for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimRoom {
    /// Chunks of all lanes.
    pub chunks: u32,
    /// Of those, chunks of [`Lane::Bulk`].
    pub bulk: u32,
    /// Accounts (`None`: all messages without one) that fill their share of the node's room in this
    /// lane already: their chunks in it are not claimed.
    pub full: Vec<(Lane, Option<AccountId>)>,
    /// Another node has links to carriers that this one has not: chunks put back for that
    /// ([`Reason::LinkElsewhere`]) are left to it for [`crate::limits::LINK_ELSEWHERE_WAIT`].
    pub lacks_links: bool,
}

/// A limit without lanes.
impl From<u32> for ClaimRoom {
    fn from(chunks: u32) -> Self {
        Self { chunks, bulk: chunks, ..Self::default() }
    }
}

/// A chunk leased to this node.
#[derive(Debug, Clone)]
pub struct ClaimedChunk {
    pub id: ChunkId,
    /// Counts the claims of the chunk. The lease is this node's while the stored count is this one.
    pub attempt: u32,
    pub content: Arc<Content>,
    /// Block height at which the Lightning node gives the payment back, if a hold pays.
    pub deadline_height: Option<u32>,
    /// The *pending* recipients of the chunk.
    pub recipients: Vec<ClaimedRecipient>,
}

#[derive(Debug, Clone)]
pub struct ClaimedRecipient {
    pub index: u32,
    pub to: Address,
    /// Parts (from 1) that a carrier already took, and that carrier: the last one, even if it is among
    /// the tried ones.
    pub accepted: Vec<u16>,
    pub accepted_by: Option<CarrierName>,
    /// Carriers that would not take it ([`crate::ports::End::TryAnother`]), or took it and never
    /// reported on it ([`ChunkEnd::AwaitReceipts`]).
    pub tried: Vec<CarrierName>,
    /// Claims in which a carrier was handed it and took nothing or did not answer: deferrals that name
    /// a carrier, for any reason but [`Reason::LinkDown`].
    pub attempts: u32,
}

/// What a claim leased, and what it ended on the way.
#[derive(Debug, Default)]
pub struct Claimed {
    pub chunks: Vec<ClaimedChunk>,
    pub recorded: Recorded,
}

/// How a node ends its claim of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    /// Every recipient has an outcome.
    Done,
    /// Every recipient has an outcome. A recipient without a receipt by `until` is *pending* and claimed
    /// again; its carrier is *tried*.
    AwaitReceipts { until: Timestamp },
    /// Recipients that are still pending are claimed again at `at`; `reason` is shown with them.
    Retry { at: Timestamp, reason: Reason },
}

/// What a change did, so that the right worker is woken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Recipients whose state changed.
    pub recipients: u32,
    /// Lightning orders that were decided: settle or cancel is to be sent to the node.
    pub decided: u32,
    /// Orders paid from credit that ended: the price was kept (`settled`) or given back (`cancelled`).
    pub settled: u32,
    pub cancelled: u32,
    /// Events stored.
    pub events: u32,
    /// Those of them that are leased to the caller, who delivers them at once.
    pub deliveries: Vec<Delivery>,
    /// Receipts whose submission is not known (yet), parked.
    pub parked: u32,
    /// Receipts that match several submissions, parked; they decide nothing.
    pub ambiguous: u32,
    /// Receipts that contradict a recipient which was final already: stored and shown, without any
    /// effect on state or money.
    pub contradictory: u32,
    /// What was no receipt after all ([`Receipt::unmarked`]): the caller records these as parts of
    /// inbound messages before it acknowledges them to their carrier.
    pub messages: Vec<InboundPart>,
}

impl Recorded {
    /// Adds what another change did.
    pub fn add(&mut self, other: Self) {
        self.recipients += other.recipients;
        self.decided += other.decided;
        self.settled += other.settled;
        self.cancelled += other.cancelled;
        self.events += other.events;
        self.deliveries.extend(other.deliveries);
        self.parked += other.parked;
        self.ambiguous += other.ambiguous;
        self.contradictory += other.contradictory;
        self.messages.extend(other.messages);
    }
}

#[async_trait]
pub trait MessageStore: Send + Sync + std::fmt::Debug {
    /// Leases due chunks to `node` until `lease_until`, as far as it has `room`: lower lanes first,
    /// in a lane every account in turn, of an account the longest due. A chunk whose lease has
    /// passed is due again. Two nodes that claim at once get different chunks and do not wait for
    /// each other.
    ///
    /// A number that was blocked after its message was accepted, for everybody or for its account, is
    /// not handed out: the recipient becomes *blocked*, unless a carrier may have its text already
    /// ([`crate::message::delivery`]).
    async fn claim_chunks(
        &self,
        node: &str,
        room: ClaimRoom,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claimed, PortError>;

    /// Extends the leases of claims (chunk and attempt) that are still this node's, and no others.
    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<(), PortError>;

    /// Frees the leases of a node that restarts, of chunks and of events
    /// ([`crate::ports::EventStore`]), so that it need not wait for their end. Returns how many.
    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64, PortError>;

    /// Records outcomes and ends claims in one change: what they do to recipients and chunks is in
    /// [`crate::message::outcome`], [`crate::message::parts`] and [`crate::message::chunk`]. Parked
    /// receipts of the parts are applied. The chunk of an order that is final meanwhile is not
    /// retried. Repeat: harmless.
    ///
    /// With `event_lease`, the events that this change stores are leased so and returned in
    /// [`Recorded::deliveries`].
    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<Recorded, PortError>;

    /// Records receipts, and parks those without a known submission: which part a receipt is of, and
    /// what it does, is in [`crate::message::receipt`]. Carriers use ids again: only submissions younger
    /// than [`crate::limits::PARKED_RECEIPT_AGE_MAX`] are matched, and only receipts parked within
    /// [`crate::limits::EARLY_RECEIPT_AGE_MAX`] are applied to a new submission. Repeat: harmless.
    /// `event_lease` as for [`MessageStore::record_outcomes`].
    ///
    /// What turns out to be an inbound message is returned in [`Recorded::messages`], and parked all
    /// the same.
    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<Recorded, PortError>;

    /// What is known of up to `limit` recipients of a message, from index `first` on, with their parts
    /// at carriers. Excluded recipients of a campaign are left out.
    async fn trace(
        &self,
        message: MessageId,
        first: u32,
        limit: u32,
    ) -> Result<Vec<RecipientTrace>, PortError>;

    /// Ends what waited too long: pending recipients past their validity are *expired* (unless
    /// their chunk is leased), submitted ones past the time for receipts are *timeout*. Also deletes
    /// parked receipts older than `parked_before`. At most `limit` messages at once.
    async fn expire(
        &self,
        now: Timestamp,
        parked_before: Timestamp,
        limit: u32,
    ) -> Result<Recorded, PortError>;

    /// Deletes what is not needed any more, and what no booking depends on: orders that were cancelled
    /// and never paid, with their events, and ended webhook calls, if they ended before `before`; and
    /// idempotency keys, which are kept shorter by as much as
    /// [`crate::limits::IDEMPOTENCY_KEY_AGE_MAX`] is shorter than [`crate::limits::FORGET_AFTER`]. At
    /// most `limit` rows of each; returns how many were deleted.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
