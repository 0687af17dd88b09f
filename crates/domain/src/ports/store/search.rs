//! Operators' searches across accounts, and lists by page. Every page continues from a key, never
//! from an offset; the number of rows that a call reads is bounded for any filter.

use async_trait::async_trait;

use crate::account::{Account, Balance, Key};
use crate::id::{AccountId, KeyId, MessageId, OrderId};
use crate::message::MessageState;
use crate::message::campaign::{BulkMessage, BulkRecipient};
use crate::message::recipient::RecipientState;
use crate::number::{Msisdn, SenderId};
use crate::ports::PortError;
use crate::time::Timestamp;

/// When messages were accepted: `from` inclusive, `before` exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// A search in the messages of all accounts, orders and campaigns, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageSearch {
    pub account: Option<AccountId>,
    pub state: Option<MessageState>,
    pub period: Period,
    /// Only messages older than this one.
    pub before: Option<MessageId>,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMessage {
    pub id: MessageId,
    /// `None` for a campaign.
    pub order: Option<OrderId>,
    pub account: Option<AccountId>,
    pub sender: Option<SenderId>,
    pub parts: u16,
    pub state: MessageState,
    pub recipients: u32,
    pub pending: u32,
    pub finals: u32,
    pub delivered: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessagesFound {
    pub messages: Vec<FoundMessage>,
    /// The last message that was read, when there are more.
    pub next: Option<MessageId>,
}

/// A search in recipients: messages newest first, their recipients by index.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecipientSearch {
    pub number: Option<Msisdn>,
    pub message: Option<MessageId>,
    pub account: Option<AccountId>,
    pub state: Option<RecipientState>,
    pub period: Period,
    /// The first recipient to read.
    pub at: Option<(MessageId, u32)>,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRecipient {
    pub message: MessageId,
    pub order: Option<OrderId>,
    pub account: Option<AccountId>,
    /// When its message was accepted.
    pub created_at: Timestamp,
    pub recipient: BulkRecipient,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipientsFound {
    pub recipients: Vec<FoundRecipient>,
    /// The first recipient that was not read, when there are more.
    pub next: Option<(MessageId, u32)>,
}

#[async_trait]
pub trait SearchStore: Send + Sync {
    /// Accounts by id, after this one, with their balances.
    async fn account_page(
        &self,
        after: AccountId,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>, PortError>;

    /// Keys of one account or of all, by id, after this one.
    async fn key_page(
        &self,
        account: Option<AccountId>,
        after: KeyId,
        limit: u32,
    ) -> Result<Vec<Key>, PortError>;

    /// An account's campaigns, newest first, older than `before`.
    async fn bulk_page(
        &self,
        account: AccountId,
        state: Option<MessageState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<BulkMessage>, PortError>;

    /// Reads at most [`crate::limits::SEARCH_LOOKED_AT_MAX`] messages, and returns where to
    /// continue.
    async fn find_messages(&self, search: MessageSearch) -> Result<MessagesFound, PortError>;

    /// Reads at most [`crate::limits::SEARCH_LOOKED_AT_MAX`] recipients, where a message counts as
    /// five, and returns where to continue.
    async fn find_recipients(&self, search: RecipientSearch) -> Result<RecipientsFound, PortError>;
}
