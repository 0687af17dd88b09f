//! One order compared with the node, and the one step that follows.
//!
//! | order \ node | open | held | settled | cancelled | unknown |
//! |---|---|---|---|---|---|
//! | open | cancel when its time is over | begin if fit, else cancel | alert | cancelled | as open |
//! | held, working | wait | cancel if the node soon would | alert | lost or cancelled | alert |
//! | fulfilled | wait | settle, look again | settled | lost | alert |
//! | cancelling | cancel, look again | cancel, look again | alert | cancelled | cancelled |
//! | final | – | give the money back | – | – | – |
//!
//! A node that does not know a payment it held is the wrong node, or one that was restored: that is
//! no refund, and the order waits for a person.
//!
//! Every step is safe to repeat, from this process or another: decisions are made by the store,
//! once, and the node's calls are idempotent.

use std::time::Duration;

use domain::ports::{CancelOutcome, HoldOrder, HoldOutcome, HoldState, NodeVerdict, PortError};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::hold::{self, HeldPayment, HoldTerms, Tip, Unfit};
use domain::sale::order::{Order, OrderState, Payment};
use domain::secret::Preimage;

use super::Orders;
use super::terms::message_of;

/// An unpaid invoice is compared this often, should the node's hint be lost.
pub(super) const OPEN_POLL: Duration = Duration::from_secs(5);

/// An order that has no invoice after this was interrupted while it was being made.
pub(super) const INVOICE_GRACE: Duration = Duration::from_secs(60);

/// A node that was called but has not confirmed is asked again after this.
const CONFIRM_POLL: Duration = Duration::from_secs(1);

/// A held payment is compared this often, whatever the node hints.
const HELD_POLL: Duration = Duration::from_secs(30);

/// What the node said, and how long until it is asked again.
pub(super) type Checked = (NodeVerdict, Duration);

const SETTLED: Checked = (NodeVerdict::Settled, Duration::ZERO);
const CANCELLED: Checked = (NodeVerdict::Cancelled, Duration::ZERO);

const fn again_after(wait: Duration) -> Result<Checked, PortError> {
    Ok((NodeVerdict::Unchanged, wait))
}

impl Orders {
    pub(super) async fn check(&self, order: Order, tip: Option<Tip>) -> Result<Checked, PortError> {
        let Payment::Lightning { preimage, invoice, .. } = &order.payment else {
            return again_after(HELD_POLL);
        };
        let node = self.lightning.lookup(preimage.payment_hash()).await?;
        match (order.state, node) {
            (OrderState::Open, _) if invoice.is_none() => self.interrupted(&order, node).await,
            (OrderState::Open, HoldState::Open | HoldState::Unknown) => self.unpaid(&order).await,
            (OrderState::Open, HoldState::Held(payment)) => self.paid(&order, payment, tip).await,
            (OrderState::Held | OrderState::Working, HoldState::Held(payment)) => {
                self.near_deadline(&order, payment, tip).await
            }
            (OrderState::Held | OrderState::Working, HoldState::Open) => again_after(HELD_POLL),
            (OrderState::Fulfilled, HoldState::Held(_)) => self.settle(&order, preimage).await,
            (OrderState::Fulfilled, HoldState::Settled) => Ok(SETTLED),
            (OrderState::Fulfilled, HoldState::Open) => again_after(CONFIRM_POLL),
            (OrderState::Cancelling, HoldState::Open | HoldState::Held(_)) => {
                self.give_back(&order).await
            }
            (
                OrderState::Open
                | OrderState::Held
                | OrderState::Working
                | OrderState::Fulfilled
                | OrderState::Cancelling,
                HoldState::Cancelled,
            )
            | (OrderState::Cancelling, HoldState::Unknown) => Ok(CANCELLED),
            (
                OrderState::Held | OrderState::Working | OrderState::Fulfilled,
                HoldState::Unknown,
            ) => {
                tracing::error!(order = %order.id, "the node does not know a payment it held");
                again_after(HELD_POLL)
            }
            (
                OrderState::Open | OrderState::Held | OrderState::Working | OrderState::Cancelling,
                HoldState::Settled,
            ) => self.settled_unasked(&order).await,
            (OrderState::Cancelled | OrderState::Lost, HoldState::Held(_)) => {
                tracing::warn!(order = %order.id, "paid after its end; the payment is given back");
                self.give_back(&order).await
            }
            (OrderState::Settled | OrderState::Cancelled | OrderState::Lost, _) => {
                again_after(HELD_POLL)
            }
        }
    }

    /// The order was stored, and its invoice was not: nobody has seen it.
    async fn interrupted(&self, order: &Order, node: HoldState) -> Result<Checked, PortError> {
        if self.clock.now().since(order.created_at) < INVOICE_GRACE {
            return again_after(INVOICE_GRACE);
        }
        match node {
            HoldState::Unknown | HoldState::Cancelled => Ok(CANCELLED),
            _ => self.cancel_undecided(order, Reason::NoInvoice).await,
        }
    }

    async fn unpaid(&self, order: &Order) -> Result<Checked, PortError> {
        match &order.payment {
            Payment::Lightning { pay_by, .. } if self.clock.now() > *pay_by => {
                self.cancel_undecided(order, Reason::Unpaid).await
            }
            _ => again_after(OPEN_POLL),
        }
    }

