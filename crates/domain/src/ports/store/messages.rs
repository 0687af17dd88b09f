//! Messages as they are stored: queued in chunks, claimed, and followed to their ends.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{AccountId, MessageId};
use crate::inbound::InboundPart;
use crate::message::{Address, Content, Lane};
use crate::ports::{Outcome, PortError, Receipt, RecipientTrace, WebhookCall};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

/// A run of recipients is known by its message and its first index.
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

/// For whom and until when a change leases what it stores, so that the same process goes on with it
/// at once instead of claiming it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub node: String,
    pub until: Timestamp,
}

/// What a node has room for. A number alone is so many chunks of whatever is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimRoom {
    /// In all.
    pub chunks: u32,
    /// Of those, of [`Lane::Bulk`].
    pub bulk: u32,
    /// Accounts (`None`: messages without one, all together) that hold their share of the node's
    /// room for this lane already: nothing of theirs in it is claimed.
    pub full: Vec<(Lane, Option<AccountId>)>,
    /// Another node can hand over by carriers that this one cannot: what was given back for that
    /// ([`Reason::LinkElsewhere`]) is left to it for [`crate::limits::LINK_ELSEWHERE_WAIT`].
    pub lacks_links: bool,
}

impl From<u32> for ClaimRoom {
    fn from(chunks: u32) -> Self {
        Self { chunks, bulk: chunks, ..Self::default() }
    }
}

/// A run of recipients leased to this node.
#[derive(Debug, Clone)]
pub struct ClaimedChunk {
    pub id: ChunkId,
    /// Counts claims; the lease is ours while the stored number is this one.
    pub attempt: u32,
    pub content: Arc<Content>,
    /// Of the hold that pays for it, if one does: at this height the node gives the money back.
    pub deadline_height: Option<u32>,
    /// Those of the run that are still *pending*.
    pub recipients: Vec<ClaimedRecipient>,
}

#[derive(Debug, Clone)]
pub struct ClaimedRecipient {
    pub index: u32,
    pub to: Address,
    /// Parts (from 1) that a carrier already took, and which carrier that was: the last one, also if
    /// it counts as tried.
    pub accepted: Vec<u16>,
    pub accepted_by: Option<CarrierName>,
    /// Carriers that would not take it ([`crate::ports::End::TryAnother`]), or took it and never
    /// said what became of it ([`ChunkEnd::AwaitReceipts`]).
    pub tried: Vec<CarrierName>,
    /// How often a carrier was handed it and took nothing or gave no answer: deferrals that name a
    /// carrier, for any reason but [`Reason::LinkDown`]. One for each claim at most.
    pub attempts: u32,
}

/// What a claim leased, and what it found to be over.
#[derive(Debug, Default)]
pub struct Claimed {
    pub chunks: Vec<ClaimedChunk>,
    pub recorded: Recorded,
}

/// What happens to a claimed chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    /// Every recipient has an outcome.
    Done,
    /// Every recipient has an outcome. What has no receipt by `until` is *pending* again and claimed
    /// again; the carrier that has it counts as tried.
    AwaitReceipts { until: Timestamp },
    /// Those still pending are tried again at `at`; `reason` is shown with them.
    Retry { at: Timestamp, reason: Reason },
}

/// What a change set in motion, so that the right worker is woken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Recipients whose state changed.
    pub recipients: u32,
    /// Lightning orders that were decided: the node must be told.
    pub decided: u32,
    /// Orders paid from credit that ended: the price was kept, or given back.
    pub settled: u32,
    pub cancelled: u32,
    /// Events stored: webhooks are due.
    pub events: u32,
    /// Of those, leased to the caller by the change: to be told at once.
    pub webhooks: Vec<WebhookCall>,
    /// Receipts of submissions not (yet) known, kept for them.
    pub parked: u32,
    /// Receipts that more than one submission answers to, kept and never guessed.
    pub ambiguous: u32,
    /// Receipts that came after their recipient was final and said otherwise: recorded, shown, and
    /// without any effect on state or money.
    pub contradictory: u32,
    /// What was no receipt after all ([`Receipt::unmarked`]): for the caller to record as parts of
    /// messages that came in, before their carrier is told that we have them.
    pub messages: Vec<InboundPart>,
}

