//! New orders: to be paid over Lightning, or paid from credit at once.

use domain::message::NewMessage;
use domain::order::{NewOrder, OrderId, OrderKind, OrderState, Payment};
use domain::ports::{CreditOutcome, PortError};
use domain::recipient::RecipientState;
use domain::time::Timestamp;

use super::change::{StoredOrder, illegal};
use super::rows::insert;
use crate::sql::{Result, Tx, params};
use crate::{accounts, events, ledger, messages};

pub(crate) async fn add(tx: &mut impl Tx, new: &NewOrder, check_at: Timestamp) -> Result<()> {
    if matches!(new.payment, Payment::Credit) {
        return Err(refused("an order paid from credit comes with its message"));
    }
    if new.kind == OrderKind::Fund && new.account.is_none() {
        return Err(refused("credit is bought for an account"));
    }
    if new.price.is_negative() {
        return Err(refused("a price is not negative"));
    }
    if let Some(account) = new.account {
        accounts::must_exist(tx, account).await?;
    }
    insert(tx, new, &StoredOrder::new(new, Some(check_at))).await
}

pub(crate) async fn attach_invoice(
    tx: &mut impl Tx,
    order: &OrderId,
    invoice: &str,
    check_at: Timestamp,
) -> Result<()> {
    let attached = tx
        .execute(
            "UPDATE orders SET invoice = ?2, check_at = ?3
             WHERE id = ?1 AND state = ?4 AND payment = 'lightning'",
            params![order, invoice, check_at, OrderState::Open],
        )
        .await?;
    if attached == 0 {
        return Err(PortError::Conflict("the order is not open".to_owned()));
    }
    Ok(())
}

pub(crate) async fn add_credit(
    tx: &mut impl Tx,
    new: &NewOrder,
    message: &NewMessage,
) -> Result<CreditOutcome> {
    let account = match (&new.payment, new.account) {
        (Payment::Credit, Some(account)) => account,
        _ => return Err(refused("credit is spent by an account")),
    };
    if new.price.is_negative() {
        return Err(refused("a price is not negative"));
    }
    if !ledger::reserve(tx, account, new.price).await? {
        let available = ledger::balance(tx, account).await?.available;
        return Ok(CreditOutcome::Insufficient { available });
    }
    let now = new.created_at;
    let mut stored = StoredOrder::new(new, None);
    stored.pay(now).map_err(illegal)?;
    stored.order.message = Some(message.content.message);
    stored.order.recipient = Some(RecipientState::Pending);
    let event = stored.event();
    insert(tx, new, &stored).await?;
    ledger::add_reservation(tx, account, new.price, &new.id, now).await?;
    messages::insert(tx, message, Some(&new.id), now).await?;
    events::add(tx, event.as_slice(), now).await?;
    Ok(CreditOutcome::Accepted)
}

fn refused(why: &str) -> PortError {
    PortError::Refused(why.to_owned())
}
