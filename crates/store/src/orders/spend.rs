//! New orders that are paid from credit at once, many in one change.
//!
//! The orders come first, so that one that exists takes no credit; then the credit of each account,
//! for all of its orders together if it suffices, else one by one in their order. An order without
//! credit goes again. Then transfers, messages and their queue, for those that are left.

use std::collections::BTreeMap;

use domain::account::AccountId;
use domain::ledger::LedgerAccount;
use domain::money::Msat;
use domain::order::{NewOrder, OrderEvent, OrderState, Payment, Wanted, next};
use domain::ports::{CreditOrder, CreditOutcome, Lease};
use domain::state::Illegal;

use super::add::refused;
use super::change::illegal;
use super::rows::{Born, insert_many};
use crate::ledger::Reservation;
use crate::messages::Payer;
use crate::sql::{Result, Tx, params};
use crate::{ledger, messages};

pub(crate) async fn add_credit(
    tx: &mut impl Tx,
    new: &[CreditOrder],
    lease: Option<&Lease>,
) -> Result<Vec<CreditOutcome>> {
    let Some(now) = new.iter().map(|new| new.order.created_at).max() else { return Ok(vec![]) };
    let payers = new.iter().map(|new| payer(&new.order)).collect::<Result<Vec<_>>>()?;
    let state = paid().map_err(illegal)?;
    let born: Vec<_> = new
        .iter()
        .map(|CreditOrder { order, message }| Born {
            new: order,
            state,
            message: Some(message.content.message),
            paid_at: Some(order.created_at),
            check_at: None,
        })
        .collect();
    let stored = insert_many(tx, &born).await?;
    let mut outcomes: Vec<_> = stored
        .iter()
        .map(|stored| if *stored { CreditOutcome::Accepted } else { CreditOutcome::Exists })
        .collect();
    // In the order in which bookings change accounts, so that no two changes wait crosswise.
    let mut asked: BTreeMap<String, (AccountId, Vec<usize>)> = BTreeMap::new();
    for (at, payer) in payers.iter().enumerate().filter(|(at, _)| stored[*at]) {
        let name = LedgerAccount::Customer(*payer).stored();
        asked.entry(name).or_insert_with(|| (*payer, Vec::new())).1.push(at);
    }
    for (payer, orders) in asked.into_values() {
        reserve(tx, payer, new, &orders, &mut outcomes).await?;
    }
    let mut accepted = Vec::with_capacity(new.len());
    let (mut unpaid, mut reservations) = (Vec::new(), Vec::with_capacity(new.len()));
    for (at, CreditOrder { order, message }) in new.iter().enumerate() {
        match outcomes[at] {
            CreditOutcome::Accepted => {
                let (account, amount) = (payers[at], order.price);
                let wants = order.webhook.as_ref().map(|webhook| webhook.wants);
                let (order, at) = (&order.id, order.created_at);
                reservations.push(Reservation { account, amount, order, at });
                accepted.push((message, Payer { order, followed: wants == Some(Wanted::All) }));
            }
            CreditOutcome::Insufficient { .. } => unpaid.push(params![&order.id]),
            CreditOutcome::Exists => {}
        }
    }
    tx.execute_many("DELETE FROM orders WHERE id = ?1", &unpaid).await?;
    ledger::add_reservations(tx, &reservations).await?;
    messages::insert_many(tx, &accepted, lease, now).await?;
    Ok(outcomes)
}

fn payer(new: &NewOrder) -> Result<AccountId> {
    match (&new.payment, new.account) {
        (Payment::Credit, Some(_)) if new.price.is_negative() => {
            Err(refused("a price is not negative"))
        }
        (Payment::Credit, Some(account)) => Ok(account),
        _ => Err(refused("credit is spent by an account")),
    }
}

/// The state of an order that was paid the moment it was made.
fn paid() -> std::result::Result<OrderState, Illegal> {
    next(next(OrderState::Open, OrderEvent::Held)?, OrderEvent::Started)
}

async fn reserve(
    tx: &mut impl Tx,
    payer: AccountId,
    new: &[CreditOrder],
    orders: &[usize],
    outcomes: &mut [CreditOutcome],
) -> Result<()> {
    let sum =
        orders.iter().try_fold(Msat::ZERO, |sum: Msat, at| sum.checked_add(new[*at].order.price));
    if let Some(sum) = sum
        && ledger::reserve(tx, payer, sum).await?
    {
        return Ok(());
    }
    for &at in orders {
        if !ledger::reserve(tx, payer, new[at].order.price).await? {
            let available = ledger::balance(tx, payer).await?.available;
            outcomes[at] = CreditOutcome::Insufficient { available };
        }
    }
    Ok(())
}
