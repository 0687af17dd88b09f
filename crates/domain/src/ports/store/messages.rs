//! Messages in the store: queued in chunks, claimed, and followed to their final states.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::id::{AccountId, MessageId};
use crate::inbound::InboundPart;
use crate::message::{Address, Content, Lane};
use crate::ports::{Delivery, Outcome, PortError, Receipt};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::sale::order::Unreceipted;
use crate::time::Timestamp;

/// A range of recipients, identified by its message and its first index.
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

/// A lease on what a change stores: the process continues at once, without a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub node: String,
    pub until: Timestamp,
}

/// The room of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimRoom {
    /// Chunks of all lanes.
    pub chunks: u32,
    /// How many of them may be of [`Lane::Bulk`].
    pub bulk: u32,
    /// Accounts (`None`: all messages without one) that already use their share of a lane on this
    /// node: their chunks in it are not claimed.
    pub full: Vec<(Lane, Option<AccountId>)>,
    /// Another node has links to carriers that this one lacks: chunks returned for that
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
    /// Number of claims of the chunk. The lease is valid while the stored number is the same.
    pub attempt: u32,
    pub content: Arc<Content>,
    /// Block height at which the Lightning node returns a held payment.
    pub deadline_height: Option<u32>,
    /// Quiet hours hold it.
    pub held_in_quiet_hours: bool,
    /// The *pending* recipients of the chunk.
    pub recipients: Vec<ClaimedRecipient>,
}

#[derive(Debug, Clone)]
pub struct ClaimedRecipient {
    pub index: u32,
    pub to: Address,
    /// What it is sent, if that differs from the message's content.
    pub content: Option<Arc<Content>>,
    /// Parts (from 1) that a carrier already accepted. That carrier is the last one to do so, even
    /// if it is among `tried`.
    pub accepted: Vec<u16>,
    pub accepted_by: Option<CarrierName>,
    /// Carriers that refused it ([`crate::ports::End::TryAnother`]), or accepted it and sent no
    /// receipt in time ([`ChunkEnd::AwaitReceipts`]).
    pub tried: Vec<CarrierName>,
    /// Claims in which a carrier got it and accepted nothing or did not answer: deferrals by a
    /// carrier, for any reason but [`Reason::LinkDown`].
    pub attempts: u32,
}

/// What a claim leased, and what it ended.
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
    /// Recipients still pending are claimed again at `at`; `reason` is shown with them.
    Retry { at: Timestamp, reason: Reason },
    /// Both: some are claimed again at `at`, and others without a receipt by `until`.
    RetryAndAwait { at: Timestamp, reason: Reason, until: Timestamp },
}

/// The effects of a change, so that the right workers are woken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Recipients whose state changed.
    pub recipients: u32,
    /// Lightning orders that were decided; the node must settle or cancel them.
    pub decided: u32,
    /// Orders paid from credit that ended: the price was kept (`settled`) or returned
    /// (`cancelled`).
    pub settled: u32,
    pub cancelled: u32,
    /// Events stored.
    pub events: u32,
    /// Events leased to the caller, which delivers them at once.
    pub deliveries: Vec<Delivery>,
    /// Receipts whose submission is not known (yet), parked.
    pub parked: u32,
    /// Receipts that match several submissions, parked; they decide nothing.
    pub ambiguous: u32,
    /// Receipts that contradict a recipient which was final already: stored and shown, without any
    /// effect on state or money.
    pub contradictory: u32,
    /// Of each part that a receipt decided: how long ago its carrier took it.
    pub receipt_waits: Vec<Duration>,
    /// Unmarked receipts that are messages ([`Receipt::unmarked`]): the caller records them as
    /// inbound parts before it acknowledges them to the carrier.
    pub messages: Vec<InboundPart>,
}

impl Recorded {
    /// Adds the effects of another change.
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
        self.receipt_waits.extend(other.receipt_waits);
        self.messages.extend(other.messages);
    }
}

