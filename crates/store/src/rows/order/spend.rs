//! New orders paid from credit immediately, many in one change.
//!
//! Each is one row, of its message. Idempotency keys are stored first: a repeat stores nothing else.
//! Then come the rows, so that an existing one reserves no credit. The blocklist is checked next, and then credit is reserved per account: for all its orders together
//! if the credit and the daily limit suffice, otherwise one by one. An order to a blocked number, or
//! without credit, is deleted. The others are counted and queued.

use std::collections::BTreeMap;

use domain::id::AccountId;
use domain::message::{Address, NewMessage};
use domain::money::Msat;
use domain::ports::{CreditOrder, CreditOutcome, Lease};
use domain::sale::ledger::LedgerAccount;
use domain::sale::order::{NewOrder, OrderEvent, OrderState, Payment, next};
use domain::state::Illegal;
use domain::time::Timestamp;

use super::add::refused;
use super::change::illegal;
use super::request_key::{self, Taken};
use crate::rows::directory::blocklist::{blocked_pairs, is_anybody_blocked};
use crate::rows::ledger::Short;
use crate::rows::message::Payer;
use crate::rows::{ledger, message};
use crate::tx::{Result, Tx, params};

pub(crate) async fn add_credit(
    tx: &mut impl Tx,
    new: &[CreditOrder],
    lease: Option<&Lease>,
) -> Result<Vec<CreditOutcome>> {
    let Some(now) = new.iter().map(|new| new.order.created_at).max() else { return Ok(vec![]) };
    let payers = new.iter().map(|new| payer(&new.order)).collect::<Result<Vec<_>>>()?;
    let state = paid().map_err(illegal)?;
    let mut outcomes = take_keys(tx, new, now).await?;
    let mut rows = Vec::with_capacity(new.len());
    for (CreditOrder { order, message }, outcome) in new.iter().zip(&outcomes) {
        must_be_single(message)?;
        if is_wanted(*outcome) {
            rows.push((message, Payer::credit(tx, order, state)?));
        }
    }
    let stored = message::insert_rows(tx, &rows, lease, now).await?;
    let wanted = outcomes.iter_mut().filter(|outcome| is_wanted(**outcome));
    for (outcome, _) in wanted.zip(stored).filter(|(_, stored)| !stored) {
        *outcome = CreditOutcome::Exists;
    }
    refuse_blocked(tx, new, &mut outcomes).await?;
    // In the order in which bookings change accounts, so that concurrent changes do not deadlock.
    let mut asked: BTreeMap<String, (AccountId, Vec<usize>)> = BTreeMap::new();
    for (at, payer) in payers.iter().enumerate().filter(|(at, _)| is_wanted(outcomes[*at])) {
        let name = LedgerAccount::Customer(*payer).stored();
        asked.entry(name).or_insert_with(|| (*payer, Vec::new())).1.push(at);
    }
    for (payer, orders) in asked.into_values() {
        reserve(tx, payer, new, &orders, &mut outcomes, now).await?;
    }
    let (mut gone, mut accepted) = (Vec::new(), Vec::with_capacity(new.len()));
    for (CreditOrder { message, .. }, outcome) in new.iter().zip(&outcomes) {
        match outcome {
            CreditOutcome::Accepted => accepted.push(message),
            CreditOutcome::Insufficient { .. }
            | CreditOutcome::OverDailyLimit { .. }
            | CreditOutcome::Blocked => gone.push(params![&message.content.message]),
            CreditOutcome::Exists | CreditOutcome::Repeat(_) | CreditOutcome::KeyReused => {}
        }
    }
    tx.execute_many("DELETE FROM messages WHERE id = ?1", &gone).await?;
    release_keys(tx, new, &mut outcomes).await?;
    message::count_and_queue(tx, &accepted, lease, now).await?;
    Ok(outcomes)
}

/// Stores the keys of new requests.
async fn take_keys(
    tx: &mut impl Tx,
    new: &[CreditOrder],
    now: Timestamp,
) -> Result<Vec<CreditOutcome>> {
    let mut outcomes = vec![CreditOutcome::Accepted; new.len()];
    // Sorted, so that concurrent changes do not deadlock.
    let mut keyed: Vec<_> = (0..new.len())
        .filter_map(|at| Some((&new[at].order.client, new[at].order.idempotency.as_ref()?, at)))
        .collect();
    keyed.sort_by_key(|(client, idempotency, at)| (*client, &idempotency.key, *at));
    for (client, idempotency, at) in keyed {
        let order = &new[at].order.id;
        outcomes[at] = match request_key::take(tx, client, idempotency, order, now).await? {
            Taken::New => CreditOutcome::Accepted,
            Taken::Repeat(order) => CreditOutcome::Repeat(order),
            Taken::Reused => CreditOutcome::KeyReused,
        };
    }
    Ok(outcomes)
}

