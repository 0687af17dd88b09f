//! Which of many numbers are blocked.
//!
//! The numbers come in ascending order and are cut into runs. Of each run the list is read from its
//! first number to its last, at most four rows for each number, and merged with it. Where there are
//! more, the run is thin among the blocked: then its numbers are looked up one by one. A full range
//! is met at most once for so many rows of the list, so all of it costs the length of the list and
//! of the numbers together, never their product.

use std::collections::BTreeSet;

use domain::account::AccountId;
use domain::blocklist::BlockScope;
use domain::number::Msisdn;

use super::{digits, stored};
use crate::sql::{Result, Row, Tx, params};

const RUN: usize = 1_000;
const ROWS_OF_A_RUN_MAX: usize = 4 * RUN;
/// Runs asked for at once: on a server they share its answer's way.
const RUNS_AT_ONCE: usize = 8;

pub(crate) async fn blocked(
    tx: &mut impl Tx,
    account: AccountId,
    numbers: &[Msisdn],
) -> Result<Vec<Msisdn>> {
    let mut found = of_scope(tx, BlockScope::Everybody, numbers).await?;
    let own = of_scope(tx, BlockScope::Account(account), numbers).await?;
    if found.is_empty() {
        return Ok(own);
    }
    found.extend(own);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

async fn of_scope(tx: &mut impl Tx, scope: BlockScope, numbers: &[Msisdn]) -> Result<Vec<Msisdn>> {
    let scope = stored(scope);
    let mut found = Vec::new();
    // Nearly everybody has an empty list, or a short one.
    if numbers.is_empty() || is_empty(tx, scope).await? {
        return Ok(found);
    }
    let runs: Vec<_> = numbers.chunks(RUN).collect();
    for runs in runs.chunks(RUNS_AT_ONCE) {
        let ranges: Vec<_> = runs
            .iter()
            .filter_map(|run| Some((*run.first()?, *run.last()?)))
            .map(|(first, last)| {
                params![scope, digits(first), digits(last), ROWS_OF_A_RUN_MAX as u32]
            })
            .collect();
        let answers = tx
            .query_many(
                "SELECT number FROM blocks WHERE scope = ?1 AND number BETWEEN ?2 AND ?3
                 ORDER BY number LIMIT ?4",
                &ranges,
            )
            .await?;
        for (run, rows) in runs.iter().zip(answers) {
            if rows.len() < ROWS_OF_A_RUN_MAX {
                merge(run, rows, &mut found)?;
            } else {
                found.extend(one_by_one(tx, scope, run).await?);
            }
        }
    }
    Ok(found)
}

async fn is_empty(tx: &mut impl Tx, scope: i64) -> Result<bool> {
    let any = tx.query("SELECT 1 FROM blocks WHERE scope = ?1 LIMIT 1", params![scope]).await?;
    Ok(any.is_empty())
}

/// Both are in ascending order.
fn merge(run: &[Msisdn], rows: Vec<Row>, found: &mut Vec<Msisdn>) -> Result<()> {
    let mut run = run.iter().copied().peekable();
    for mut row in rows {
        let blocked: Msisdn = row.get()?;
        while run.next_if(|number| *number < blocked).is_some() {}
        found.extend(run.next_if_eq(&blocked));
    }
    Ok(())
}

async fn one_by_one(tx: &mut impl Tx, scope: i64, run: &[Msisdn]) -> Result<Vec<Msisdn>> {
    let asked: Vec<_> = run.iter().map(|number| params![scope, digits(*number)]).collect();
    let answers =
        tx.query_many("SELECT number FROM blocks WHERE scope = ?1 AND number = ?2", &asked).await?;
    answers.into_iter().flatten().map(|mut row| row.get()).collect()
}

pub(crate) async fn blocked_any(
    tx: &mut impl Tx,
    of: &[(Option<AccountId>, Msisdn)],
) -> Result<Vec<bool>> {
    let everybody = of.iter().map(|(_, number)| (None, *number));
    let wanted: BTreeSet<(Option<AccountId>, Msisdn)> =
        of.iter().copied().chain(everybody).collect();
    let mut blocked = BTreeSet::new();
    let wanted: Vec<_> = wanted.into_iter().collect();
    for same in wanted.chunk_by(|(a, _), (b, _)| a == b) {
        let Some((account, _)) = same.first() else { continue };
        let numbers: Vec<_> = same.iter().map(|(_, number)| *number).collect();
        let found = of_scope(tx, BlockScope::of(*account), &numbers).await?;
        blocked.extend(found.into_iter().map(|number| (*account, number)));
    }
    let is = |(account, number): &(Option<AccountId>, Msisdn)| {
        blocked.contains(&(None, *number)) || blocked.contains(&(*account, *number))
    };
    Ok(of.iter().map(is).collect())
}
