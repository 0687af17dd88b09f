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

use super::terms::message_of;
use super::watch::{CONFIRM_POLL, HELD_POLL, INVOICE_GRACE, OPEN_POLL};
use crate::engine::Engine;

/// What the node said, and how long until it is asked again.
pub(super) type Checked = (NodeVerdict, Duration);

const SETTLED: Checked = (NodeVerdict::Settled, Duration::ZERO);
const CANCELLED: Checked = (NodeVerdict::Cancelled, Duration::ZERO);

const fn again_after(wait: Duration) -> Result<Checked, PortError> {
    Ok((NodeVerdict::Unchanged, wait))
}

pub(super) async fn check(
    engine: &Engine,
    order: Order,
    tip: Option<Tip>,
) -> Result<Checked, PortError> {
    let Payment::Lightning { preimage, invoice, .. } = &order.payment else {
        return again_after(HELD_POLL);
    };
    let node = engine.lightning.lookup(preimage.payment_hash()).await?;
    match (order.state, node) {
        (OrderState::Open, _) if invoice.is_none() => interrupted(engine, &order, node).await,
        (OrderState::Open, HoldState::Open | HoldState::Unknown) => unpaid(engine, &order).await,
        (OrderState::Open, HoldState::Held(payment)) => paid(engine, &order, payment, tip).await,
        (OrderState::Held | OrderState::Working, HoldState::Held(payment)) => {
            near_deadline(engine, &order, payment, tip).await
        }
        (OrderState::Held | OrderState::Working, HoldState::Open) => again_after(HELD_POLL),
        (OrderState::Fulfilled, HoldState::Held(_)) => settle(engine, &order, preimage).await,
        (OrderState::Fulfilled, HoldState::Settled) => Ok(SETTLED),
        (OrderState::Fulfilled, HoldState::Open) => again_after(CONFIRM_POLL),
        (OrderState::Cancelling, HoldState::Open | HoldState::Held(_)) => {
            give_back(engine, &order).await
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
        (OrderState::Held | OrderState::Working | OrderState::Fulfilled, HoldState::Unknown) => {
            tracing::error!(order = %order.id, "the node does not know a payment it held");
            again_after(HELD_POLL)
        }
        (
            OrderState::Open | OrderState::Held | OrderState::Working | OrderState::Cancelling,
            HoldState::Settled,
        ) => settled_unasked(engine, &order).await,
        (OrderState::Cancelled | OrderState::Lost, HoldState::Held(_)) => {
            tracing::warn!(order = %order.id, "paid after its end; the payment is given back");
            give_back(engine, &order).await
        }
        (OrderState::Settled | OrderState::Cancelled | OrderState::Lost, _) => {
            again_after(HELD_POLL)
        }
    }
}

/// The order was stored, and its invoice was not: nobody has seen it.
async fn interrupted(
    engine: &Engine,
    order: &Order,
    node: HoldState,
) -> Result<Checked, PortError> {
    if engine.now().since(order.created_at) < INVOICE_GRACE {
        return again_after(INVOICE_GRACE);
    }
    match node {
        HoldState::Unknown | HoldState::Cancelled => Ok(CANCELLED),
        _ => cancel(engine, order, Reason::NoInvoice).await,
    }
}

async fn unpaid(engine: &Engine, order: &Order) -> Result<Checked, PortError> {
    match &order.payment {
        Payment::Lightning { pay_by, .. } if engine.now() > *pay_by => {
            cancel(engine, order, Reason::Unpaid).await
        }
        _ => again_after(OPEN_POLL),
    }
}

/// The node holds a payment for an open order: work begins, or the money goes back at once.
async fn paid(
    engine: &Engine,
    order: &Order,
    payment: HeldPayment,
    tip: Option<Tip>,
) -> Result<Checked, PortError> {
    let Payment::Lightning { pay_by, .. } = order.payment else { return again_after(HELD_POLL) };
    let (terms, now) = (HoldTerms::of(order.kind()), engine.now());
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
        return cancel(engine, order, reason).await;
    }
    let message = match &order.fulfilment {
        Fulfilment::Message { to, text, .. } => {
            let (kind, account) = (order.kind(), order.account);
            let (to, text) = (to.clone(), text.clone());
            Some(message_of(&*engine.random, order.id, kind, account, to, text, now))
        }
        Fulfilment::Activation { .. } | Fulfilment::Rental { .. } | Fulfilment::Credit => None,
    };
    let (held, deadline_height) = (payment.amount, payment.deadline_height);
    let hold = HoldOrder { order: order.id, held, deadline_height, message };
    match engine.store.hold_order(hold, now).await? {
        HoldOutcome::Begun => {
            tracing::info!(order = %order.id, "held; work begins");
            engine.wake.dispatch.notify_one();
            engine.wake.webhooks.notify_one();
            // Credit is fulfilled already: the next round settles it.
            engine.wake.watch.notify_one();
            let credit = order.fulfilment == Fulfilment::Credit;
            again_after(if credit { Duration::ZERO } else { HELD_POLL })
        }
        // Another process, or the buyer, was faster: look at what became of it.
        HoldOutcome::NotOpen(_) => again_after(CONFIRM_POLL),
    }
}

