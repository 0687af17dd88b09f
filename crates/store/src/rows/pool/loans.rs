//! Rows of loans.

use domain::number::Msisdn;
use domain::number::pool::{LoanPurpose, PoolLine, PoolLoan, PoolLoanState};
use domain::ports::PortError;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::tx::{Result, Row, Tx, params};

/// Names a loan: a buyer may be sent to both lines, one after the other, by one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoanKey {
    pub(crate) line: PoolLine,
    pub(crate) id: Uuid,
}

/// A row as stored; one that only forbids its id has no number.
pub(super) struct Loan {
    pub(super) key: LoanKey,
    pub(super) number: Option<String>,
    pub(super) purpose: Option<LoanPurpose>,
    pub(super) service: Option<String>,
    pub(super) state: PoolLoanState,
    pub(super) until: Timestamp,
    pub(super) lent_at: Timestamp,
    pub(super) free_at: Timestamp,
    pub(super) cool_down: u64,
    /// Without messages.
    pub(super) loan: Option<PoolLoan>,
}

/// Rows as [`read`] takes them.
macro_rules! select_loans {
    ($which:literal) => {
        concat!(
            "SELECT id, number, called, country, purpose, service, state, lent_at, until, ended_at,
                 free_at, cool_down, line
             FROM pool_loans ",
            $which
        )
    };
}

pub(super) async fn find(tx: &mut impl Tx, key: LoanKey) -> Result<Option<Loan>> {
    let rows = tx
        .query(select_loans!("WHERE id = ?1 AND line = ?2"), params![&key.id, key.line.as_str()])
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(super) async fn find_to_change(tx: &mut impl Tx, key: LoanKey) -> Result<Option<Loan>> {
    let rows = tx
        .query(
            select_loans!("WHERE id = ?1 AND line = ?2 FOR UPDATE"),
            params![&key.id, key.line.as_str()],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

/// The open loan of a number, in either of its spellings.
pub(super) async fn find_open_of(
    tx: &mut impl Tx,
    number: &str,
    now: Timestamp,
) -> Result<Option<Loan>> {
    let rows = tx
        .query(
            select_loans!(
                "WHERE (number = ?1 OR called = ?1) AND state <> 'over' AND until > ?2
                 ORDER BY number FOR UPDATE"
            ),
            params![number, now],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(super) async fn find_open_overdue(
    tx: &mut impl Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Loan>> {
    let rows = tx
        .query(
            select_loans!(
                "WHERE state <> 'over' AND until <= ?1 ORDER BY number LIMIT ?2 FOR UPDATE"
            ),
            params![now, limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

/// The latest loans of a number, newest first, without their messages.
pub(crate) async fn of_number(
    tx: &mut impl Tx,
    number: Msisdn,
    limit: u32,
) -> Result<Vec<PoolLoan>> {
    let number = number.digits().to_string();
    let rows = tx
        .query(
            select_loans!("WHERE number = ?1 ORDER BY lent_at DESC LIMIT ?2"),
            params![&number, limit],
        )
        .await?;
    let loans = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(loans.into_iter().filter_map(|loan| loan.loan).collect())
}

fn read(mut row: Row) -> Result<Loan> {
    let id: Uuid = row.get()?;
    let (number, called): (Option<String>, Option<String>) = (row.get()?, row.get()?);
    let country = row.get::<Option<_>>()?;
    let purpose = row.get::<Option<_>>()?;
    let service: Option<String> = row.get()?;
    let (state, lent_at, until) = (row.get()?, row.get()?, row.get()?);
    let (ended_at, free_at, cool_down) = (row.get()?, row.get()?, row.get()?);
    let key = LoanKey { id, line: row.get()? };
    let called = called.map(|digits| digits.parse::<Msisdn>()).transpose();
    let called = called.map_err(|_| unreadable("called"))?;
    let of = service.as_deref().map(str::parse).transpose();
    let of = of.map_err(|_| unreadable("service"))?;
    let loan = match (called, country, purpose, of) {
        (Some(number), Some(country), Some(purpose), Some(service)) => Some(PoolLoan {
            id,
            number,
            country,
            purpose,
            service,
            state,
            lent_at,
            until,
            ended_at,
            messages: Vec::new(),
        }),
        _ => None,
    };
    Ok(Loan { key, number, purpose, service, state, until, lent_at, free_at, cool_down, loan })
}

fn unreadable(column: &str) -> PortError {
    PortError::Refused(format!("unreadable column: {column}"))
}