    /// The node holds a payment for an open order: work begins, or the money goes back at once.
    async fn paid(
        &self,
        order: &Order,
        payment: HeldPayment,
        tip: Option<Tip>,
    ) -> Result<Checked, PortError> {
        let Payment::Lightning { pay_by, .. } = order.payment else {
            return again_after(HELD_POLL);
        };
        let (terms, now) = (HoldTerms::of(order.kind()), self.clock.now());
        let fit = match tip {
            // It did not answer this once; a stale tip would have been told.
            None if now <= pay_by => return again_after(OPEN_POLL),
            None => Err(Unfit::TooLate),
            Some(tip) => hold::check(terms, order.state, order.price, pay_by, payment, tip, now),
        };
        if let Err(unfit) = fit {
            tracing::info!(order = %order.id, %unfit, "payment given back");
            let late = unfit == Unfit::TooLate;
            let reason = if late { Reason::Unpaid } else { Reason::PaymentUnfit };
            return self.cancel_undecided(order, reason).await;
        }
        let message = match &order.fulfilment {
            Fulfilment::Activation { .. } | Fulfilment::Rental { .. } | Fulfilment::Credit => None,
            Fulfilment::Message { to, text, .. } => {
                let (kind, account) = (order.kind(), order.account);
                let (to, text) = (to.clone(), text.clone());
                Some(message_of(&*self.random, order.id, kind, account, to, text, now))
            }
        };
        let (held, deadline_height) = (payment.amount, payment.deadline_height);
        let hold = HoldOrder { order: order.id, held, deadline_height, message };
        match self.store.hold_order(hold, now).await? {
            HoldOutcome::Begun => {
                tracing::info!(order = %order.id, "held; work begins");
                self.wake.dispatch.notify_one();
                self.wake.webhooks.notify_one();
                // What is fulfilled already is due at once, whatever is reported here.
                self.wake.watch.notify_one();
                again_after(HELD_POLL)
            }
            // Another process, or the buyer, was faster: look at what became of it.
            HoldOutcome::NotOpen(_) => again_after(CONFIRM_POLL),
        }
    }

    /// Another look was faster and settled it; or somebody with the node's own tools did, since only we
    /// have the preimage.
    async fn settled_unasked(&self, order: &Order) -> Result<Checked, PortError> {
        let now = self.store.order(order.id).await?;
        if now.is_some_and(|now| now.state == order.state) {
            tracing::error!(order = %order.id, state = order.state.as_str(), "settled at the node");
            return again_after(HELD_POLL);
        }
        again_after(CONFIRM_POLL)
    }

    async fn near_deadline(
        &self,
        order: &Order,
        payment: HeldPayment,
        tip: Option<Tip>,
    ) -> Result<Checked, PortError> {
        if tip.is_some_and(|tip| hold::must_decide(payment.deadline_height, &tip)) {
            tracing::warn!(order = %order.id, "undecided near the node's deadline; given back");
            return self.cancel_undecided(order, Reason::HoldRanOut).await;
        }
        again_after(HELD_POLL)
    }

    /// Decides, then tells the node.
    async fn cancel_undecided(&self, order: &Order, reason: Reason) -> Result<Checked, PortError> {
        match self.store.cancel_order(order.id, reason, self.clock.now()).await? {
            CancelOutcome::Cancelled
            | CancelOutcome::Already(OrderState::Cancelling | OrderState::Cancelled) => {
                self.give_back(order).await
            }
            // Decided otherwise in the meantime; the next look sees how.
            CancelOutcome::Already(_) | CancelOutcome::TooLate | CancelOutcome::NoSuchOrder => {
                again_after(CONFIRM_POLL)
            }
        }
    }

    /// Tells the node to cancel; what counts is what it says afterwards.
    async fn give_back(&self, order: &Order) -> Result<Checked, PortError> {
        let Some(hash) = order.payment.hash() else { return again_after(HELD_POLL) };
        if let Err(error) = self.lightning.cancel(hash).await {
            tracing::warn!(order = %order.id, %error, "cancel did not go through; asking");
        }
        match self.lightning.lookup(hash).await? {
            HoldState::Cancelled | HoldState::Unknown => Ok(CANCELLED),
            HoldState::Settled => {
                tracing::error!(order = %order.id, "cancelled here, settled at the node");
                again_after(HELD_POLL)
            }
            HoldState::Open | HoldState::Held(_) => again_after(CONFIRM_POLL),
        }
    }

    /// Tells the node to settle; what counts is what it says afterwards.
    async fn settle(&self, order: &Order, preimage: &Preimage) -> Result<Checked, PortError> {
        if let Err(error) = self.lightning.settle(preimage).await {
            tracing::warn!(order = %order.id, %error, "settle did not go through; asking");
        }
        match self.lightning.lookup(preimage.payment_hash()).await? {
            HoldState::Settled => Ok(SETTLED),
            HoldState::Cancelled => Ok(CANCELLED),
            HoldState::Open | HoldState::Held(_) | HoldState::Unknown => again_after(CONFIRM_POLL),
        }
    }
}
