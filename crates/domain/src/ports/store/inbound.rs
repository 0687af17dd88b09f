//! Messages that came in, as they are stored: part by part, joined when all parts are there.

use async_trait::async_trait;

use crate::inbound::InboundPart;
use crate::ports::{PortError, Recorded};
use crate::time::Timestamp;

#[async_trait]
pub trait InboundStore: Send + Sync {
    /// Stores parts and joins what is complete by them: the message and the event that tells it, in
    /// one change. Parts come in any order, through any link of a carrier, and more than once.
    async fn record_inbound(
        &self,
        parts: Vec<InboundPart>,
        now: Timestamp,
    ) -> Result<Recorded, PortError>;

    /// Delivers, with a mark, what has waited for its missing parts since before `waiting_since`. At
    /// most `limit` messages at once.
    async fn join_incomplete(
        &self,
        waiting_since: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<Recorded, PortError>;
}
