//! Loans of upstream wholesalers, by their names there and here.

use std::time::Duration;

use domain::activation::loan::Loan;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamEvent, UpstreamKey, UpstreamLent, UpstreamLoan, UpstreamState, next,
};
use domain::activation::{CountryCode, ServiceCode, SupplierName};
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

fn conflict(why: &'static str) -> PortError {
    PortError::Conflict(why.to_owned())
}

pub(crate) async fn ask(tx: &mut impl Tx, ask: &UpstreamAsk) -> Result<()> {
    let UpstreamAsk { key, service, country, duration, cost_max, asked_at } = ask;
    let added = tx
        .execute(
            "INSERT INTO upstream_loans
                 (supplier, loan, service, wanted_country, rented_ms, cost_max, asked_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (supplier, loan) DO NOTHING",
            params![
                key.supplier.as_str(),
                &key.loan,
                service.as_str(),
                country.map(|country| country.0),
                duration.map(millis),
                *cost_max,
                *asked_at,
                UpstreamState::Asked.as_str(),
            ],
        )
        .await?;
    if added == 1 { Ok(()) } else { Err(conflict("the loan was asked for before")) }
}

pub(crate) async fn lend(tx: &mut impl Tx, key: &UpstreamKey, lent: &UpstreamLent) -> Result<()> {
    let state = change(tx, key, UpstreamEvent::Lent).await?;
    let state = state.ok_or_else(|| conflict("the loan was not asked for"))?;
    let taken = tx
        .query(
            "SELECT 1 FROM upstream_loans
             WHERE supplier = ?1 AND reference = ?2 AND loan <> ?3 FOR UPDATE",
            params![key.supplier.as_str(), &lent.reference, &key.loan],
        )
        .await?;
    if !taken.is_empty() {
        return Err(conflict("the wholesaler's loan is another one's"));
    }
    let Loan { number, country, cost, assigned_at, until } = &lent.loan;
    tx.execute(
        "UPDATE upstream_loans SET state = ?3, reference = ?4, number = ?5, country = ?6,
             cost = ?7, assigned_at = ?8, until = ?9
         WHERE supplier = ?1 AND loan = ?2",
        params![
            key.supplier.as_str(),
            &key.loan,
            state.as_str(),
            &lent.reference,
            i64::try_from(number.digits()).unwrap_or(i64::MAX),
            country.0,
            *cost,
            *assigned_at,
            *until,
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn end(tx: &mut impl Tx, key: &UpstreamKey, event: UpstreamEvent) -> Result<()> {
    let Some(state) = change(tx, key, event).await? else { return Ok(()) };
    tx.execute(
        "UPDATE upstream_loans SET state = ?3 WHERE supplier = ?1 AND loan = ?2",
        params![key.supplier.as_str(), &key.loan, state.as_str()],
    )
    .await?;
    Ok(())
}

/// The state after the event; `None`: there is no such loan.
async fn change(
    tx: &mut impl Tx,
    key: &UpstreamKey,
    event: UpstreamEvent,
) -> Result<Option<UpstreamState>> {
    let rows = tx
        .query(
            "SELECT state FROM upstream_loans WHERE supplier = ?1 AND loan = ?2 FOR UPDATE",
            params![key.supplier.as_str(), &key.loan],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let state = read_state(&mut row)?;
    next(state, event).map(Some).map_err(|_| conflict("the loan is in another state"))
}

fn unreadable(column: &str) -> PortError {
    PortError::Refused(format!("unreadable column: {column}"))
}

fn read_state(row: &mut Row) -> Result<UpstreamState> {
    row.get::<String>()?.parse().map_err(|_| unreadable("state"))
}

pub(crate) async fn find(tx: &mut impl Tx, key: &UpstreamKey) -> Result<Option<UpstreamLoan>> {
    let rows = tx
        .query(
            "SELECT service, wanted_country, rented_ms, cost_max, asked_at, state, reference, number,
                 country, cost, assigned_at, until
             FROM upstream_loans WHERE supplier = ?1 AND loan = ?2",
            params![key.supplier.as_str(), &key.loan],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let service: String = row.get()?;
    let service: ServiceCode = service.parse().map_err(|_| unreadable("service"))?;
    let ask = UpstreamAsk {
        key: key.clone(),
        service,
        country: row.get::<Option<u16>>()?.map(CountryCode),
        duration: row.get::<Option<u64>>()?.map(Duration::from_millis),
        cost_max: row.get()?,
        asked_at: row.get()?,
    };
    let state = read_state(&mut row)?;
    let lent = match row.get::<Option<String>>()? {
        Some(reference) => Some(UpstreamLent { reference, loan: read_loan(&mut row)? }),
        None => None,
    };
    Ok(Some(UpstreamLoan { ask, state, lent }))
}

fn read_loan(row: &mut Row) -> Result<Loan> {
    Ok(Loan {
        number: row.get::<Msisdn>()?,
        country: CountryCode(row.get()?),
        cost: row.get()?,
        assigned_at: row.get()?,
        until: row.get()?,
    })
}

pub(crate) async fn known(
    tx: &mut impl Tx,
    supplier: &SupplierName,
    references: &[String],
) -> Result<Vec<String>> {
    let asked: Vec<_> =
        references.iter().map(|reference| params![supplier.as_str(), reference]).collect();
    let found = tx
        .query_many(
            "SELECT reference FROM upstream_loans WHERE supplier = ?1 AND reference = ?2",
            &asked,
        )
        .await?;
    found.into_iter().flatten().map(|mut row| row.get()).collect()
}

/// Deletes at most `limit` loans that are over and were asked for before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM upstream_loans WHERE (supplier, loan) IN (
             SELECT supplier, loan FROM upstream_loans
             WHERE state = 'over' AND asked_at < ?1 LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
