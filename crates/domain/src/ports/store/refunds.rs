//! Manual refunds in the store: the charge of an order or a campaign becomes credit of its account.
//! Audited in the same commit.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::id::{AccountId, MessageId, OrderId};
use crate::message::campaign::Idempotency;
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// What a refund is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Charge {
    Order(OrderId),
    /// A whole campaign.
    Message(MessageId),
    /// One recipient of a campaign, by index: its last try only.
    Recipient(MessageId, u32),
}

#[derive(Debug, Clone)]
pub struct NewRefund {
    /// Id of the transfer; the caller generates it.
    pub id: [u8; 32],
    pub of: Charge,
    /// Positive; `None` refunds the rest.
    pub amount: Option<Msat>,
    /// The reason, 1 to [`crate::limits::NOTE_CHARS_MAX`] characters.
    pub note: String,
    /// Unique among the refunds of the order or message; never deleted.
    pub idempotency: Idempotency,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub id: [u8; 32],
    /// From 1, among the refunds of the order or message.
    pub number: u32,
    pub recipient: Option<u32>,
    /// The account that was credited.
    pub account: AccountId,
    pub amount: Msat,
    pub note: String,
    pub by: Actor,
    pub at: Timestamp,
}

/// Why a refund was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRefunded {
    #[error("nothing was charged for it")]
    NotCharged,
    #[error("it is not charged yet: what becomes of it decides that")]
    NotYetCharged,
    #[error(
        "it was paid over Lightning and has no account: a settled invoice cannot be returned, and \
         there is nobody to give credit to"
    )]
    NoAccount,
    #[error("it bought credit, and the account has that")]
    IsCredit,
    #[error("{} msat of its charge are left to give back", left.get())]
    TooMuch { left: Msat },
}

/// The result of a refund. Unless it is [`Refunded::Done`], nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    Done(Refund),
    /// The same request was done before; its result.
    Repeat(Refund),
    /// Another request has used this idempotency key.
    KeyReused,
    Not(NotRefunded),
    /// No such order, campaign or recipient.
    NoSuchCharge,
}

/// Money of an order or a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged {
    /// The account that a refund is credited to, if any.
    pub account: Option<AccountId>,
    /// The part of its price that was kept, by the ledger.
    pub charged: Msat,
    /// Manual refunds so far.
    pub refunded: Msat,
}

#[async_trait]
pub trait RefundStore: Send + Sync {
    /// Refunds at most what was charged and not refunded yet. Serialized with other refunds and
    /// with the decision of the charge.
    async fn refund(
        &self,
        new: NewRefund,
        by: Actor,
        now: Timestamp,
    ) -> Result<Refunded, PortError>;

    /// `None` when it does not exist.
    async fn charged(&self, of: Charge) -> Result<Option<Charged>, PortError>;

    /// Refunds of an order or a campaign by number, after `after`; of a recipient only its own.
    async fn refunds(&self, of: Charge, after: u32, limit: u32) -> Result<Vec<Refund>, PortError>;
}
