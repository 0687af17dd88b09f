//! The log of attempts that did not deliver their event, and of those that did before a replay.

use std::time::Duration;

use domain::event::{Attempt, AttemptResult};
use domain::id::EventId;
use domain::limits::EVENT_ATTEMPTS_MAX;
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

/// An attempt's duration as it is stored.
pub(super) fn millis(attempt: &Attempt) -> u32 {
    u32::try_from(attempt.took.as_millis()).unwrap_or(u32::MAX)
}

pub(super) async fn log(tx: &mut impl Tx, attempts: &[(EventId, Attempt)]) -> Result<()> {
    let results: Vec<_> = attempts.iter().map(|(_, it)| it.result.to_string()).collect();
    let rows: Vec<_> = attempts
        .iter()
        .zip(&results)
        .map(|((event, attempt), result)| params![*event, attempt.at, millis(attempt), result])
        .collect();
    tx.execute_many(
        "INSERT INTO event_attempts (event, at, took_ms, result) VALUES (?1, ?2, ?3, ?4)",
        &rows,
    )
    .await
    .map(drop)
}

/// All stored attempts of an event, oldest first.
pub(crate) async fn attempts_of(tx: &mut impl Tx, event: EventId) -> Result<Vec<Attempt>> {
    let failed = tx
        .query(
            "SELECT at, took_ms, result FROM event_attempts WHERE event = ?1 ORDER BY id",
            params![event],
        )
        .await?;
    let delivered = tx
        .query(
            "SELECT attempt_at, attempt_ms, CAST(attempt_status AS TEXT) FROM events
             WHERE id = ?1 AND attempt_at IS NOT NULL",
            params![event],
        )
        .await?;
    failed.into_iter().chain(delivered).map(read).collect()
}

fn read(mut row: Row) -> Result<Attempt> {
    let at = row.get()?;
    let took = Duration::from_millis(row.get()?);
    Ok(Attempt { at, took, result: row.get::<AttemptResult>()? })
}

/// Ids rise with time, so the oldest rows are found without an index of their own, and the newest
/// [`EVENT_ATTEMPTS_MAX`] ids hold at most as many rows.
pub(super) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM event_attempts WHERE id IN (
             SELECT id FROM (SELECT id, at FROM event_attempts ORDER BY id LIMIT ?1) AS oldest
             WHERE at < ?2 OR id <= (SELECT max(id) FROM event_attempts) - ?3
         )",
        params![limit, before, EVENT_ATTEMPTS_MAX],
    )
    .await
}
