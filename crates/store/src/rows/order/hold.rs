//! A payment is held: what was bought begins, in the same change.

use domain::message::recipient::RecipientState;
use domain::ports::{HoldOrder, HoldOutcome, PortError};
use domain::sale::order::OrderState;
use domain::time::Timestamp;

use super::change::{self, illegal};
use super::rows::lock;
use crate::rows::message::{self, Payer};
use crate::tx::{Result, Tx};

pub(crate) async fn hold(
    tx: &mut impl Tx,
    hold: &HoldOrder,
    now: Timestamp,
) -> Result<HoldOutcome> {
    let missing = || PortError::Refused("there is no such order".to_owned());
    let mut stored = lock(tx, &hold.order).await?.ok_or_else(missing)?;
    let order = &stored.order;
    match order.state {
        OrderState::Open if order.over_lightning => {}
        OrderState::Held | OrderState::Working | OrderState::Fulfilled | OrderState::Settled
            if order.over_lightning =>
        {
            return Ok(HoldOutcome::Begun);
        }
        state => return Ok(HoldOutcome::NotOpen(state)),
    }
    stored.pay(now).map_err(illegal)?;
    stored.order.held = Some(hold.held);
    stored.deadline_height = Some(hold.deadline_height);
    match &hold.message {
        Some(message) => {
            let payer = Payer { order: &hold.order, followed: stored.is_followed() };
            message::insert_many(tx, &[(message, payer)], None, now).await?;
            stored.order.message = Some(message.content.message);
            stored.order.recipient = Some(RecipientState::Pending);
        }
        // Nothing has to travel.
        None => stored.deliver(now).map_err(illegal)?,
    }
    change::store(tx, vec![stored], now, None).await?;
    Ok(HoldOutcome::Begun)
}