/// Deletes the keys of refused orders. A repeat of such an order in the same change is refused as it
/// was.
async fn release_keys(
    tx: &mut impl Tx,
    new: &[CreditOrder],
    outcomes: &mut [CreditOutcome],
) -> Result<()> {
    let is_keyed = |at: &usize| new[*at].order.idempotency.is_some();
    let refused: BTreeMap<_, _> = (0..new.len())
        .filter(is_keyed)
        .filter(|at| {
            !matches!(
                outcomes[*at],
                CreditOutcome::Accepted | CreditOutcome::Repeat(_) | CreditOutcome::KeyReused
            )
        })
        .map(|at| (new[at].order.id, outcomes[at]))
        .collect();
    for outcome in outcomes.iter_mut() {
        if let CreditOutcome::Repeat(order) = outcome
            && let Some(refused) = refused.get(order)
        {
            *outcome = *refused;
        }
    }
    request_key::release(tx, refused.keys()).await
}

fn must_be_single(message: &NewMessage) -> Result<()> {
    match message.recipients.len() {
        1 => Ok(()),
        _ => Err(refused("an order paid from credit has one recipient")),
    }
}

fn is_wanted(outcome: CreditOutcome) -> bool {
    outcome == CreditOutcome::Accepted
}

/// Chunks stored under a lease are submitted without a claim, so this is the last check of the
/// list.
async fn refuse_blocked(
    tx: &mut impl Tx,
    new: &[CreditOrder],
    outcomes: &mut [CreditOutcome],
) -> Result<()> {
    if !is_anybody_blocked(tx).await? {
        return Ok(());
    }
    let mut numbers = Vec::with_capacity(new.len());
    for CreditOrder { order, message } in new {
        for to in &message.recipients {
            if let Address::Phone(number) = to {
                numbers.push((order.account, *number));
            }
        }
    }
    let blocked = blocked_pairs(tx, &numbers).await?;
    if blocked.is_empty() {
        return Ok(());
    }
    for (outcome, CreditOrder { order, message }) in outcomes.iter_mut().zip(new) {
        let is = |to: &Address| matches!(to, Address::Phone(number) if blocked.contains(&(order.account, *number)));
        if is_wanted(*outcome) && message.recipients.iter().any(is) {
            *outcome = CreditOutcome::Blocked;
        }
    }
    Ok(())
}

pub(super) fn payer(new: &NewOrder) -> Result<AccountId> {
    match (&new.payment, new.account) {
        (Payment::Credit, Some(_)) if new.price.is_negative() => {
            Err(refused("a price is not negative"))
        }
        (Payment::Credit, Some(account)) => Ok(account),
        _ => Err(refused("credit is spent by an account")),
    }
}

/// The state of an order that is paid when it is created.
pub(super) fn paid() -> std::result::Result<OrderState, Illegal> {
    next(next(OrderState::Open, OrderEvent::Held)?, OrderEvent::Started)
}

async fn reserve(
    tx: &mut impl Tx,
    payer: AccountId,
    new: &[CreditOrder],
    orders: &[usize],
    outcomes: &mut [CreditOutcome],
    now: Timestamp,
) -> Result<()> {
    let sum =
        orders.iter().try_fold(Msat::ZERO, |sum: Msat, at| sum.checked_add(new[*at].order.price));
    if let Some(sum) = sum
        && ledger::reserve(tx, payer, sum, now).await?.is_none()
    {
        return Ok(());
    }
    for &at in orders {
        match ledger::reserve(tx, payer, new[at].order.price, now).await? {
            None => {}
            Some(Short::Credit { available }) => {
                outcomes[at] = CreditOutcome::Insufficient { available };
            }
            Some(Short::DailyLimit { left }) => {
                outcomes[at] = CreditOutcome::OverDailyLimit { left };
            }
        }
    }
    Ok(())
}
