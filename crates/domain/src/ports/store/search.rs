//! What operators look for across accounts, and lists of theirs by page. Every page goes on from a key,
//! never from a count; how much a call looks at is bounded, whatever is asked for.

use async_trait::async_trait;

use crate::account::{Account, Balance, Key};
use crate::id::{AccountId, KeyId, MessageId, OrderId};
use crate::message::MessageState;
use crate::message::campaign::{BulkMessage, BulkRecipient};
use crate::message::recipient::RecipientState;
use crate::number::{Msisdn, SenderId};
use crate::ports::PortError;
use crate::time::Timestamp;

/// When messages were accepted: from `from` on, before `until`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Which messages of all accounts, newest first: such of orders, and such to many.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageSearch {
    pub account: Option<AccountId>,
    pub state: Option<MessageState>,
    pub period: Period,
    /// Those older than this one.
    pub before: Option<MessageId>,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMessage {
    pub id: MessageId,
    /// `None`: it is to many.
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
    /// The last that was looked at, when there are more.
    pub next: Option<MessageId>,
}

/// Which recipients: messages newest first, their recipients by index.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecipientSearch {
    pub number: Option<Msisdn>,
    pub message: Option<MessageId>,
    pub account: Option<AccountId>,
    pub state: Option<RecipientState>,
    pub period: Period,
    /// The first that is looked at.
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
    /// The first that was not looked at, when there are more.
    pub next: Option<(MessageId, u32)>,
}

#[async_trait]
pub trait SearchStore: Send + Sync {
    /// By id, those after this one, with what they have.
    async fn account_page(
        &self,
        after: AccountId,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>, PortError>;

    /// Of one account or of all, by id, those after this one.
    async fn key_page(
        &self,
        account: Option<AccountId>,
        after: KeyId,
        limit: u32,
    ) -> Result<Vec<Key>, PortError>;

    /// An account's campaigns, newest first, those older than `before`.
    async fn bulk_page(
        &self,
        account: AccountId,
        state: Option<MessageState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<BulkMessage>, PortError>;

    /// Looks at no more than [`crate::limits::SEARCH_LOOKED_AT_MAX`] messages, and says where to go on.
    async fn find_messages(&self, search: MessageSearch) -> Result<MessagesFound, PortError>;

    /// Looks at no more than [`crate::limits::SEARCH_LOOKED_AT_MAX`] recipients, a message counted as
    /// five, and says where to go on.
    async fn find_recipients(&self, search: RecipientSearch) -> Result<RecipientsFound, PortError>;
}
