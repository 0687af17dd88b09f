//! A payment is held: the work starts in the same change.

use domain::activation::ActivationView;
use domain::ports::{HoldOrder, HoldOutcome, PortError};
use domain::sale::change::Step;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{OrderKind, OrderState, PaymentMethod};
use domain::time::Timestamp;

use super::change::{self, OrderRow, illegal};
use super::lock::lock;
use super::read;
use crate::rows::activation;
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
    let mut steps = vec![Step::Held { amount: hold.held, message }];
    if matches!(row.facts.kind, OrderKind::Receive | OrderKind::Rent) {
        steps.push(Step::Lent(Box::new(begin(tx, &row, now).await?)));
    }
    row.take(&steps, now).map_err(illegal)?;
    row.deadline_height = Some(hold.deadline_height);
    change::store(tx, vec![row], now, None).await?;
    Ok(HoldOutcome::Begun)
}

/// The activation of an order for a number.
async fn begin(tx: &mut impl Tx, row: &OrderRow, now: Timestamp) -> Result<ActivationView> {
    let (id, account, price) = (&row.facts.id, row.facts.account, row.facts.price);
    let order = read::find(tx, id).await?;
    let wanted = match order.map(|order| order.fulfilment) {
        Some(Fulfilment::Activation { wanted, .. }) => wanted,
        _ => return Err(PortError::Refused("the order lends no number".to_owned())),
    };
    let begun = activation::begin(tx, id, account, &wanted, price, now).await?;
    Ok(begun.activation.view())
}
