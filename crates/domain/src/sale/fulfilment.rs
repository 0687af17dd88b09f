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

use crate::activation::{ActivationView, NumberRequest};
use crate::id::MessageId;
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
    /// A number, for one code or for a time.
    Activation {
        wanted: NumberRequest,
        /// `None` until the order is paid.
        activation: Option<ActivationView>,
    },
    /// Prepaid credit of the order's account.
    Credit,
}

impl Fulfilment {
    /// A number that is not acquired.
    pub const fn number(wanted: NumberRequest) -> Self {
        Self::Activation { wanted, activation: None }
    }

    pub const fn activation(&self) -> Option<&ActivationView> {
        match self {
            Self::Activation { activation, .. } => activation.as_ref(),
            Self::Message { .. } | Self::Credit => None,
        }
    }

    /// A message that is not begun.
    pub const fn message(to: Address, text: Text) -> Self {
        Self::Message { to, text, message: None, recipient: None }
    }

    pub const fn kind(&self) -> OrderKind {
        match self {
            Self::Message { to: Address::Phone(_), .. } => OrderKind::Send,
            Self::Message { to: Address::Email(_), .. } => OrderKind::Email,
            Self::Activation { wanted, .. } if wanted.is_rental() => OrderKind::Rent,
            Self::Activation { .. } => OrderKind::Receive,
            Self::Credit => OrderKind::Fund,
        }
    }

    pub const fn message_id(&self) -> Option<MessageId> {
        match self {
            Self::Message { message, .. } => *message,
            Self::Activation { .. } | Self::Credit => None,
        }
    }

    pub const fn recipient(&self) -> Option<RecipientState> {
        match self {
            Self::Message { recipient, .. } => *recipient,
            Self::Activation { .. } | Self::Credit => None,
        }
    }
}
