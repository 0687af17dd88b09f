//! Decides that an order cannot be fulfilled, while that is still possible.
//!
//! | reason \ state | open, held | working | fulfilled, cancelling, final |
//! |---|---|---|---|
//! | cancelled by buyer | cancelled | cancelled, unless a carrier has or may have it; a number if that is possible now | already |
//! | hold ran out | cancelled | cancelled; the recipient is timed out, the number is released | already |
//! | any other | cancelled | too late | already |

use domain::activation::change::cancellable;
use domain::id::OrderId;
use domain::ports::CancelOutcome;
use domain::reason::Reason;
use domain::sale::change::Step;
use domain::sale::order::OrderState;
use domain::state::Outcome;
use domain::time::Timestamp;

use super::change::{self, OrderRow, illegal};
use super::lock::{lock, message_of};
use crate::rows::activation::{self, ActivationRow};
use crate::rows::message;
use crate::tx::{Result, Tx};

pub(crate) async fn cancel(
    tx: &mut impl Tx,
    order: &OrderId,
    reason: Reason,
    now: Timestamp,
) -> Result<CancelOutcome> {
    // What it buys is locked before the order.
    if let Some(activation) = activation::lock_of_order(tx, order).await? {
        return cancel_number(tx, activation, reason, now).await;
    }
    if let Some(message) = message_of(tx, order).await? {
        message::lock(tx, message).await?;
    }
    let Some(row) = lock(tx, order).await? else {
        return Ok(CancelOutcome::NoSuchOrder);
    };
    match (row.facts.state, row.facts.message) {
        (
            OrderState::Fulfilled
            | OrderState::Settled
            | OrderState::Cancelling
            | OrderState::Cancelled
            | OrderState::Lost,
            _,
        ) => Ok(CancelOutcome::Already(row.facts.state)),
        (OrderState::Open | OrderState::Held | OrderState::Working, None) => {
            // Perhaps a concurrent change has just begun it.
            match activation::lock_of_order(tx, order).await? {
                Some(activation) => cancel_number(tx, activation, reason, now).await,
                None => decide(tx, row, reason, now).await,
            }
        }
        (OrderState::Open | OrderState::Held | OrderState::Working, Some(message)) => {
            match reason {
                Reason::CancelledByBuyer if message::withdraw(tx, &message, now).await? => {
                    decide(tx, row, reason, now).await
                }
                Reason::HoldRanOut => {
                    // The end of the recipients decides the order.
                    message::time_out(tx, &message, reason, now).await?;
                    Ok(CancelOutcome::Cancelled)
                }
                _ => Ok(CancelOutcome::TooLate),
            }
        }
    }
}

async fn cancel_number(
    tx: &mut impl Tx,
    mut activation: ActivationRow,
    reason: Reason,
    now: Timestamp,
) -> Result<CancelOutcome> {
    let state = match lock(tx, &activation.activation.order).await? {
        Some(row) => row.facts.state,
        None => return Ok(CancelOutcome::NoSuchOrder),
    };
    if state.is_decided() {
        return Ok(CancelOutcome::Already(state));
    }
    match reason {
        Reason::CancelledByBuyer => {
            if let Err(not) = cancellable(&activation.activation, now) {
                return Ok(CancelOutcome::NotCancellable(not));
            }
        }
        Reason::HoldRanOut => {}
        _ => return Ok(CancelOutcome::TooLate),
    }
    if activation.cancel(reason, now).is_err() {
        return Ok(CancelOutcome::TooLate);
    }
    activation::store(tx, &[&activation], now).await?;
    Ok(CancelOutcome::Cancelled)
}

async fn decide(
    tx: &mut impl Tx,
    mut row: OrderRow,
    reason: Reason,
    now: Timestamp,
) -> Result<CancelOutcome> {
    let ended = Step::Ended(Outcome::CannotBeFulfilled, Some(reason));
    row.take(&[ended], now).map_err(illegal)?;
    change::store(tx, vec![row], now, None).await?;
    Ok(CancelOutcome::Cancelled)
}
