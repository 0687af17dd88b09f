//! What a message means for the order that pays for it: how far it is, and when it decides the order.

use serde::{Deserialize, Serialize};

use super::MessageState;
use super::recipient::RecipientState;
use crate::sale::order::OrderState;
use crate::state::Outcome;

/// What a buyer sees of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    Created,
    Sent,
    Delivered,
    Failed,
}

impl Progress {
    pub const fn of(recipient: RecipientState) -> Self {
        match recipient {
            RecipientState::Pending => Self::Created,
            RecipientState::Submitted => Self::Sent,
            RecipientState::Success => Self::Delivered,
            RecipientState::Failed
            | RecipientState::Invalid
            | RecipientState::Blocked
            | RecipientState::Expired
            | RecipientState::Timeout => Self::Failed,
        }
    }

    /// What the buyer of an order sees. An order that was settled without a receipt stays *sent* when
    /// none comes later either.
    pub const fn of_order(recipient: RecipientState, order: OrderState) -> Self {
        match recipient {
            RecipientState::Timeout if order.is_fulfilled() => Self::Sent,
            _ => Self::of(recipient),
        }
    }

    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed)
    }
}

impl MessageState {
    /// `None` while it can still become either. A cancelled message decides nothing: the order that
    /// cancelled it was decided before.
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Sent => Some(Outcome::Fulfilled),
            Self::Failed => Some(Outcome::CannotBeFulfilled),
            Self::Scheduled | Self::Pending | Self::Cancelled => None,
        }
    }
}
