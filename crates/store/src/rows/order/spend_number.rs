//! New orders for numbers, paid from credit immediately. Unlike that of a message, such an order has a row
//! of its own, and its activation another one.

use domain::ports::CreditOutcome;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::NewOrder;

use super::add::refused;
use super::change::illegal;
use super::insert::insert_paid;
use super::request_key::{self, Taken};
use super::spend::{paid, payer};
use crate::rows::ledger::Short;
use crate::rows::{activation, ledger};
use crate::tx::{Result, Tx, params};

/// In an order in which concurrent changes do not deadlock; the outcomes are in the order given.
pub(crate) async fn add_credit_activations(
    tx: &mut impl Tx,
    new: &[NewOrder],
) -> Result<Vec<CreditOutcome>> {
    let mut turns: Vec<_> = (0..new.len()).collect();
    turns.sort_by_key(|at| (new[*at].account, &new[*at].client, &new[*at].id));
    let mut outcomes = vec![CreditOutcome::Exists; new.len()];
    for at in turns {
        outcomes[at] = add(tx, &new[at]).await?;
    }
    Ok(outcomes)
}

async fn add(tx: &mut impl Tx, new: &NewOrder) -> Result<CreditOutcome> {
    let account = payer(new)?;
    let Fulfilment::Activation { wanted, .. } = &new.fulfilment else {
        return Err(refused("the order lends no number"));
    };
    let now = new.created_at;
    let exists = tx.query("SELECT 1 FROM all_orders WHERE id = ?1", params![&new.id]).await?;
    if !exists.is_empty() {
        return Ok(CreditOutcome::Exists);
    }
    if let Some(idempotency) = &new.idempotency {
        match request_key::take(tx, &new.client, idempotency, &new.id, now).await? {
            Taken::New => {}
            Taken::Repeat(order) => return Ok(CreditOutcome::Repeat(order)),
            Taken::Reused => return Ok(CreditOutcome::KeyReused),
        }
    }
    let short = ledger::reserve(tx, account, new.price, now).await?;
    if let Some(short) = short {
        request_key::release(tx, std::iter::once(&new.id)).await?;
        return Ok(match short {
            Short::Credit { available } => CreditOutcome::Insufficient { available },
            Short::DailyLimit { left } => CreditOutcome::OverDailyLimit { left },
        });
    }
    if !insert_paid(tx, new, paid().map_err(illegal)?).await? {
        return Err(refused("an order was stored twice in one moment"));
    }
    activation::begin(tx, &new.id, Some(account), wanted, new.price, now).await?;
    Ok(CreditOutcome::Accepted)
}
