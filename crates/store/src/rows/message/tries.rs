//! Rows of failed tries; [`domain::message::failed_try`] says which are kept.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::message::failed_try::{FailedTry, LastTry};
use domain::ports::Outcome;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::recipients::{RecipientKey, Recipients};
use crate::rows::campaign::claim_number;
use crate::tx::{Result, Row, Tx, Value, params};

/// A failed try, and its place among those of its recipient.
struct Placed {
    recipient: RecipientKey,
    number: u32,
    /// It takes the place of an earlier one.
    replaces: bool,
    failed: FailedTry,
}

/// Stores the failed tries among the outcomes of these recipients. Successful outcomes cost nothing.
pub(super) async fn store(
    tx: &mut impl Tx,
    outcomes: &[&Outcome],
    recipients: &Recipients,
    now: Timestamp,
) -> Result<()> {
    let failed = outcomes.iter().filter_map(|outcome| {
        let key = (outcome.key.chunk.message, outcome.key.recipient);
        Some((key, outcome.failed_try(now)?)).filter(|_| recipients.contains_key(&key))
    });
    let failed: Vec<_> = failed.collect();
    if failed.is_empty() {
        return Ok(());
    }
    let last = load_last(tx, failed.iter().map(|(key, _)| *key).collect()).await?;
    let (replacing, new): (Vec<_>, Vec<_>) =
        place(failed, &last).into_iter().partition(|placed| placed.replaces);
    tx.execute_many(
        "INSERT INTO tries (message, idx, number, attempt, carrier, link, reason, code, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &rows(&new),
    )
    .await?;
    tx.execute_many(
        "UPDATE tries SET attempt = ?4, carrier = ?5, link = ?6, reason = ?7, code = ?8, at = ?9
         WHERE message = ?1 AND idx = ?2 AND number = ?3",
        &rows(&replacing),
    )
    .await
    .map(drop)
}

/// Places each try after those before it. Of several with one place the last one stays.
fn place(
    failed: Vec<(RecipientKey, FailedTry)>,
    stored: &BTreeMap<RecipientKey, LastTry>,
) -> Vec<Placed> {
    let (mut last, mut placed) = (stored.clone(), BTreeMap::new());
    for (recipient, failed) in failed {
        let Some(next) = LastTry::next(last.get(&recipient).copied(), failed.attempt) else {
            continue;
        };
        last.insert(recipient, next);
        let number = next.number;
        let replaces = stored.get(&recipient).is_some_and(|stored| stored.number == number);
        placed.insert((recipient, number), Placed { recipient, number, replaces, failed });
    }
    placed.into_values().collect()
}

/// The messages are locked.
async fn load_last(
    tx: &mut impl Tx,
    keys: BTreeSet<RecipientKey>,
) -> Result<BTreeMap<RecipientKey, LastTry>> {
    let rows: Vec<_> = keys.iter().map(|(message, index)| params![message, *index]).collect();
    let found = tx
        .query_many(
            "SELECT number, attempt FROM tries WHERE message = ?1 AND idx = ?2
             ORDER BY number DESC LIMIT 1",
            &rows,
        )
        .await?;
    let mut last = BTreeMap::new();
    for (key, rows) in keys.iter().zip(found) {
        for mut row in rows {
            last.insert(*key, LastTry { number: row.get()?, attempt: row.get()? });
        }
    }
    Ok(last)
}

fn rows(placed: &[Placed]) -> Vec<[Value<'_>; 9]> {
    placed.iter().map(row).collect()
}

fn row(placed: &Placed) -> [Value<'_>; 9] {
    let Placed { recipient: (message, index), number, failed, .. } = placed;
    params![
        message,
        *index,
        *number,
        failed.attempt,
        failed.carrier.as_str(),
        failed.link,
        failed.reason,
        failed.code.as_ref(),
        failed.at,
    ]
}

/// Deletes the tries of recipients that a paid retry makes pending.
pub(crate) async fn delete(tx: &mut impl Tx, recipients: &[[Value<'_>; 2]]) -> Result<()> {
    tx.execute_many("DELETE FROM tries WHERE message = ?1 AND idx = ?2", recipients).await.map(drop)
}

/// The tries of recipients from index `first` to before `end`, each with its recipient's index; in order.
pub(super) async fn between(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    end: u32,
) -> Result<Vec<(u32, FailedTry)>> {
    let rows = tx
        .query(
            "SELECT idx, attempt, carrier, link, reason, code, at FROM tries
             WHERE message = ?1 AND idx >= ?2 AND idx < ?3 ORDER BY idx, number",
            params![message, first, end],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<(u32, FailedTry)> {
    let index = row.get()?;
    let failed = FailedTry {
        attempt: claim_number(row.get()?),
        carrier: CarrierName::new(&row.get::<String>()?),
        link: row.get()?,
        reason: row.get()?,
        code: row.get()?,
        at: row.get()?,
    };
    Ok((index, failed))
}
