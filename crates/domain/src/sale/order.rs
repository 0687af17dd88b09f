//! Something sold for one payment, and what became of the payment.
//!
//! | state \ event | Held | Started | Fulfilled | CannotBeFulfilled | NodeSettled | NodeCancelled |
//! |---|---|---|---|---|---|---|
//! | open | held | – | – | cancelling | – | cancelled |
//! | held | = | working | – | cancelling | – | cancelled |
//! | working | = | = | fulfilled | cancelling | – | lost |
//! | fulfilled | = | – | = | – | settled | lost |
//! | cancelling | = | – | – | = | – | cancelled |
//! | settled, cancelled, lost | – | – | – | – | – | – |
//!
//! What was bought ([`super::fulfilment`]) makes no difference here.
//!
//! What a crash at each point means:
//!
//! - *open* without an invoice: the node was not called, or its answer was lost. Nobody has seen the
//!   invoice, so the order is cancelled at the node and here.
//! - *held*, *working*: the node keeps the money, and the work is in the store. Work goes on.
//! - *fulfilled*, *cancelling*: the decision is durable and is never taken again. The node is called
//!   until it confirms. Settle and cancel exclude each other because these two states do.
//!
//! An order paid from prepaid credit begins in *working*. Its reservation is posted or voided in the
//! commit that decides, so that *fulfilled* and *cancelling* never outlive a commit.

use serde::{Deserialize, Serialize};

use crate::activation::ActivationView;
use crate::id::{AccountId, MessageId, OrderId, PaymentHash};
use crate::message::campaign::Idempotency;
use crate::message::door::Door;
use crate::message::progress::Progress;
use crate::money::Msat;
use crate::reason::Reason;
use crate::secret::{Preimage, Secret};
use crate::state::{Illegal, stored_as};
use crate::time::Timestamp;

use super::fulfilment::Fulfilment;

/// What is sold, as prices, logs and metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderKind {
    /// A text message to a number.
    Send,
    /// A text message to a mailbox.
    Email,
    /// A number for one code.
    Receive,
    /// A number for a time.
    Rent,
    /// Credit for an account.
    Fund,
}

