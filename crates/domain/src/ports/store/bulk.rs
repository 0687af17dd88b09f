//! Messages to many as they are stored: accepted whole, cancelled before their start, tried again
//! after their end, looked at page by page.

use std::sync::Arc;

use async_trait::async_trait;

use crate::id::{AccountId, MessageId};
use crate::message::MessageState;
use crate::message::campaign::{BulkMessage, BulkRecipient, Idempotency, NewBulk};
use crate::message::recipient::RecipientState;
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// What became of a request that spends credit. Unless it is [`Spent::Done`], nothing was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// What was asked is stored: `price` is reserved for `recipients` of `message`.
    Done {
        message: MessageId,
        recipients: u32,
        price: Msat,
    },
    /// The same request came before and was done; what it did.
    Repeat {
        message: MessageId,
        recipients: u32,
        price: Msat,
    },
    /// Another request came before with this idempotency key.
    KeyReused,
    Insufficient {
        price: Msat,
        available: Msat,
    },
    /// It would be more than the account may spend on a day
    /// ([`crate::account::AccountSettings::spend_per_day`]), of which this is `left`.
    OverDailyLimit {
        price: Msat,
        left: Msat,
    },
}

/// Another try of those who did not get a message.
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
    /// It has not ended yet, or was cancelled: nothing was stored.
    NotEnded(MessageState),
    /// Everybody got it, or is excluded.
    NothingToRetry,
    NoSuchMessage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelBulk {
    /// Nothing of it was sent, and all of it was given back.
    Cancelled {
        refunded: Msat,
    },
    /// It is not cancelled, and this is why: *pending* and *scheduled* messages that were started,
    /// ended ones, and the one cancelled before.
    Not {
        state: MessageState,
        was_scheduled: bool,
    },
    NoSuchMessage,
}

/// Which messages of an account, newest first.
#[derive(Debug, Clone, Default)]
pub struct BulkList {
    pub states: Vec<MessageState>,
    /// Messages left out at the beginning.
    pub offset: u64,
    pub limit: u32,
}

/// Which recipients of a message, by index.
#[derive(Debug, Clone, Default)]
pub struct RecipientList {
    /// In any of these states; none given: in any.
    pub states: Vec<RecipientState>,
    /// The first index that is looked at.
    pub first: u32,
    pub limit: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipientPage {
    pub recipients: Vec<BulkRecipient>,
    /// The first index that was not looked at; `None` at the end.
    pub next: Option<u32>,
}

#[async_trait]
pub trait BulkStore: Send + Sync {
    /// Stores a message to many with its reservation and its queue, whole or not at all.
    /// [`PortError::Conflict`] when the message exists.
    async fn add_bulk(&self, new: Arc<NewBulk>) -> Result<Spent, PortError>;

    /// What an earlier request with this key did ([`Spent::Repeat`] or [`Spent::KeyReused`]), so that
    /// a repeat is answered without being looked at again.
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

    /// A page of an account's messages, and how many there are on all pages.
    async fn bulk_list(
        &self,
        account: AccountId,
        list: BulkList,
    ) -> Result<(Vec<BulkMessage>, u64), PortError>;

    /// A page of a message's recipients. The work is bounded, whatever the page: of a rare state it
    /// looks at [`crate::limits::RECIPIENTS_LOOKED_AT_MAX`] recipients and says where to go on.
    async fn bulk_recipients(
        &self,
        message: MessageId,
        list: RecipientList,
    ) -> Result<RecipientPage, PortError>;

    /// Cancels a message that was scheduled and has not started: against a start at the same moment
    /// exactly one of the two wins.
    async fn cancel_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<CancelBulk, PortError>;

    /// Makes those who failed, expired or timed out *pending* again, for a new reservation of their
    /// prices. What earlier tries left at carriers is forgotten: a receipt of theirs decides nothing.
    async fn retry_bulk(&self, retry: Retry, now: Timestamp) -> Result<RetryOutcome, PortError>;

    /// Stops or goes on handing over; what a carrier has, or is being handed, stays with it. Its
    /// validity passes meanwhile. False when there is no such message, or it has ended. A repeat
    /// changes nothing.
    async fn pause_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        paused: bool,
        now: Timestamp,
    ) -> Result<bool, PortError>;
}
