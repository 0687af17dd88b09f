//! Deciding that an order will not be delivered, while that is still ours to decide.
//!
//! | reason \ state | open, held | working | fulfilled, cancelling, final |
//! |---|---|---|---|
//! | cancelled by buyer | cancelled | cancelled, unless a carrier has or may have it | already |
//! | hold ran out | cancelled | cancelled, the recipient is timed out | already |
//! | any other | cancelled | too late | already |

use domain::id::OrderId;
use domain::ports::CancelOutcome;
use domain::reason::Reason;
use domain::sale::order::OrderState;
use domain::time::Timestamp;

use super::change::{self, StoredOrder, illegal};
use super::rows::{lock, message_of};
use crate::rows::message;
use crate::tx::{Result, Tx};

pub(crate) async fn cancel(
    tx: &mut impl Tx,
    order: &OrderId,
    reason: Reason,
    now: Timestamp,
) -> Result<CancelOutcome> {
    // What a carrier says changes the message first, and then the order.
    if let Some(message) = message_of(tx, order).await? {
        message::lock(tx, message).await?;
    }
    let Some(stored) = lock(tx, order).await? else {
        return Ok(CancelOutcome::NoSuchOrder);
    };
    match (stored.order.state, stored.order.message) {
        (
            OrderState::Fulfilled
            | OrderState::Settled
            | OrderState::Cancelling
            | OrderState::Cancelled
            | OrderState::Lost,
            _,
        ) => Ok(CancelOutcome::Already(stored.order.state)),
        (OrderState::Open | OrderState::Held | OrderState::Working, None) => {
            give_up(tx, stored, reason, now).await
        }
        (OrderState::Open | OrderState::Held | OrderState::Working, Some(message)) => {
            match reason {
                Reason::CancelledByBuyer if message::withdraw(tx, &message, now).await? => {
                    give_up(tx, stored, reason, now).await
                }
                Reason::HoldRanOut => {
                    // The recipients' end decides the order on the usual path.
                    message::time_out(tx, &message, reason, now).await?;
                    Ok(CancelOutcome::Cancelled)
                }
                _ => Ok(CancelOutcome::TooLate),
            }
        }
    }
}

async fn give_up(
    tx: &mut impl Tx,
    mut stored: StoredOrder,
    reason: Reason,
    now: Timestamp,
) -> Result<CancelOutcome> {
    stored.give_up(Some(reason), now).map_err(illegal)?;
    change::store(tx, vec![stored], now, None).await?;
    Ok(CancelOutcome::Cancelled)
}
