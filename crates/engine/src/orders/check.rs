//! Compares one order with the node, and does the one step that follows.
//!
//! | order \ node | open | held | settled | cancelled | unknown |
//! |---|---|---|---|---|---|
//! | open | cancel after its time to pay | begin if fit, wait while the tip is stale, otherwise cancel | alert | cancelled | as open |
//! | held, working | wait | decide near the node's deadline | alert | lost or cancelled | alert |
//! | fulfilled | wait | settle, look up again | settled | lost | alert |
//! | cancelling | cancel, look up again | cancel, look up again | alert | cancelled | cancelled |
//! | cancelled, lost | cancel | cancel | – | – | – |
//!
//! A node that does not know a payment that it held is the wrong node, or was restored from a backup.
//! That is no refund: the order waits for the operator.
//!
//! Every step is safe to repeat, from this process or another: decisions are made by the store,
//! once, and the node's calls are idempotent.

use std::time::Duration;

use domain::account::traffic::hour_of;
use domain::message::Address;
use domain::ports::{CancelOutcome, HoldOrder, HoldOutcome, HoldState, NodeVerdict, PortError};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::hold::{self, HeldPayment, Tip, Unfit};
use domain::sale::order::{Order, OrderState, Payment, Unreceipted};
use domain::secret::Preimage;
use domain::time::Timestamp;

use super::Orders;
use super::terms::{OrderedText, message_of};

/// An unpaid invoice is compared this often, and after its time to pay. That it was paid is found earlier, by the node's
/// hint or by the poll of all held payments: a lookup of each would be too expensive for thousands of them.
const OPEN_POLL: Duration = Duration::from_secs(2 * 60);

/// An order that could not be compared, or not be decided yet, is compared again after this.
pub(super) const RETRY_POLL: Duration = Duration::from_secs(5);

/// An order that has no invoice after this was interrupted while it was being made.
pub(super) const INVOICE_GRACE: Duration = Duration::from_secs(60);

/// What was called but is not confirmed is looked up again after this.
const CONFIRM_POLL: Duration = Duration::from_secs(1);

/// A held payment is compared this often, whatever the node hints.
const HELD_POLL: Duration = Duration::from_secs(30);

/// The node's verdict, and how long until the next comparison.
pub(super) type Checked = (NodeVerdict, Duration);

const SETTLED: Checked = (NodeVerdict::Settled, Duration::ZERO);
const CANCELLED: Checked = (NodeVerdict::Cancelled, Duration::ZERO);

const fn again_after(wait: Duration) -> Result<Checked, PortError> {
    Ok((NodeVerdict::Unchanged, wait))
}