stored_as!(OrderKind {
    Send = "send",
    Email = "email",
    Receive = "receive",
    Rent = "rent",
    Fund = "fund",
});

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
    /// The node gave the money back although the order was, or might have been, fulfilled.
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

    /// The work on what was bought decides nothing any more.
    pub const fn is_decided(self) -> bool {
        !matches!(self, Self::Open | Self::Held | Self::Working)
    }

    /// What was bought was provided, or counts as provided.
    pub const fn is_fulfilled(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Settled)
    }

    /// What it waits for, if nothing else is known; `None` when it is final.
    pub const fn waits_for(self) -> Option<Reason> {
        match self {
            Self::Open => Some(Reason::AwaitingPayment),
            Self::Held | Self::Working => Some(Reason::Queued),
            Self::Fulfilled | Self::Cancelling => Some(Reason::AwaitingNode),
            Self::Settled | Self::Cancelled | Self::Lost => None,
        }
    }

    /// The buyer does not get it, and gets the payment back.
    pub const fn is_cancelled(self) -> bool {
        matches!(self, Self::Cancelling | Self::Cancelled | Self::Lost)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEvent {
    /// The node holds the payment, and it is fit ([`super::hold`]).
    Held,
    /// Work on what was bought has begun.
    Started,
    Fulfilled,
    /// Or it was cancelled while that was possible.
    CannotBeFulfilled,
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
        (S::Working | S::Fulfilled, E::Fulfilled) => Ok(S::Fulfilled),
        (S::Open | S::Held | S::Working | S::Cancelling, E::CannotBeFulfilled) => Ok(S::Cancelling),
        (S::Fulfilled, E::NodeSettled) => Ok(S::Settled),
        (S::Open | S::Held | S::Cancelling, E::NodeCancelled) => Ok(S::Cancelled),
        (S::Working | S::Fulfilled, E::NodeCancelled) => Ok(S::Lost),
        (S::Open | S::Fulfilled | S::Cancelling, E::Started)
        | (S::Open | S::Held | S::Cancelling, E::Fulfilled)
        | (S::Fulfilled, E::CannotBeFulfilled)
        | (S::Open | S::Held | S::Working | S::Cancelling, E::NodeSettled)
        | (
            S::Settled | S::Cancelled | S::Lost,
            E::Held
            | E::Started
            | E::Fulfilled
            | E::CannotBeFulfilled
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

impl Payment {
    pub const fn method(&self) -> PaymentMethod {
        match self {
            Self::Lightning { .. } => PaymentMethod::Lightning,
            Self::Credit => PaymentMethod::Credit,
        }
    }

    /// The name by which the node knows the hold invoice.
    pub fn hash(&self) -> Option<PaymentHash> {
        match self {
            Self::Lightning { preimage, .. } => Some(preimage.payment_hash()),
            Self::Credit => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentMethod {
    Lightning,
    Credit,
}

stored_as!(PaymentMethod { Lightning = "lightning", Credit = "credit" });

/// What becomes of an order whose message a carrier took, and of which nothing was reported while a
/// receipt was awaited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Unreceipted {
    /// It counts as sent.
    #[default]
    Settle,
    /// It is cancelled.
    Refund,
}

stored_as!(Unreceipted { Settle = "settle", Refund = "refund" });

/// An order about to be stored.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: OrderId,
    pub door: Door,
    pub account: Option<AccountId>,
    pub price: Msat,
    pub payment: Payment,
    /// Not begun.
    pub fulfilment: Fulfilment,
    pub webhook: Option<Webhook>,
    /// A Lightning address that is to get a share, kept as given.
    pub referral: Option<String>,
    /// Whose limit of open and held orders it counts toward: a key, or the network of a caller
    /// without one.
    pub client: String,
    /// The client's own key of the request: a repeat makes no other order.
    pub idempotency: Option<Idempotency>,
    pub created_at: Timestamp,
}

/// Where an order's events are sent, and what signs them.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub url: String,
    pub secret: Secret,
    pub wants: Wanted,
}

/// Which of an order's changes are sent to its webhook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Every change of what the buyer sees.
    #[default]
    All,
    /// Only the end: delivered, failed or cancelled.
    Final,
}

stored_as!(Wanted { All = "all", Final = "final" });

/// An order as stored.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: OrderId,
    pub state: OrderState,
    pub reason: Option<Reason>,
    pub account: Option<AccountId>,
    pub price: Msat,
    /// What the payer locked; may be more than the price.
    pub held: Option<Msat>,
    pub payment: Payment,
    pub fulfilment: Fulfilment,
    pub referral: Option<String>,
    pub created_at: Timestamp,
    /// When the payment was held, or the credit reserved.
    pub paid_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// What the buyer sees of an order at one moment. An event keeps the snapshot of its moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    pub order: String,
    pub kind: OrderKind,
    pub state: OrderState,
    pub paid: bool,
    pub message: Option<MessageId>,
    pub progress: Option<Progress>,
    /// The number that it lends, once it is paid.
    #[serde(default)]
    pub activation: Option<ActivationView>,
    pub reason: Option<Reason>,
    pub at: Timestamp,
}

impl Order {
    pub const fn kind(&self) -> OrderKind {
        self.fulfilment.kind()
    }

    pub fn snapshot(&self) -> OrderSnapshot {
        OrderSnapshot {
            order: self.id.to_string(),
            kind: self.kind(),
            state: self.state,
            paid: self.paid_at.is_some(),
            message: self.fulfilment.message_id(),
            progress: self
                .fulfilment
                .recipient()
                .map(|recipient| Progress::of_order(recipient, self.state)),
            activation: self.fulfilment.activation().cloned(),
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
        OrderEvent::Fulfilled,
        OrderEvent::CannotBeFulfilled,
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
        fn decides_once_and_settles_only_what_was_fulfilled(
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
}
