//! Finds the blocked ones of many numbers.
//!
//! The numbers come in ascending order and are cut into runs. For each run the list is read from
//! the run's first number to its last, at most four rows per number, and merged with it. If there
//! are more rows, the list is denser than the run, and its numbers are looked up one by one. A full
//! range occurs at most once per so many rows of the list, so the total cost is the length of the
//! list and of the numbers together, never their product.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::blocklist::BlockScope;
use domain::id::AccountId;
use domain::number::Msisdn;

use super::{digits, stored};
use crate::tx::{Result, Row, Tx, params};

const RUN: usize = 1_000;
const ROWS_PER_NUMBER_MAX: usize = 4;
/// Numbers per query: on a server their runs share a round trip.
const NUMBERS_AT_ONCE: usize = 8 * RUN;

/// A scope, and numbers in ascending order.
type Run<'a> = (i64, &'a [Msisdn]);

/// Blocked numbers for everybody and for the account, if there is one; `numbers` are in ascending
/// order.
pub(crate) async fn blocked(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    numbers: &[Msisdn],
) -> Result<Vec<Msisdn>> {
    let scopes = [Some(BlockScope::Everybody), account.map(BlockScope::Account)];
    let mut found = Vec::new();
    for scope in scopes.into_iter().flatten().map(stored) {
        // Nearly all accounts have an empty or short list.
        if !numbers.is_empty() && !is_empty(tx, scope).await? {
            let runs: Vec<_> = numbers.chunks(RUN).map(|run| (scope, run)).collect();
            found.extend(of_runs(tx, &runs).await?.into_iter().map(|(_, number)| number));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

async fn is_empty(tx: &mut impl Tx, scope: i64) -> Result<bool> {
    let any = tx.query("SELECT 1 FROM blocks WHERE scope = ?1 LIMIT 1", params![scope]).await?;
    Ok(any.is_empty())
}

/// Whether the blocklist has any entry; otherwise no further query is needed.
pub(crate) async fn is_anybody_blocked(tx: &mut impl Tx) -> Result<bool> {
    let any = tx.query("SELECT 1 FROM blocks LIMIT 1", params![]).await?;
    Ok(!any.is_empty())
}

/// The blocked pairs of account and number, in any order.
pub(crate) async fn blocked_pairs(
    tx: &mut impl Tx,
    of: &[(Option<AccountId>, Msisdn)],
) -> Result<BTreeSet<(Option<AccountId>, Msisdn)>> {
    let mut blocked = BTreeSet::new();
    let mut wanted: BTreeMap<i64, Vec<Msisdn>> = BTreeMap::new();
    for (account, number) in of {
        wanted.entry(stored(BlockScope::Everybody)).or_default().push(*number);
        if let Some(account) = account {
            wanted.entry(stored(BlockScope::Account(*account))).or_default().push(*number);
        }
    }
    for numbers in wanted.values_mut() {
        numbers.sort_unstable();
        numbers.dedup();
    }
    let runs = wanted.iter().flat_map(|(scope, all)| all.chunks(RUN).map(|run| (*scope, run)));
    let found: BTreeSet<_> = of_runs(tx, &runs.collect::<Vec<_>>()).await?.into_iter().collect();
    if !found.is_empty() {
        let is = |(account, number): &(Option<AccountId>, Msisdn)| {
            let listed = |scope| found.contains(&(stored(scope), *number));
            listed(BlockScope::Everybody) || listed(BlockScope::of(*account))
        };
        blocked.extend(of.iter().copied().filter(is));
    }
    Ok(blocked)
}

async fn of_runs(tx: &mut impl Tx, runs: &[Run<'_>]) -> Result<Vec<(i64, Msisdn)>> {
    let mut found = Vec::new();
    let mut rest = runs;
    while !rest.is_empty() {
        let mut numbers = 0;
        let fits = |(_, run): &&Run<'_>| {
            numbers += run.len();
            numbers <= NUMBERS_AT_ONCE
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        find_at_once(tx, now, &mut found).await?;
        rest = later;
    }
    Ok(found)
}

async fn find_at_once(
    tx: &mut impl Tx,
    runs: &[Run<'_>],
    found: &mut Vec<(i64, Msisdn)>,
) -> Result<()> {
    let ranges: Vec<_> = runs
        .iter()
        .filter_map(|(scope, run)| Some((*scope, run.first()?, run.last()?, rows_max(run))))
        .map(|(scope, first, last, limit)| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            params![scope, digits(*first), digits(*last), limit]
        })
        .collect();
    let answers = tx
        .query_many(
            "SELECT number FROM blocks WHERE scope = ?1 AND number BETWEEN ?2 AND ?3
             ORDER BY number LIMIT ?4",
            &ranges,
        )
        .await?;
    let mut thin = Vec::new();
    for ((scope, run), rows) in runs.iter().zip(answers) {
        if rows.len() < rows_max(run) {
            merge(*scope, run, rows, found)?;
        } else {
            thin.extend(run.iter().map(|number| params![*scope, digits(*number)]));
        }
    }
    if thin.is_empty() {
        return Ok(());
    }
    let answers = tx
        .query_many("SELECT scope, number FROM blocks WHERE scope = ?1 AND number = ?2", &thin)
        .await?;
    for mut row in answers.into_iter().flatten() {
        found.push((row.get()?, row.get()?));
    }
    Ok(())
}

const fn rows_max(run: &[Msisdn]) -> usize {
    ROWS_PER_NUMBER_MAX * run.len()
}

/// Both are in ascending order.
fn merge(scope: i64, run: &[Msisdn], rows: Vec<Row>, found: &mut Vec<(i64, Msisdn)>) -> Result<()> {
    let mut run = run.iter().copied().peekable();
    for mut row in rows {
        let blocked: Msisdn = row.get()?;
        while run.next_if(|number| *number < blocked).is_some() {}
        found.extend(run.next_if_eq(&blocked).map(|number| (scope, number)));
    }
    Ok(())
}