/// Another look was faster and settled it; or somebody with the node's own tools did, since only we
/// have the preimage.
async fn settled_unasked(engine: &Engine, order: &Order) -> Result<Checked, PortError> {
    let now = engine.store.order(order.id).await?;
    if now.is_some_and(|now| now.state == order.state) {
        tracing::error!(order = %order.id, state = order.state.as_str(), "settled at the node");
        return again_after(HELD_POLL);
    }
    again_after(CONFIRM_POLL)
}

async fn near_deadline(
    engine: &Engine,
    order: &Order,
    payment: HeldPayment,
    tip: Option<Tip>,
) -> Result<Checked, PortError> {
    if tip.is_some_and(|tip| hold::must_decide(payment.deadline_height, &tip)) {
        tracing::warn!(order = %order.id, "undecided near the node's deadline; given back");
        return cancel(engine, order, Reason::HoldRanOut).await;
    }
    again_after(HELD_POLL)
}

/// Decides, then tells the node.
async fn cancel(engine: &Engine, order: &Order, reason: Reason) -> Result<Checked, PortError> {
    match engine.store.cancel_order(order.id, reason, engine.now()).await? {
        CancelOutcome::Cancelled
        | CancelOutcome::Already(OrderState::Cancelling | OrderState::Cancelled) => {
            give_back(engine, order).await
        }
        // Decided otherwise in the meantime; the next look sees how.
        CancelOutcome::Already(_) | CancelOutcome::TooLate | CancelOutcome::NoSuchOrder => {
            again_after(CONFIRM_POLL)
        }
    }
}

/// Tells the node to cancel; what counts is what it says afterwards.
async fn give_back(engine: &Engine, order: &Order) -> Result<Checked, PortError> {
    let Some(hash) = order.payment.hash() else { return again_after(HELD_POLL) };
    if let Err(error) = engine.lightning.cancel(hash).await {
        tracing::warn!(order = %order.id, %error, "cancel did not go through; asking");
    }
    match engine.lightning.lookup(hash).await? {
        HoldState::Cancelled | HoldState::Unknown => Ok(CANCELLED),
        HoldState::Settled => {
            tracing::error!(order = %order.id, "cancelled here, settled at the node");
            again_after(HELD_POLL)
        }
        HoldState::Open | HoldState::Held(_) => again_after(CONFIRM_POLL),
    }
}

/// Tells the node to settle; what counts is what it says afterwards.
async fn settle(engine: &Engine, order: &Order, preimage: &Preimage) -> Result<Checked, PortError> {
    if let Err(error) = engine.lightning.settle(preimage).await {
        tracing::warn!(order = %order.id, %error, "settle did not go through; asking");
    }
    match engine.lightning.lookup(preimage.payment_hash()).await? {
        HoldState::Settled => Ok(SETTLED),
        HoldState::Cancelled => Ok(CANCELLED),
        HoldState::Open | HoldState::Held(_) | HoldState::Unknown => again_after(CONFIRM_POLL),
    }
}
