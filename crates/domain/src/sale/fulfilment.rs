//! What an order buys, and how far that is.
//!
//! | fulfilment | fulfilled when | cannot be fulfilled when | the rule is in |
//! |---|---|---|---|
//! | message | a recipient got it, or a carrier took it and no receipt came in time | every recipient is final and none got it | [`crate::message::progress`] |
//! | activation | a code came | there is no number, or no code came in time | [`crate::activation::state`] |
//! | rental | a message came, or it was kept for 20 minutes | there is no number, or it was cancelled before | [`crate::activation::rental`] |
//! | credit | the payment is held | never | [`super::change`] |
//!
//! Hold, settle, cancel and refund do not know these rules. They see an
//! [`Outcome`](crate::state::Outcome).

use std::time::Duration;

use crate::activation::{CountryCode, ServiceCode};
use crate::id::{ActivationId, MessageId, RentalId};
use crate::message::Address;
use crate::message::recipient::RecipientState;
use crate::text::Text;

use super::order::OrderKind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fulfilment {
    Message {
        to: Address,
        text: Text,
        /// `None` until the order is paid.
        message: Option<MessageId>,
        /// State of the one recipient, once there is a message.
        recipient: Option<RecipientState>,
    },
    /// A number for one code.
    Activation {
        service: ServiceCode,
        /// `None`: any country.
        country: Option<CountryCode>,
        activation: Option<ActivationId>,
    },
    /// A number for a time.
    Rental {
        service: ServiceCode,
        country: Option<CountryCode>,
        duration: Duration,
        rental: Option<RentalId>,
    },
    /// Prepaid credit of the order's account.
    Credit,
}

impl Fulfilment {
    /// A message that is not begun.
    pub const fn message(to: Address, text: Text) -> Self {
        Self::Message { to, text, message: None, recipient: None }
    }

    pub const fn kind(&self) -> OrderKind {
        match self {
            Self::Message { to: Address::Phone(_), .. } => OrderKind::Send,
            Self::Message { to: Address::Email(_), .. } => OrderKind::Email,
            Self::Activation { .. } => OrderKind::Receive,
            Self::Rental { .. } => OrderKind::Rent,
            Self::Credit => OrderKind::Fund,
        }
    }

    pub const fn message_id(&self) -> Option<MessageId> {
        match self {
            Self::Message { message, .. } => *message,
            Self::Activation { .. } | Self::Rental { .. } | Self::Credit => None,
        }
    }

    pub const fn recipient(&self) -> Option<RecipientState> {
        match self {
            Self::Message { recipient, .. } => *recipient,
            Self::Activation { .. } | Self::Rental { .. } | Self::Credit => None,
        }
    }
}