/// How long an order that is not paid yet waits for its next comparison.
pub(super) fn open_poll(now: Timestamp, pay_by: Timestamp) -> Duration {
    OPEN_POLL.min(pay_by.since(now) + Duration::from_secs(1))
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
            (OrderState::Cancelled | OrderState::Lost, HoldState::Open | HoldState::Held(_)) => {
                tracing::warn!(order = %order.id, "at the node after its end; it is given back");
                self.give_back(&order).await
            }
            (OrderState::Settled | OrderState::Cancelled | OrderState::Lost, _) => {
                again_after(HELD_POLL)
            }
        }
    }

    /// The order was stored, and its invoice was not, so nobody has seen the invoice.
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
            Payment::Lightning { pay_by, .. } => again_after(open_poll(self.clock.now(), *pay_by)),
            Payment::Credit => again_after(HELD_POLL),
        }
    }

    /// The node holds a payment for an open order: work begins, or the payment is cancelled at once.
    async fn paid(
        &self,
        order: &Order,
        payment: HeldPayment,
        tip: Option<Tip>,
    ) -> Result<Checked, PortError> {
        let Payment::Lightning { pay_by, .. } = order.payment else {
            return again_after(HELD_POLL);
        };
        let (terms, now) = (self.hold_terms(order.kind()), self.clock.now());
        let fit = match tip {
            // It did not answer this once. A stale tip would have been an answer.
            None if now <= pay_by => return again_after(RETRY_POLL),
            None => Err(Unfit::TooLate),
            Some(tip) => hold::check(terms, order.state, order.price, pay_by, payment, tip, now),
        };
        if fit == Err(Unfit::StaleTip) {
            // It stays held: a later block shows whether there is time for the work.
            return again_after(RETRY_POLL);
        }
        if let Err(unfit) = fit {
            tracing::info!(order = %order.id, %unfit, "payment given back");
            let late = unfit == Unfit::TooLate;
            let reason = if late { Reason::Unpaid } else { Reason::PaymentUnfit };
            return self.cancel_undecided(order, reason).await;
        }
        let message = match &order.fulfilment {
            Fulfilment::Activation { .. } | Fulfilment::Credit => None,
            Fulfilment::Message { to, text, .. } => {
                let (kind, account) = (order.kind(), order.account);
                let (order, to, text) = (order.id, to.clone(), text.clone());
                let ordered = OrderedText { order, kind, account, to, text };
                Some(message_of(&*self.random, terms.work, ordered, now))
            }
        };
        let (held, deadline_height) = (payment.amount, payment.deadline_height);
        let hold = HoldOrder { order: order.id, held, deadline_height, message };
        match self.store.hold_order(hold, now).await? {
            HoldOutcome::Begun => {
                tracing::info!(order = %order.id, "held; work begins");
                self.count_traffic(order).await;
                self.wake.dispatch.notify_one();
                self.wake.webhooks.notify_one();
                self.wake.activations.notify_one();
                // What is fulfilled already is due at once, whatever is reported here.
                self.wake.watch.notify_one();
                again_after(HELD_POLL)
            }
            // Another process, or the buyer, was faster: compare again.
            HoldOutcome::NotOpen(_) => again_after(CONFIRM_POLL),
        }
    }

    /// Counts a message that was paid for. After a crash before it the message is not counted.
    async fn count_traffic(&self, order: &Order) {
        let Fulfilment::Message { to: Address::Phone(to), .. } = &order.fulfilment else { return };
        let counted = async {
            let counts = self.accounts.traffic_rules(order.account).await?.counts([to]);
            if counts.is_empty() {
                return Ok(());
            }
            self.store.add_traffic(order.account, counts, hour_of(self.clock.now())).await
        };
        if let Err(error) = counted.await {
            tracing::warn!(order = %order.id, %error, "not counted for the hourly caps");
        }
    }

    /// Another comparison was faster and settled it, or it was settled with the node's own tools: only we
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
        let now = self.clock.now();
        if tip.is_some_and(|tip| hold::must_decide(payment.deadline_height, &tip, now)) {
            if self.settings.unreceipted == Unreceipted::Settle
                && self.store.settle_unreceipted(order.id, now).await?
            {
                tracing::info!(order = %order.id, "no receipt near the node's deadline; settled");
                return again_after(Duration::ZERO);
            }
            tracing::warn!(order = %order.id, "undecided near the node's deadline; given back");
            return self.cancel_undecided(order, Reason::HoldRanOut).await;
        }
        again_after(HELD_POLL)
    }

    /// Stores the decision, then calls the node.
    async fn cancel_undecided(&self, order: &Order, reason: Reason) -> Result<Checked, PortError> {
        match self.store.cancel_order(order.id, reason, self.clock.now()).await? {
            CancelOutcome::Cancelled
            | CancelOutcome::Already(OrderState::Cancelling | OrderState::Cancelled) => {
                self.give_back(order).await
            }
            // Decided otherwise in the meantime; the next comparison sees how.
            CancelOutcome::Already(_)
            | CancelOutcome::TooLate
            | CancelOutcome::NotCancellable(_)
            | CancelOutcome::NoSuchOrder => again_after(CONFIRM_POLL),
        }
    }

    /// Calls the node to cancel. What counts is the lookup afterwards.
    async fn give_back(&self, order: &Order) -> Result<Checked, PortError> {
        let Some(hash) = order.payment.hash() else { return again_after(HELD_POLL) };
        if let Err(error) = self.lightning.cancel(hash).await {
            tracing::warn!(order = %order.id, %error, "cancel failed; looking up");
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

    /// Calls the node to settle. What counts is the lookup afterwards.
    async fn settle(&self, order: &Order, preimage: &Preimage) -> Result<Checked, PortError> {
        if let Err(error) = self.lightning.settle(preimage).await {
            tracing::warn!(order = %order.id, %error, "settle failed; looking up");
        }
        match self.lightning.lookup(preimage.payment_hash()).await? {
            HoldState::Settled => Ok(SETTLED),
            HoldState::Cancelled => Ok(CANCELLED),
            HoldState::Open | HoldState::Held(_) | HoldState::Unknown => again_after(CONFIRM_POLL),
        }
    }
}
