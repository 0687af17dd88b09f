//! What support reads: the trace of a message's recipients with their tries and parts at carriers, why
//! recipients wait, and how many do.

use async_trait::async_trait;

use crate::id::{AccountId, MessageId, OrderId};
use crate::message::door::Door;
use crate::message::failed_try::FailedTry;
use crate::message::parts::PartState;
use crate::message::recipient::RecipientState;
use crate::message::waiting::Waiting;
use crate::message::{Address, Lane};
use crate::ports::{PortError, ReceiptState};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

/// What the traces of a message's recipients have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedMessage {
    pub id: MessageId,
    /// `None` for a campaign.
    pub order: Option<OrderId>,
    pub account: Option<AccountId>,
    pub door: Option<Door>,
    pub created_at: Timestamp,
    pub valid_until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientTrace {
    pub index: u32,
    pub to: Address,
    pub state: RecipientState,
    pub reason: Option<Reason>,
    /// The carrier's own code for the reason.
    pub code: Option<String>,
    /// As in [`crate::ports::ClaimedRecipient::tried`].
    pub tried: Vec<CarrierName>,
    pub updated_at: Timestamp,
    /// Those that failed, in order.
    pub tries: Vec<FailedTry>,
    /// In the order in which carriers took them.
    pub parts: Vec<PartTrace>,
}

/// A part that a carrier accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartTrace {
    pub carrier: CarrierName,
    /// The carrier's id of the part.
    pub carrier_id: String,
    /// From 1, of `parts` that the text has at this carrier.
    pub part: u16,
    pub parts: u16,
    /// The claim that submitted it, counted from 1 in each paid try.
    pub attempt: u32,
    /// The carrier's link that took it, from 1; `None` where links have no numbers, and for what an
    /// earlier release submitted.
    pub link: Option<u16>,
    /// As decided by the first final receipt, at `decided_at`.
    pub state: PartState,
    pub code: Option<String>,
    pub taken_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// The last receipt that did not decide the part.
    pub noted: Option<NotedReceipt>,
}

/// A receipt that did not decide its part: intermediate, or later than the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedReceipt {
    pub state: ReceiptState,
    pub code: Option<String>,
    pub at: Timestamp,
}

/// Recipients that wait for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogPart {
    pub lane: Lane,
    /// As their chunks say; `None` when nothing put them off.
    pub reason: Option<Reason>,
    /// They are due: nothing but their turn, or a link, keeps them.
    pub is_due: bool,
    /// The carrier that put them off; `None` when none did, or it is not known.
    pub carrier: Option<CarrierName>,
    pub recipients: u64,
    /// When the oldest message among them was accepted.
    pub oldest: Timestamp,
}

/// Webhook calls that have not ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitingEvents {
    pub events: u64,
    pub oldest: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    pub parts: Vec<BacklogPart>,
    pub events: WaitingEvents,
}

#[async_trait]
pub trait TraceStore: Send + Sync {
    async fn traced_message(&self, message: MessageId) -> Result<Option<TracedMessage>, PortError>;

    /// The trace of up to `limit` recipients of a message, from index `first` on, with their failed
    /// tries and their parts at carriers. Without excluded recipients of a campaign.
    async fn trace(
        &self,
        message: MessageId,
        first: u32,
        limit: u32,
    ) -> Result<Vec<RecipientTrace>, PortError>;

    /// What each of these recipients waits for, in order; `None` without such a message.
    async fn waiting(
        &self,
        recipients: Vec<(MessageId, u32)>,
    ) -> Result<Vec<Option<Waiting>>, PortError>;

    /// Counts what waits, from at most [`crate::limits::BACKLOG_COUNTED_MAX`] chunks and as many
    /// events. Of a message whose chunks wait for several reasons each counts its pending recipients
    /// at most.
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, PortError>;
}
