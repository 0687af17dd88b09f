//! A payment is held: the work starts in the same change.

use domain::ports::{HoldOrder, HoldOutcome, PortError};
use domain::sale::change::Step;
use domain::sale::order::{OrderState, PaymentMethod};
use domain::time::Timestamp;

use super::change::{self, illegal};
use super::lock::lock;
use crate::rows::message::{self, Payer};
use crate::tx::{Result, Tx};

pub(crate) async fn hold(
    tx: &mut impl Tx,
    hold: &HoldOrder,
    now: Timestamp,
) -> Result<HoldOutcome> {
    let missing = || PortError::Refused("there is no such order".to_owned());
    let mut row = lock(tx, &hold.order).await?.ok_or_else(missing)?;
    let over_lightning = row.facts.payment == PaymentMethod::Lightning;
    match row.facts.state {
        OrderState::Open if over_lightning => {}
        OrderState::Held | OrderState::Working | OrderState::Fulfilled | OrderState::Settled
            if over_lightning =>
        {
            return Ok(HoldOutcome::Begun);
        }
        state => return Ok(HoldOutcome::NotOpen(state)),
    }
    if let Some(message) = &hold.message {
        let payer = Payer::order(&hold.order, row.is_followed());
        message::insert_many(tx, &[(message, payer)], None, now).await?;
    }
    let message = hold.message.as_ref().map(|message| message.content.message);
    row.take(&[Step::Held { amount: hold.held, message }], now).map_err(illegal)?;
    row.deadline_height = Some(hold.deadline_height);
    change::store(tx, vec![row], now, None).await?;
    Ok(HoldOutcome::Begun)
}
