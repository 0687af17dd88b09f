//! Loans of upstream wholesalers, by their names there and here.

use std::time::Duration;

use domain::activation::loan::Loan;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamEvent, UpstreamExtension, UpstreamKey, UpstreamLent, UpstreamLoan,
    UpstreamReturn, UpstreamState, next,
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
    check_free(tx, key, &lent.reference).await?;
    let Loan { number, country, cost, assigned_at, until } = &lent.loan;
    tx.execute(
        "UPDATE upstream_loans SET state = ?3, reference = ?4, number = ?5, country = ?6,
             cost = ?7, assigned_at = ?8, until = ?9, extended_until = NULL, listed_end = NULL
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

/// No other loan has this reference, and this one has no other.
async fn check_free(tx: &mut impl Tx, key: &UpstreamKey, reference: &str) -> Result<()> {
    let taken = tx
        .query(
            "SELECT 1 FROM upstream_loans
             WHERE supplier = ?1 AND ((reference = ?2 AND loan <> ?3)
                 OR (loan = ?3 AND reference <> ?2)) FOR UPDATE",
            params![key.supplier.as_str(), reference, &key.loan],
        )
        .await?;
    if taken.is_empty() { Ok(()) } else { Err(conflict("the wholesaler's loan is another one's")) }
}

pub(crate) async fn give_back(tx: &mut impl Tx, key: &UpstreamKey, reference: &str) -> Result<()> {
    let state = change(tx, key, UpstreamEvent::Unwanted).await?;
    let state = state.ok_or_else(|| conflict("the loan was not asked for"))?;
    check_free(tx, key, reference).await?;
    tx.execute(
        "UPDATE upstream_loans SET state = ?3, reference = ?4 WHERE supplier = ?1 AND loan = ?2",
        params![key.supplier.as_str(), &key.loan, state.as_str(), reference],
    )
    .await?;
    Ok(())
}

pub(crate) async fn extend(
    tx: &mut impl Tx,
    key: &UpstreamKey,
    extension: Option<&UpstreamExtension>,
) -> Result<()> {
    let Some(UpstreamExtension { until, listed_end }) = extension else {
        tx.execute(
            "UPDATE upstream_loans SET extended_until = NULL, listed_end = NULL
             WHERE supplier = ?1 AND loan = ?2",
            params![key.supplier.as_str(), &key.loan],
        )
        .await?;
        return Ok(());
    };
    let stored = tx
        .execute(
            "UPDATE upstream_loans SET extended_until = ?3, listed_end = ?4
             WHERE supplier = ?1 AND loan = ?2 AND state = 'lent' AND extended_until IS NULL",
            params![key.supplier.as_str(), &key.loan, *until, listed_end.as_deref()],
        )
        .await?;
    if stored == 1 { Ok(()) } else { Err(conflict("the loan is not lent, or is being extended")) }
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
                 country, cost, assigned_at, until, extended_until, listed_end
             FROM upstream_loans WHERE supplier = ?1 AND loan = ?2",
            params![key.supplier.as_str(), &key.loan],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let ask = read_ask(key.clone(), &mut row)?;
    let state = read_state(&mut row)?;
    let (reference, number) = (row.get::<Option<String>>()?, row.get::<Option<Msisdn>>()?);
    let country = row.get::<Option<u16>>()?.map(CountryCode);
    let (cost, assigned_at, until) = (row.get()?, row.get()?, row.get()?);
    let lent = match (reference, number, country, cost, assigned_at, until) {
        (
            Some(reference),
            Some(number),
            Some(country),
            Some(cost),
            Some(assigned_at),
            Some(until),
        ) => {
            let loan = Loan { number, country, cost, assigned_at, until };
            Some(UpstreamLent { reference, loan })
        }
        _ => None,
    };
    let (until, listed_end) = (row.get::<Option<Timestamp>>()?, row.get()?);
    let extension = until.map(|until| UpstreamExtension { until, listed_end });
    Ok(Some(UpstreamLoan { ask, state, lent, extension }))
}

/// From the columns `service, wanted_country, rented_ms, cost_max, asked_at`.
fn read_ask(key: UpstreamKey, row: &mut Row) -> Result<UpstreamAsk> {
    let service: String = row.get()?;
    Ok(UpstreamAsk {
        key,
        service: service.parse::<ServiceCode>().map_err(|_| unreadable("service"))?,
        country: row.get::<Option<u16>>()?.map(CountryCode),
        duration: row.get::<Option<u64>>()?.map(Duration::from_millis),
        cost_max: row.get()?,
        asked_at: row.get()?,
    })
}

pub(crate) async fn asks(
    tx: &mut impl Tx,
    supplier: &SupplierName,
    limit: u32,
) -> Result<Vec<UpstreamAsk>> {
    let rows = tx
        .query(
            "SELECT loan, service, wanted_country, rented_ms, cost_max, asked_at
             FROM upstream_loans WHERE supplier = ?1 AND state = 'asked'
             ORDER BY asked_at LIMIT ?2",
            params![supplier.as_str(), limit],
        )
        .await?;
    let read = |mut row: Row| {
        let key = UpstreamKey { supplier: supplier.clone(), loan: row.get()? };
        read_ask(key, &mut row)
    };
    rows.into_iter().map(read).collect()
}

pub(crate) async fn returns(
    tx: &mut impl Tx,
    supplier: &SupplierName,
    limit: u32,
) -> Result<Vec<UpstreamReturn>> {
    let rows = tx
        .query(
            "SELECT loan, reference, rented_ms, asked_at
             FROM upstream_loans WHERE supplier = ?1 AND state = 'returning'
             ORDER BY asked_at LIMIT ?2",
            params![supplier.as_str(), limit],
        )
        .await?;
    let read = |mut row: Row| {
        Ok(UpstreamReturn {
            key: UpstreamKey { supplier: supplier.clone(), loan: row.get()? },
            reference: row.get()?,
            is_rental: row.get::<Option<u64>>()?.is_some(),
            asked_at: row.get()?,
        })
    };
    rows.into_iter().map(read).collect()
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

/// Deletes at most `limit` loans that are over, or of which nothing was heard, and that were asked for
/// before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM upstream_loans WHERE (supplier, loan) IN (
             SELECT supplier, loan FROM upstream_loans
             WHERE state IN ('asked', 'over') AND asked_at < ?1 LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
