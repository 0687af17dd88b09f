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

use self::loans::{Loan, find, find_open_overdue, find_to_change};
pub(crate) use self::loans::{LoanKey, of_number};
pub(crate) use self::messages::{add_messages, due_messages, find_loans, messages_delivered};
pub(crate) use self::share::shares_of_owners;
use self::stock::choose;
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
    let key = LoanKey { line: wanted.line, id: wanted.id };
    if let Some(loan) = find(tx, key).await? {
        return with_messages(tx, loan).await;
    }
    end_overdue(tx, now).await?;
    let Some(candidate) = choose(tx, wanted, now).await? else { return Ok(None) };
    let called = candidate.called.digits().to_string();
    let country = candidate.country.to_string();
    let free_at = wanted.terms.free_at(wanted.purpose, wanted.until);
    let cool_down = i64::try_from(wanted.terms.cool_down.as_millis()).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO pool_loans (id, number, called, country, purpose, service, state, lent_at,
             until, free_at, cool_down, line, share, owner)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
             (SELECT p.owner FROM phone_sims i JOIN phones p ON p.id = i.phone
              WHERE i.number = ?2))",
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
    known_loan(tx, key).await
}

/// An id that was only asked for has no number, and no loan.
async fn with_messages(tx: &mut impl Tx, loan: Loan) -> Result<Option<PoolLoan>> {
    let Loan { key, number: Some(_), loan: Some(mut loan), .. } = loan else { return Ok(None) };
    loan.messages = messages::of_loan(tx, key).await?;
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
        "UPDATE pool_loans SET state = ?3, ended_at = ?4, free_at = ?5 WHERE id = ?1 AND line = ?2",
        params![&loan.key.id, loan.key.line.as_str(), state.as_str(), at, free_at],
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

pub(crate) async fn known_loan(tx: &mut impl Tx, key: LoanKey) -> Result<Option<PoolLoan>> {
    match find(tx, key).await? {
        Some(loan) => with_messages(tx, loan).await,
        None => Ok(None),
    }
}

/// Reads a loan, or forbids one: an id without a loan is stored as over, so that a late request for a number is refused.
pub(crate) async fn loan(
    tx: &mut impl Tx,
    key: LoanKey,
    now: Timestamp,
) -> Result<Option<PoolLoan>> {
    tx.lock(AdvisoryLock::Lend).await?;
    if let Some(loan) = find(tx, key).await? {
        return with_messages(tx, loan).await;
    }
    forbid(tx, key, now).await?;
    Ok(None)
}

async fn forbid(tx: &mut impl Tx, key: LoanKey, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO pool_loans (id, line, state, lent_at, until, ended_at, free_at, cool_down)
         VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?4, 0)",
        params![&key.id, key.line.as_str(), PoolLoanState::Over.as_str(), now],
    )
    .await
    .map(drop)
}

pub(crate) async fn end_loan(
    tx: &mut impl Tx,
    key: LoanKey,
    terms: &PoolTerms,
    now: Timestamp,
) -> Result<()> {
    tx.lock(AdvisoryLock::Lend).await?;
    let Some(row) = find_to_change(tx, key).await? else { return forbid(tx, key, now).await };
    let Some(loan) = &row.loan else { return Ok(()) };
    let at = now.min(row.until);
    end(tx, &row, PoolLoanEvent::Released, at, terms.free_at_release(loan, at)).await
}

pub(crate) async fn extend_loan(
    tx: &mut impl Tx,
    key: LoanKey,
    until: Timestamp,
    terms: &PoolTerms,
    now: Timestamp,
) -> Result<Option<PoolLoan>> {
    tx.lock(AdvisoryLock::Lend).await?;
    let Some(loan) = find_to_change(tx, key).await? else { return Ok(None) };
    let Some(purpose) = loan.purpose else { return Ok(None) };
    if loan.state == PoolLoanState::Over || loan.until <= now {
        return Ok(None);
    }
    let until = until.max(loan.until);
    tx.execute(
        "UPDATE pool_loans SET until = ?3, free_at = ?4 WHERE id = ?1 AND line = ?2",
        params![&key.id, key.line.as_str(), until, terms.free_at(purpose, until)],
    )
    .await?;
    known_loan(tx, key).await
}

/// A number that could be lent.
struct Candidate {
    number: Party,
    called: Msisdn,
    country: Country,
}
