//! Inbound messages in the store: stored by part, and joined when complete.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::id::{AccountId, InboundId};
use crate::inbound::keyword::Word;
use crate::inbound::{InboundMessage, InboundPart, Receivers};
use crate::ports::{PortError, UnreadReceipt};
use crate::time::Timestamp;

/// The effects of a change with parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboundRecorded {
    /// Messages that were completed.
    pub complete: u32,
    /// Messages joined without overdue parts.
    pub incomplete: u32,
    /// Parts that were repeats.
    pub repeats: u32,
    /// Events stored, due at once.
    pub events: u32,
    /// Replies to keywords stored, due at once.
    pub replies: u32,
    /// Joined messages whose parts are deleted: repeats are no longer recognised.
    pub forgotten: u32,
    /// Loans that a message came for.
    pub loans: Vec<Uuid>,
}

/// A message of an account, as its inbox shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    pub message: InboundMessage,
    /// The query door's id.
    pub sms_id: Option<u64>,
    /// The account's keyword that the message began with.
    pub keyword: Option<Word>,
}

#[async_trait]
pub trait InboundStore: Send + Sync {
    /// Stores parts, and joins complete messages: the message and its event in one change. Each
    /// part comes with an id for the message that it may begin. Parts arrive in any order, through
    /// any link of a carrier, and repeatedly; [`crate::inbound::place`] decides which belong
    /// together and which are repeats. `receivers` maps each number to its owner and the target of
    /// its events. A message that begins with an account's keyword is that account's; if the keyword
    /// has a reply, it is stored as due in the same change, at most
    /// [`crate::limits::KEYWORD_REPLIES_PER_HOUR_MAX`] for a sender, keyword and hour.
    ///
    /// A text to a number on loan becomes a message of the loan in the same change, and of no
    /// account; it makes no event.
    ///
    /// When more than [`crate::limits::INBOUND_PARTS_WAITING_MAX`] parts of a carrier wait, its
    /// oldest messages are joined incomplete.
    async fn record_inbound(
        &self,
        parts: Vec<(InboundId, InboundPart)>,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<InboundRecorded, PortError>;

    /// Joins messages that have waited for parts since before `waiting_since`, marked incomplete,
    /// and deletes parts joined so long ago that the carrier no longer repeats them. At most
    /// `limit` messages of each kind. Idempotent.
    async fn join_incomplete(
        &self,
        waiting_since: Timestamp,
        receivers: Arc<Receivers>,
        now: Timestamp,
        limit: u32,
    ) -> Result<InboundRecorded, PortError>;

    /// Keeps receipts that cannot be read, each with an id in the order of time: the newest
    /// [`crate::limits::UNREAD_RECEIPTS_MAX`] of each carrier.
    async fn keep_unread_receipts(
        &self,
        receipts: Vec<(InboundId, UnreadReceipt)>,
    ) -> Result<(), PortError>;

    /// Receipts that cannot be read, newest first; with `before`, only older ones.
    async fn unread_receipts(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<(InboundId, UnreadReceipt)>, PortError>;

    async fn inbound(&self, id: InboundId) -> Result<Option<InboundMessage>, PortError>;

    /// Inbound messages, newest first; with `before`, only older ones.
    async fn inbound_list(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<InboundMessage>, PortError>;

    /// Messages of an account, newest first; with `before`, only older ones.
    async fn received(
        &self,
        account: AccountId,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<ReceivedMessage>, PortError>;
}
