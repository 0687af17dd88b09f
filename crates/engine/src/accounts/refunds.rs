//! Manual refunds: the charge of an order or a campaign is returned as credit to its account.

use domain::account::operator::Actor;
use domain::id::{AccountId, MessageId, OrderId};
use domain::limits::NOTE_CHARS_MAX;
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::ports::{Charge, NewRefund, NotRefunded, PortError, Refund, Refunded};

use super::Accounts;
use crate::ids::long_id;

/// A refund, and whether it repeats an earlier request with the same idempotency key.
#[derive(Debug)]
pub struct GivenBack {
    pub refund: Refund,
    pub is_repeat: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    #[error("there is no such order, message or recipient")]
    NoSuchCharge,
    #[error("must say why, in 1 to {NOTE_CHARS_MAX} characters")]
    Note,
    #[error("must be at least 1; leave it out for all that is left")]
    Amount,
    #[error("the idempotency key came before, with another request")]
    KeyReused,
    #[error(transparent)]
    NotRefunded(NotRefunded),
    #[error("the refund could not be stored")]
    Store(#[from] PortError),
}

impl Accounts {
    /// Refunds `amount` of an order's charge; `None` refunds the rest.
    pub async fn refund_order(
        &self,
        order: OrderId,
        amount: Option<Msat>,
        note: String,
        idempotency: Idempotency,
        by: Actor,
    ) -> Result<GivenBack, RefundError> {
        self.refund(Charge::Order(order), amount, note, idempotency, by).await
    }

    /// Refunds a campaign of this account, as a whole or one recipient by index.
    pub async fn refund_message(
        &self,
        (account, message): (AccountId, MessageId),
        recipient: Option<u32>,
        amount: Option<Msat>,
        note: String,
        idempotency: Idempotency,
        by: Actor,
    ) -> Result<GivenBack, RefundError> {
        if self.store.bulk(account, message).await?.is_none() {
            return Err(RefundError::NoSuchCharge);
        }
        self.refund(charge(message, recipient), amount, note, idempotency, by).await
    }

    async fn refund(
        &self,
        of: Charge,
        amount: Option<Msat>,
        note: String,
        idempotency: Idempotency,
        by: Actor,
    ) -> Result<GivenBack, RefundError> {
        if note.trim().is_empty() || note.chars().count() > NOTE_CHARS_MAX {
            return Err(RefundError::Note);
        }
        if amount.is_some_and(|amount| amount <= Msat::ZERO) {
            return Err(RefundError::Amount);
        }
        let now = self.clock.now();
        let id = long_id(&*self.random, now);
        let new = NewRefund { id, of, amount, note, idempotency };
        match self.store.refund(new, by, now).await? {
            Refunded::Done(refund) => Ok(GivenBack { refund, is_repeat: false }),
            Refunded::Repeat(refund) => Ok(GivenBack { refund, is_repeat: true }),
            Refunded::KeyReused => Err(RefundError::KeyReused),
            Refunded::Not(why) => Err(RefundError::NotRefunded(why)),
            Refunded::NoSuchCharge => Err(RefundError::NoSuchCharge),
        }
    }

    /// Refunds of an order by number, after `after`. `None` when there is no such order.
    pub async fn order_refunds(
        &self,
        order: OrderId,
        after: u32,
        limit: u32,
    ) -> Result<Option<Vec<Refund>>, PortError> {
        if self.store.order(order).await?.is_none() {
            return Ok(None);
        }
        self.store.refunds(Charge::Order(order), after, limit).await.map(Some)
    }

    /// Refunds of a campaign of this account, or of one of its recipients.
    pub async fn message_refunds(
        &self,
        (account, message): (AccountId, MessageId),
        recipient: Option<u32>,
        after: u32,
        limit: u32,
    ) -> Result<Option<Vec<Refund>>, PortError> {
        if self.store.bulk(account, message).await?.is_none() {
            return Ok(None);
        }
        self.store.refunds(charge(message, recipient), after, limit).await.map(Some)
    }
}

fn charge(message: MessageId, recipient: Option<u32>) -> Charge {
    recipient.map_or(Charge::Message(message), |index| Charge::Recipient(message, index))
}