#[async_trait]
pub trait MessageStore: Send + Sync + std::fmt::Debug {
    /// Leases due chunks to `node` until `lease_until`, as `room` allows: in the order of lanes,
    /// within a lane each account in turn, within an account the longest due first. A chunk with an
    /// expired lease is due again. Concurrent claims get different chunks and do not wait for each
    /// other.
    ///
    /// Numbers blocked after their message was accepted, for everybody or for its account, are left
    /// out: the recipient becomes *blocked*, unless a carrier may have its text already
    /// ([`crate::message::delivery`]).
    async fn claim_chunks(
        &self,
        node: &str,
        room: ClaimRoom,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claimed, PortError>;

    /// Extends the leases of claims (chunk and attempt) that this node still holds.
    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<(), PortError>;

    /// Releases the leases of a restarting node, of chunks and of events
    /// ([`crate::ports::EventStore`]), so that it need not wait for their expiry. Returns how many.
    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64, PortError>;

    /// Records outcomes and ends claims in one change; their effects on recipients and chunks are
    /// defined in [`crate::message::outcome`], [`crate::message::parts`] and
    /// [`crate::message::chunk`]. Applies parked receipts of the parts. The chunk of an order that
    /// has become final is not retried. Idempotent.
    ///
    /// With `event_lease`, the events of this change are leased to the caller and returned in
    /// [`Recorded::deliveries`].
    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<Recorded, PortError>;

    /// Records receipts, and parks those without a known submission; [`crate::message::receipt`]
    /// defines the part that a receipt is for, and its effect. Carriers reuse ids: only submissions
    /// younger than [`crate::limits::PARKED_RECEIPT_AGE_MAX`] are matched, and only receipts parked
    /// within [`crate::limits::EARLY_RECEIPT_AGE_MAX`] are applied to a new submission. Idempotent.
    /// `event_lease` as for [`MessageStore::record_outcomes`].
    ///
    /// Receipts that turn out to be inbound messages are returned in [`Recorded::messages`], and
    /// parked as well.
    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<Recorded, PortError>;

    /// As [`MessageStore::record_receipts`], but parks nothing: returns the indices of the receipts
    /// without a unique submission, of which nothing is recorded. Parking waits until no outcome of
    /// the carrier is being recorded, and most such receipts only overtook their outcome: the
    /// caller records them again a little later.
    async fn record_matched_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<(Recorded, Vec<usize>), PortError>;

    /// Expires pending recipients past their validity (*expired*, unless their chunk is leased) and
    /// submitted ones with an overdue receipt (*timeout*). Also deletes receipts parked before
    /// `parked_before`. At most `limit` messages at once.
    ///
    /// By [`Unreceipted::Settle`] the order of an overdue message that a carrier confirmed is settled
    /// as sent instead, and its receipt is awaited for [`crate::limits::LATE_RECEIPTS_WITHIN`] more.
    async fn expire(
        &self,
        now: Timestamp,
        parked_before: Timestamp,
        limit: u32,
        unreceipted: Unreceipted,
    ) -> Result<Recorded, PortError>;

    /// Deletes rows that are no longer needed and that no booking depends on: finished webhook calls, and incomplete inbound messages, if
    /// they ended before `before`; and idempotency keys, which are kept shorter by the difference of
    /// [`crate::limits::FORGET_AFTER`] and [`crate::limits::IDEMPOTENCY_KEY_AGE_MAX`]. At most
    /// `limit` rows of each; returns how many were deleted.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;

    /// Deletes orders that were cancelled without payment before `before`, at most `limit`; returns how
    /// many were deleted.
    async fn forget_unpaid_orders(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;

    /// Makes due at once what was put off beyond [`crate::limits::DEFERRAL_MAX`] from now: the clock was ahead then. Chunks
    /// that wait for quiet hours, a start, a receipt or the end of a lease stay as they are. Returns how many chunks and
    /// orders.
    async fn reexamine_deferrals(&self, now: Timestamp) -> Result<u64, PortError>;
}
