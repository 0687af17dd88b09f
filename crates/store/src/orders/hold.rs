//! A payment is held: what was bought begins, in the same change.

use domain::order::{OrderState, Payment};
use domain::ports::{HoldOrder, HoldOutcome, PortError};
use domain::recipient::RecipientState;
use domain::time::Timestamp;

use super::change::{self, illegal};
use super::rows::find_stored;
use crate::messages;
use crate::sql::{Result, Tx};

pub(crate) async fn hold(
    tx: &mut impl Tx,
    hold: &HoldOrder,
    now: Timestamp,
) -> Result<HoldOutcome> {
    let missing = || PortError::Refused("there is no such order".to_owned());
    let mut stored = find_stored(tx, &hold.order).await?.ok_or_else(missing)?;
    let order = &stored.order;
    match (&order.payment, order.state) {
        (Payment::Lightning { .. }, OrderState::Open) => {}
        (
            Payment::Lightning { .. },
            OrderState::Held | OrderState::Working | OrderState::Fulfilled | OrderState::Settled,
        ) => return Ok(HoldOutcome::Begun),
        _ => return Ok(HoldOutcome::NotOpen(order.state)),
    }
    stored.pay(now).map_err(illegal)?;
    stored.order.held = Some(hold.held);
    stored.deadline_height = Some(hold.deadline_height);
    match &hold.message {
        Some(message) => {
            messages::insert(tx, message, Some(&hold.order), now).await?;
            stored.order.message = Some(message.content.message);
            stored.order.recipient = Some(RecipientState::Pending);
        }
        // Nothing has to travel.
        None => stored.deliver(now).map_err(illegal)?,
    }
    change::store(tx, vec![stored], now).await?;
    Ok(HoldOutcome::Begun)
}
