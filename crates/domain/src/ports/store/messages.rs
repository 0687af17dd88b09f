//! Messages as they are stored: queued in chunks, claimed, and followed to their ends.

use std::sync::Arc;

use async_trait::async_trait;

use crate::message::{Address, Content};
use crate::ports::{Outcome, PortError, Receipt};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId(pub i64);

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
    /// Parts (from 1) that a carrier already took, and which carrier that was.
    pub accepted: Vec<u16>,
    pub accepted_by: Option<CarrierName>,
}

/// What happens to a claimed chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    /// Every recipient has an outcome.
    Done,
    /// Those still pending are tried again at `at`; `reason` is shown with them.
    Retry { at: Timestamp, reason: Reason },
}

/// What a change set in motion, so that the right worker is woken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// Receipts of submissions not (yet) known, kept for them.
    pub parked: u32,
}

#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Leases up to `limit` due chunks to `node` until `lease_until`: lower lanes first, then by
    /// due time. A chunk whose lease has passed is due again.
    async fn claim_chunks(
        &self,
        node: &str,
        limit: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedChunk>, PortError>;

    /// Prolongs the leases of claims (chunk and attempt) that are still this node's; others are
    /// left alone.
    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<(), PortError>;

    /// Frees the leases of a node that starts again, so that it need not wait for them to pass.
    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64, PortError>;

    /// Records outcomes and ends chunks in one change. Outcomes of a lost lease are recorded too
    /// (the carrier has the parts); their chunk ends are ignored. A receipt that came earlier is
    /// applied. A refusal for [`Reason::Expired`] makes the recipient *expired*, any other *failed*.
    /// A recipient that stayed without the carrier's answer for
    /// [`crate::limits::NO_ANSWERS_MAX`] times is *submitted*: its receipt decides, or its time.
    /// A part taken by another carrier than the one recorded replaces it. The chunk of an order
    /// that is final meanwhile is not retried. Repeat: harmless.
    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
    ) -> Result<Recorded, PortError>;

    /// Records receipts; unknown ones are parked. Carriers use ids again: only submissions younger
    /// than [`crate::limits::PARKED_RECEIPT_AGE_MAX`] are matched, and only receipts parked within
    /// [`crate::limits::EARLY_RECEIPT_AGE_MAX`] are applied to a new submission. Repeat: harmless.
    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
    ) -> Result<Recorded, PortError>;

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
    /// `before`. At most `limit` rows of each; returns how many rows went.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