#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Leases due chunks to `node` until `lease_until`, as far as it has `room`: lower lanes first,
    /// in a lane every account in turn, of an account the longest due. A chunk whose lease has
    /// passed is due again. Two nodes that claim at once get different chunks and do not wait for
    /// each other.
    ///
    /// Who has been blocked since his message was accepted, for everybody or for its account, is not
    /// handed out: he becomes *blocked*, with all that follows from it, unless a carrier may have his
    /// text already; then he is *submitted*, and a receipt decides, or his time.
    async fn claim_chunks(
        &self,
        node: &str,
        room: ClaimRoom,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claimed, PortError>;

    /// Prolongs the leases of claims (chunk and attempt) that are still this node's; others are
    /// left alone.
    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<(), PortError>;

    /// Frees the leases of a node that starts again, so that it need not wait for them to pass: of
    /// chunks, and of events ([`crate::ports::EventStore`]). Returns how many.
    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64, PortError>;

    /// Records outcomes and ends chunks in one change. Outcomes of a lost lease are recorded too
    /// (the carrier has the parts); their chunk ends are ignored. A receipt that came earlier is
    /// applied. A refusal for [`Reason::Expired`] makes the recipient *expired*, any other *failed*.
    /// A recipient that stayed without the carrier's answer for
    /// [`crate::limits::NO_ANSWERS_MAX`] times is *submitted*: its receipt decides, or its time.
    /// What an earlier carrier took is kept when another one takes it over: its receipts can still
    /// deliver, and fail nothing any more; and until it has said what became of the whole text that it
    /// has, nothing fails or expires for what another one says or does not take. The chunk of an order that is final meanwhile is not
    /// retried. Repeat: harmless.
    ///
    /// With `tell`, the events that this change stores are leased so and returned in
    /// [`Recorded::webhooks`].
    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
        tell: Option<Lease>,
    ) -> Result<Recorded, PortError>;

    /// Records receipts; unknown ones are parked. Carriers use ids again: only submissions younger
    /// than [`crate::limits::PARKED_RECEIPT_AGE_MAX`] are matched, and only receipts parked within
    /// [`crate::limits::EARLY_RECEIPT_AGE_MAX`] are applied to a new submission. Where one id stands
    /// for several submissions, the destination that the receipt names decides, if it is of one of
    /// them alone; otherwise the receipt is ambiguous and decides nothing. Repeat: harmless. `tell`
    /// as for [`MessageStore::record_outcomes`].
    ///
    /// An unmarked receipt counts only for a submission to the number that it comes from, now or
    /// when it is recorded. Where its id is known of other numbers alone it is given back in
    /// [`Recorded::messages`], and parked all the same: the id may be used again.
    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        tell: Option<Lease>,
    ) -> Result<Recorded, PortError>;

    /// What is known of up to `limit` recipients of a message, from index `first` on. Those who are
    /// excluded from a message to many have no way to be traced.
    async fn trace(
        &self,
        message: MessageId,
        first: u32,
        limit: u32,
    ) -> Result<Vec<RecipientTrace>, PortError>;

    /// Ends what waited too long: pending recipients past their validity are *expired* (unless
    /// their chunk is leased), submitted ones past the time for receipts are *timeout*. Also drops
    /// parked receipts older than `parked_before`. At most `limit` messages at once.
    async fn expire(
        &self,
        now: Timestamp,
        parked_before: Timestamp,
        limit: u32,
    ) -> Result<Recorded, PortError>;

    /// Drops what nobody asks for any more and nothing books depend on: orders cancelled without
    /// ever having been paid, with their events, and ended webhook calls, all of them ended before
    /// `before`; and idempotency keys, which are kept shorter by as much as
    /// [`crate::limits::IDEMPOTENCY_KEY_AGE_MAX`] is shorter than [`crate::limits::FORGET_AFTER`]. At
    /// most `limit` rows of each; returns how many rows went.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
