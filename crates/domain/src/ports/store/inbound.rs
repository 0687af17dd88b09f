//! Inbound messages in the store: part by part, joined when all parts are there.

use std::sync::Arc;

use async_trait::async_trait;

use crate::id::InboundId;
use crate::inbound::{InboundMessage, InboundPart, Receivers};
use crate::ports::PortError;
use crate::time::Timestamp;

/// What a change did with parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboundRecorded {
    /// Messages that it completed.
    pub complete: u32,
    /// Messages that waited too long for parts and were joined without them.
    pub incomplete: u32,
    /// Parts that were repeats.
    pub repeats: u32,
    /// Events stored, due at once.
    pub events: u32,
    /// Joined messages whose parts are deleted: a repeat is not recognised any more.
    pub forgotten: u32,
}

#[async_trait]
pub trait InboundStore: Send + Sync {
    /// Stores parts, and joins what they complete: the message and its event, in one change. Each part
    /// comes with an id for the message that it may begin. Parts come in any order, through any link of
    /// a carrier, and more than once; which of them belong together, and which is a repeat, is decided
    /// by [`crate::inbound::place`]. `receivers` has the owner of each number, and where its events go.
    ///
    /// When more than [`crate::limits::INBOUND_PARTS_WAITING_MAX`] parts of a carrier wait, its
    /// oldest messages are joined incomplete.
    async fn record_inbound(
        &self,
        parts: Vec<(InboundId, InboundPart)>,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<InboundRecorded, PortError>;

    /// Joins, marked as incomplete, what has waited for parts since before `waiting_since`, and deletes
    /// parts that were joined longer ago than a carrier repeats them. At most `limit` messages of each
    /// kind at once. Repeat: harmless.
    async fn join_incomplete(
        &self,
        waiting_since: Timestamp,
        receivers: Arc<Receivers>,
        now: Timestamp,
        limit: u32,
    ) -> Result<InboundRecorded, PortError>;

    async fn inbound(&self, id: InboundId) -> Result<Option<InboundMessage>, PortError>;

    /// Inbound messages, newest first; with `before`, those older than it.
    async fn inbound_list(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<InboundMessage>, PortError>;
}
