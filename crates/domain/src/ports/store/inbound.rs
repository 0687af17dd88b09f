//! Messages that came in, as they are stored: part by part, joined when all parts are there.

use std::sync::Arc;

use async_trait::async_trait;

use crate::id::InboundId;
use crate::inbound::{InboundMessage, InboundPart, Receivers};
use crate::ports::PortError;
use crate::time::Timestamp;

/// What a change made of parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboundRecorded {
    /// Messages that are whole by it.
    pub complete: u32,
    /// Messages given up waiting for, delivered with a mark.
    pub incomplete: u32,
    /// Parts that had come before.
    pub repeats: u32,
    /// Events stored: webhooks are due.
    pub events: u32,
    /// Joined messages whose parts are known as repeats no longer.
    pub forgotten: u32,
}

#[async_trait]
pub trait InboundStore: Send + Sync {
    /// Stores parts and joins what is complete by them: the message and the event that tells it, in
    /// one change. With each part stands the id of the message that it begins, should it begin one.
    /// Parts come in any order, through any link of a carrier, and more than once; which
    /// of them belong together, and which is a repeat, says [`crate::inbound::place`]. `receivers`
    /// says whose a message is and where it is told.
    ///
    /// When more than [`crate::limits::INBOUND_PARTS_WAITING_MAX`] parts of a carrier wait, its
    /// oldest messages are joined incomplete.
    async fn record_inbound(
        &self,
        parts: Vec<(InboundId, InboundPart)>,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<InboundRecorded, PortError>;

    /// Delivers, with a mark, what has waited for its missing parts since before `waiting_since`, and
    /// forgets parts that were joined longer ago than a carrier repeats them. At most `limit`
    /// messages of each kind at once. Repeat: harmless.
    async fn join_incomplete(
        &self,
        waiting_since: Timestamp,
        receivers: Arc<Receivers>,
        now: Timestamp,
        limit: u32,
    ) -> Result<InboundRecorded, PortError>;

    async fn inbound(&self, id: InboundId) -> Result<Option<InboundMessage>, PortError>;

    /// Messages that came in, newest first; with `before`, those older than it.
    async fn inbound_list(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<InboundMessage>, PortError>;
}
