//! Money that an operator gives back by hand, as it is stored: of what an order or a campaign
//! was charged, as credit of its account. Audited in the same commit.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::id::{AccountId, MessageId, OrderId};
use crate::message::campaign::Idempotency;
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// Of what money is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Charge {
    Order(OrderId),
    /// To many, whole.
    Message(MessageId),
    /// One recipient of a campaign, by index: of its last try alone.
    Recipient(MessageId, u32),
}

#[derive(Debug, Clone)]
pub struct NewRefund {
    /// Of its transfer; the caller draws it.
    pub id: [u8; 32],
    pub of: Charge,
    /// More than nothing; `None` is all that is left.
    pub amount: Option<Msat>,
    /// Why, in 1 to [`crate::limits::NOTE_CHARS_MAX`] characters.
    pub note: String,
    /// Known again among the refunds of the same order or message, for ever.
    pub idempotency: Idempotency,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub id: [u8; 32],
    /// From 1, among those of the same order or message.
    pub number: u32,
    pub recipient: Option<u32>,
    /// Whose credit it became.
    pub account: AccountId,
    pub amount: Msat,
    pub note: String,
    pub by: Actor,
    pub at: Timestamp,
}

/// Why nothing is given back.
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

/// What became of a refund. Unless it is [`Refunded::Done`], nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    Done(Refund),
    /// The same request came before and was done; what it did.
    Repeat(Refund),
    /// Another request came before with this idempotency key.
    KeyReused,
    Not(NotRefunded),
    /// No such order, campaign, or recipient of it.
    NoSuchCharge,
}

/// An order or a campaign as money sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged {
    /// Who gets what is given back, if anybody can.
    pub account: Option<AccountId>,
    /// By the ledger: what was kept of its price.
    pub charged: Msat,
    /// Given back by hand since.
    pub refunded: Msat,
}

#[async_trait]
pub trait RefundStore: Send + Sync {
    /// Gives back at most what was charged and not given back yet. Against what is decided at the same
    /// moment, and against another refund: one after the other.
    async fn refund(
        &self,
        new: NewRefund,
        by: Actor,
        now: Timestamp,
    ) -> Result<Refunded, PortError>;

    /// `None` when there is no such thing.
    async fn charged(&self, of: Charge) -> Result<Option<Charged>, PortError>;

    /// Those of an order or a campaign, first to last; those after the one of number `after`.
    /// Of a recipient: only its own.
    async fn refunds(&self, of: Charge, after: u32, limit: u32) -> Result<Vec<Refund>, PortError>;
}
