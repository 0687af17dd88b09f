//! Campaigns in the store: accepted as a whole, cancelled before their start, retried after their
//! end, and read by page.

use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{AccountId, MessageId};
use crate::message::MessageState;
use crate::message::campaign::{BulkMessage, BulkRecipient, Idempotency, NewBulk};
use crate::message::recipient::RecipientState;
use crate::money::Msat;
use crate::ports::PortError;
use crate::text::Text;
use crate::time::Timestamp;

/// The result of a request that spends credit. Unless it is [`Spent::Done`], nothing was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// The request is stored: `price` is reserved for `recipients` of `message`.
    Done {
        message: MessageId,
        recipients: u32,
        price: Msat,
    },
    /// The same request was stored before; its result.
    Repeat {
        message: MessageId,
        recipients: u32,
        price: Msat,
    },
    /// Another request has used this idempotency key.
    KeyReused,
    Insufficient {
        price: Msat,
        available: Msat,
    },
    /// More than the account may spend in a day
    /// ([`crate::account::AccountSettings::spend_per_day`]); `left` is what it may still spend
    /// today.
    OverDailyLimit {
        price: Msat,
        left: Msat,
    },
}

/// A retry of the recipients that a campaign did not reach.
#[derive(Debug, Clone)]
pub struct Retry {
    pub account: AccountId,
    pub message: MessageId,
    pub valid_until: Timestamp,
    pub receipts_until: Timestamp,
    pub idempotency: Option<Idempotency>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryOutcome {
    Spent(Spent),
    /// It has not ended, or was cancelled: nothing was stored.
    NotEnded(MessageState),
    /// Every recipient was reached, or is excluded.
    NothingToRetry,
    /// It belongs to an order, which is decided only once.
    OfOrder,
    NoSuchMessage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelBulk {
    /// Nothing was sent, and the whole price was returned.
    Cancelled {
        refunded: Msat,
    },
    /// It was not cancelled by this call, because of its state: it has started, has ended, or was
    /// cancelled before.
    Not {
        state: MessageState,
        was_scheduled: bool,
    },
    NoSuchMessage,
}

/// A page of an account's messages, orders and campaigns alike, newest first.
#[derive(Debug, Clone, Default)]
pub struct BulkList {
    /// `None`: any state.
    pub state: Option<MessageState>,
    /// Messages to skip.
    pub offset: u64,
    pub limit: u32,
}

/// A page of a campaign's recipients, by index.
#[derive(Debug, Clone, Default)]
pub struct RecipientList {
    /// Only these states; empty: any.
    pub states: Vec<RecipientState>,
    /// The first index to read.
    pub first: u32,
    pub limit: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipientPage {
    pub recipients: Vec<BulkRecipient>,
    /// The first index that was not read; `None` at the end.
    pub next: Option<u32>,
}

#[async_trait]
pub trait BulkStore: Send + Sync {
    /// Stores a campaign with its reservation and its chunks, whole or not at all.
    /// [`PortError::Conflict`] when the message exists.
    async fn add_bulk(&self, new: Arc<NewBulk>) -> Result<Spent, PortError>;

    /// The result of an earlier request with this key ([`Spent::Repeat`] or [`Spent::KeyReused`]), so
    /// that a repeat is answered without validating it again.
    async fn spent(
        &self,
        account: AccountId,
        idempotency: Idempotency,
    ) -> Result<Option<Spent>, PortError>;

    async fn bulk(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<BulkMessage>, PortError>;

    /// Takes `count` ids of the query door in a row and returns the first. They are never handed out again,
    /// whatever becomes of them; a repeat takes others. [`PortError::Refused`] beyond
    /// [`crate::limits::SMS_ID_MAX`].
    async fn take_sms_ids(&self, count: u32) -> Result<u64, PortError>;

    /// The campaign of an account in which a recipient has this id of the query door, and the recipient's
    /// index.
    async fn bulk_by_sms_id(
        &self,
        account: AccountId,
        sms_id: u64,
    ) -> Result<Option<(BulkMessage, u32)>, PortError>;

    /// The texts of recipients, by message and index, in the order of the request, with their parts. `None` of
    /// one that has no text of its own.
    async fn own_texts(
        &self,
        recipients: Vec<(MessageId, u32)>,
    ) -> Result<Vec<Option<(Text, u16)>>, PortError>;

    /// The account in whose list a message is, if any.
    async fn bulk_owner(&self, message: MessageId) -> Result<Option<AccountId>, PortError>;

    /// A page of an account's campaigns, and how many there are on all pages.
    async fn bulk_list(
        &self,
        account: AccountId,
        list: BulkList,
    ) -> Result<(Vec<BulkMessage>, u64), PortError>;

    /// A page of a campaign's recipients. The work is bounded: for a rare state it reads
    /// [`crate::limits::RECIPIENTS_LOOKED_AT_MAX`] recipients and returns where to continue.
    async fn bulk_recipients(
        &self,
        message: MessageId,
        list: RecipientList,
    ) -> Result<RecipientPage, PortError>;

    /// Cancels a campaign that was scheduled and has not started. If it starts at the same moment,
    /// exactly one of the two wins.
    async fn cancel_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<CancelBulk, PortError>;

    /// Makes recipients that failed, expired or timed out *pending* again, for a new reservation of
    /// their prices. A receipt for a part of an earlier try decides nothing.
    async fn retry_bulk(&self, retry: Retry, now: Timestamp) -> Result<RetryOutcome, PortError>;

    /// Pauses or resumes a campaign. Submissions at a carrier, or on the way to it, are not
    /// affected, and the validity continues to run. False when there is no such campaign, or it has
    /// ended. Idempotent.
    async fn pause_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        paused: bool,
        now: Timestamp,
    ) -> Result<bool, PortError>;
}
