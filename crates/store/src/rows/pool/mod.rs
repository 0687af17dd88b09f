//! Loans of numbers of ours. A number is chosen and lent in one change, under one lock; that a number has one loan at a
//! time is also an index. The rules are [`domain::number::pool`].

mod loans;
mod messages;
mod share;
mod stock;

use domain::inbound::Party;
use domain::number::Msisdn;
use domain::number::own::Country;
use domain::number::pool::{LendNumber, PoolLoan, PoolLoanEvent, PoolLoanState, PoolTerms, next};
use domain::ports::PortError;
use domain::time::Timestamp;
use uuid::Uuid;

pub(crate) use self::loans::of_number;
use self::loans::{Loan, find, find_open_overdue, find_to_change};
pub(crate) use self::messages::{add_messages, due_messages, find_loans, messages_delivered};
pub(crate) use self::share::pay_owners;
use self::stock::candidates;
pub(crate) use self::stock::stock;
use crate::tx::{AdvisoryLock, Result, Tx, params};

/// Overdue loans that are read at once.
const OVERDUE_MAX: u32 = 1_000;

fn illegal(_: domain::state::Illegal) -> PortError {
    PortError::Conflict("the loan is over".to_owned())
}

pub(crate) async fn lend(
    tx: &mut impl Tx,
    wanted: &LendNumber,
    now: Timestamp,
) -> Result<Option<PoolLoan>> {
    tx.lock(AdvisoryLock::Lend).await?;
    if let Some(loan) = find(tx, wanted.id).await? {
        return with_messages(tx, loan).await;
    }
    end_overdue(tx, now).await?;
    let Some(candidate) = candidates(tx, wanted, now).await?.into_iter().next() else {
        return Ok(None);
    };
    let called = candidate.called.digits().to_string();
    let country = candidate.country.to_string();
    let free_at = wanted.terms.free_at(wanted.purpose, wanted.until);
    let cool_down = i64::try_from(wanted.terms.cool_down.as_millis()).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO pool_loans (id, number, called, country, purpose, service, state, lent_at,
             until, free_at, cool_down, line, share)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            &wanted.id,
            candidate.number.as_str(),
            &called,
            &country,
            wanted.purpose.as_str(),
            wanted.service.as_str(),
            PoolLoanState::Lent.as_str(),
            now,
            wanted.until,
            free_at,
            cool_down,
            wanted.line.as_str(),
            wanted.share,
        ],
    )
    .await?;
    known_loan(tx, wanted.id).await
}

/// An id that was only asked for has no number, and no loan.
async fn with_messages(tx: &mut impl Tx, loan: Loan) -> Result<Option<PoolLoan>> {
    let Loan { number: Some(_), loan: Some(mut loan), .. } = loan else { return Ok(None) };
    loan.messages = messages::of_loan(tx, loan.id).await?;
    Ok(Some(loan))
}

/// Ends loans whose time is up, in the order of their numbers, as messages lock them.
async fn end_overdue(tx: &mut impl Tx, now: Timestamp) -> Result<()> {
    loop {
        let overdue = find_open_overdue(tx, now, OVERDUE_MAX).await?;
        for loan in &overdue {
            end(tx, loan, PoolLoanEvent::TimeUp, loan.until, loan.free_at).await?;
        }
        if overdue.len() < OVERDUE_MAX as usize {
            return Ok(());
        }
    }
}

async fn end(
    tx: &mut impl Tx,
    loan: &Loan,
    event: PoolLoanEvent,
    at: Timestamp,
    free_at: Timestamp,
) -> Result<()> {
    let state = next(loan.state, event).map_err(illegal)?;
    if state == loan.state {
        return Ok(());
    }
    tx.execute(
        "UPDATE pool_loans SET state = ?2, ended_at = ?3, free_at = ?4 WHERE id = ?1",
        params![&loan.id, state.as_str(), at, free_at],
    )
    .await?;
    let (PoolLoanState::Lent, Some(number), Some(service)) =
        (loan.state, &loan.number, &loan.service)
    else {
        return Ok(());
    };
    tx.execute(
        "INSERT INTO pool_services (number, service, misses, used_until) VALUES (?1, ?2, 1, 0)
         ON CONFLICT (number, service) DO UPDATE SET misses = pool_services.misses + 1",
        params![number.as_str(), service],
    )
    .await
    .map(drop)
}

pub(crate) async fn known_loan(tx: &mut impl Tx, id: Uuid) -> Result<Option<PoolLoan>> {
    match find(tx, id).await? {
        Some(loan) => with_messages(tx, loan).await,
        None => Ok(None),
    }
}

/// Reads a loan, or forbids one: an id without a loan is stored as over, so that a late request for a number is refused.
pub(crate) async fn loan(tx: &mut impl Tx, id: Uuid, now: Timestamp) -> Result<Option<PoolLoan>> {
    tx.lock(AdvisoryLock::Lend).await?;
    if let Some(loan) = find(tx, id).await? {
        return with_messages(tx, loan).await;
    }
    forbid(tx, id, now).await?;
    Ok(None)
}

async fn forbid(tx: &mut impl Tx, id: Uuid, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO pool_loans (id, state, lent_at, until, ended_at, free_at, cool_down)
         VALUES (?1, ?2, ?3, ?3, ?3, ?3, 0)",
        params![&id, PoolLoanState::Over.as_str(), now],
    )
    .await
    .map(drop)
}

pub(crate) async fn end_loan(
    tx: &mut impl Tx,
    id: Uuid,
    terms: &PoolTerms,
    now: Timestamp,
) -> Result<()> {
    tx.lock(AdvisoryLock::Lend).await?;
    let Some(loan) = find_to_change(tx, id).await? else { return forbid(tx, id, now).await };
    let Some(purpose) = loan.purpose else { return Ok(()) };
    let at = now.min(loan.until);
    end(tx, &loan, PoolLoanEvent::Released, at, terms.free_at(purpose, at)).await
}

pub(crate) async fn extend_loan(
    tx: &mut impl Tx,
    id: Uuid,
    until: Timestamp,
    terms: &PoolTerms,
    now: Timestamp,
) -> Result<Option<PoolLoan>> {
    tx.lock(AdvisoryLock::Lend).await?;
    let Some(loan) = find_to_change(tx, id).await? else { return Ok(None) };
    let Some(purpose) = loan.purpose else { return Ok(None) };
    if loan.state == PoolLoanState::Over || loan.until <= now {
        return Ok(None);
    }
    let until = until.max(loan.until);
    tx.execute(
        "UPDATE pool_loans SET until = ?2, free_at = ?3 WHERE id = ?1",
        params![&id, until, terms.free_at(purpose, until)],
    )
    .await?;
    known_loan(tx, id).await
}

/// A number that could be lent.
struct Candidate {
    number: Party,
    called: Msisdn,
    country: Country,
}
