//! Something sold for one payment, and the payment's fate.
//!
//! | state \ event | Held | Started | Delivered | Undeliverable | NodeSettled | NodeCancelled |
//! |---|---|---|---|---|---|---|
//! | open | held | – | – | cancelling | – | cancelled |
//! | held | = | working | – | cancelling | – | cancelled |
//! | working | = | = | fulfilled | cancelling | – | lost |
//! | fulfilled | = | – | = | – | settled | lost |
//! | cancelling | = | – | – | = | – | cancelled |
//! | settled, cancelled, lost | – | – | – | – | – | – |
//!
//! What a crash at each point means:
//!
//! - *open* without an invoice: the node was not asked, or its answer was lost. The invoice was
//!   never shown, so the order is cancelled at the node and here.
//! - *held*, *working*: the node keeps the money; the message is in the store. Work goes on.
//! - *fulfilled*, *cancelling*: the decision is durable and is never taken again; the node is told
//!   until it confirms. Settle and cancel exclude each other because one of the two states does.
//!
//! An order paid from prepaid credit begins in *working*; its reservation is posted or voided in
//! the commit that decides, so for it *fulfilled* and *cancelling* never outlive a commit.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, MessageId, OrderId};
use crate::message::Address;
use crate::message::recipient::RecipientState;
use crate::money::Msat;
use crate::reason::Reason;
use crate::secret::{Preimage, Secret};
use crate::state::{Illegal, stored_as};
use crate::text::Text;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderKind {
    /// A text message to a number.
    Send,
    /// A text message to a mailbox.
    Email,
    /// Credit for an account.
    Fund,
}

stored_as!(OrderKind { Send = "send", Email = "email", Fund = "fund" });

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderState {
    Open,
    Held,
    Working,
    Fulfilled,
    Settled,
    Cancelling,
    Cancelled,
    /// The node gave the money back although the thing was, or might have been, delivered.
    Lost,
}

stored_as!(OrderState {
    Open = "open",
    Held = "held",
    Working = "working",
    Fulfilled = "fulfilled",
    Settled = "settled",
    Cancelling = "cancelling",
    Cancelled = "cancelled",
    Lost = "lost",
});

impl OrderState {
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Cancelled | Self::Lost)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEvent {
    /// The node holds the payment, and it is fit (see [`crate::hold`]).
    Held,
    /// What was bought is on its way.
    Started,
    Delivered,
    /// It can no longer be delivered, or nobody wants it any more.
    Undeliverable,
    /// The node confirmed that the money is ours.
    NodeSettled,
    /// The node confirmed that the money went back, or never came.
    NodeCancelled,
}

pub const fn next(state: OrderState, event: OrderEvent) -> Result<OrderState, Illegal> {
    use OrderEvent as E;
    use OrderState as S;
    match (state, event) {
        (S::Open | S::Held, E::Held) => Ok(S::Held),
        (S::Working | S::Fulfilled | S::Cancelling, E::Held) => Ok(state),
        (S::Held | S::Working, E::Started) => Ok(S::Working),
        (S::Working | S::Fulfilled, E::Delivered) => Ok(S::Fulfilled),
        (S::Open | S::Held | S::Working | S::Cancelling, E::Undeliverable) => Ok(S::Cancelling),
        (S::Fulfilled, E::NodeSettled) => Ok(S::Settled),
        (S::Open | S::Held | S::Cancelling, E::NodeCancelled) => Ok(S::Cancelled),
        (S::Working | S::Fulfilled, E::NodeCancelled) => Ok(S::Lost),
        (S::Open | S::Fulfilled | S::Cancelling, E::Started)
        | (S::Open | S::Held | S::Cancelling, E::Delivered)
        | (S::Fulfilled, E::Undeliverable)
        | (S::Open | S::Held | S::Working | S::Cancelling, E::NodeSettled)
        | (
            S::Settled | S::Cancelled | S::Lost,
            E::Held
            | E::Started
            | E::Delivered
            | E::Undeliverable
            | E::NodeSettled
            | E::NodeCancelled,
        ) => Err(Illegal),
    }
}

/// How an order is paid.
#[derive(Debug, Clone)]
pub enum Payment {
    /// By hold invoice; `invoice` is `None` until the node has made it.
    Lightning { preimage: Preimage, invoice: Option<String>, pay_by: Timestamp },
    /// From the account's prepaid credit, reserved when the order was accepted.
    Credit,
}

/// What the buyer wants, kept with the order until it is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purchase {
    Send { to: Address, text: Text },
    Fund,
}

/// An order about to be stored.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: OrderId,
    pub kind: OrderKind,
    pub account: Option<AccountId>,
    pub price: Msat,
    pub payment: Payment,
    pub purchase: Purchase,
    pub webhook: Option<Webhook>,
    /// A Lightning address that is to get a share, kept as given.
    pub referral: Option<String>,
    /// Whose room it takes when orders are capped: a key, or the network a stranger calls from.
    pub client: String,
    pub created_at: Timestamp,
}

/// Where an order's events are told, and what signs them.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub url: String,
    pub secret: Secret,
    pub wants: Wanted,
}

/// Which of an order's changes its webhook is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Every change of what the buyer sees.
    #[default]
    All,
    /// Only what became of it in the end: delivered, failed or given up.
    Final,
}

stored_as!(Wanted { All = "all", Final = "final" });

/// An order as stored.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: OrderId,
    pub kind: OrderKind,
    pub state: OrderState,
    pub reason: Option<Reason>,
    pub account: Option<AccountId>,
    pub price: Msat,
    /// What the payer locked; may be more than the price.
    pub held: Option<Msat>,
    pub payment: Payment,
    pub purchase: Purchase,
    pub referral: Option<String>,
    pub message: Option<MessageId>,
    /// State of the one recipient, once there is a message.
    pub recipient: Option<RecipientState>,
    pub created_at: Timestamp,
    /// When the payment was held, or the credit reserved.
    pub paid_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// What a send order's buyer is told of the message.
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
}

/// What the buyer sees of an order at one moment; events carry it as it was when they happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    pub order: String,
    pub kind: OrderKind,
    pub state: OrderState,
    pub paid: bool,
    pub message: Option<MessageId>,
    pub progress: Option<Progress>,
    pub reason: Option<Reason>,
    pub at: Timestamp,
}

impl Order {
    pub fn snapshot(&self) -> OrderSnapshot {
        OrderSnapshot {
            order: self.id.to_string(),
            kind: self.kind,
            state: self.state,
            paid: self.paid_at.is_some(),
            message: self.message,
            progress: self.recipient.map(Progress::of),
            reason: self.reason,
            at: self.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENTS: [OrderEvent; 6] = [
        OrderEvent::Held,
        OrderEvent::Started,
        OrderEvent::Delivered,
        OrderEvent::Undeliverable,
        OrderEvent::NodeSettled,
        OrderEvent::NodeCancelled,
    ];

    fn walk(events: &[usize]) -> Vec<OrderState> {
        let mut state = OrderState::Open;
        let mut seen = vec![state];
        for &event in events {
            if let Ok(to) = next(state, EVENTS[event]) {
                state = to;
                seen.push(state);
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn decides_once_and_settles_only_what_was_delivered(
            events in prop::collection::vec(0..EVENTS.len(), 0..30)
        ) {
            let seen = walk(&events);
            let met = |state| seen.contains(&state);
            prop_assert!(!(met(OrderState::Fulfilled) && met(OrderState::Cancelling)));
            prop_assert!(!met(OrderState::Settled) || met(OrderState::Fulfilled));
            prop_assert!(!met(OrderState::Fulfilled) || met(OrderState::Held));
            prop_assert!(seen.iter().filter(|state| state.is_final()).count() <= 1);
        }
    }

    #[test]
    fn order_ids_are_64_hex_digits() {
        let id = "7dc6e6b61d8c54dff6b8d6ea2e3f08b018e57963df81d493a6f9728c4dc83318";
        assert_eq!(id.parse::<OrderId>().unwrap().to_string(), id);
        assert!(id[1..].parse::<OrderId>().is_err());
        assert!("zz".repeat(32).parse::<OrderId>().is_err());
    }
}
