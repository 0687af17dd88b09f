//! The recipients to retry, as a list of their chunks.
//!
//! A recipient that becomes *failed*, *expired* or *timeout* leaves a note of its run, a range of a
//! thousand recipients. A retry queues a chunk for each of these runs and changes no recipient.
//! Until that chunk is claimed, or ends by its age, the recipient's row still holds the result of
//! the previous try, so readers join the queued chunk ([`super::page`], and the trace).

use std::collections::BTreeSet;

use domain::id::MessageId;
use domain::limits::CHUNK_RECIPIENTS_MAX;

use crate::tx::{Result, Row, Tx, params};

/// Joins recipients `r` with the chunk `c` by which they wait for a retry, if any.
macro_rules! waits_for_retry {
    () => {
        "LEFT JOIN chunks c
             ON c.message = r.message AND c.first_idx = r.idx / 1000 * 1000
                 AND c.requeued_at IS NOT NULL AND r.state IN ('failed', 'expired', 'timeout')"
    };
}

/// The columns of recipients of message ?1 from index ?2 to before ?3, as the account sees them.
macro_rules! shown_recipients {
    () => {
        concat!(
            "SELECT r.idx, r.address, r.price,
                 CASE WHEN c.message IS NULL THEN r.state ELSE 'pending' END AS state,
                 CASE WHEN c.message IS NULL THEN r.reason END AS reason,
                 CASE WHEN c.message IS NULL THEN r.code END AS code,
                 coalesce(c.requeued_at, r.updated_at) AS updated_at
             FROM recipients r ",
            $crate::rows::campaign::missed_runs::waits_for_retry!(),
            " WHERE r.message = ?1 AND r.idx >= ?2 AND r.idx < ?3"
        )
    };
}

pub(crate) use {shown_recipients, waits_for_retry};

const _: () = assert!(CHUNK_RECIPIENTS_MAX == 1_000, "the join says so in SQL");

/// Notes the runs of recipients of locked messages that can now be retried.
pub(crate) async fn insert(tx: &mut impl Tx, missed: &[(MessageId, u32)]) -> Result<()> {
    let runs: BTreeSet<_> =
        missed.iter().map(|(message, index)| (message, *index / CHUNK_RECIPIENTS_MAX)).collect();
    let rows: Vec<_> = runs.into_iter().map(|(message, run)| params![message, run]).collect();
    tx.execute_many(
        "INSERT INTO missed_runs (message, run) VALUES (?1, ?2)
         ON CONFLICT (message, run) DO NOTHING",
        &rows,
    )
    .await
    .map(drop)
}

/// Deletes the notes of a message, and returns the first and last index of each run.
pub(super) async fn take(tx: &mut impl Tx, message: &MessageId) -> Result<Vec<(u32, u32)>> {
    let rows = tx
        .query("SELECT run FROM missed_runs WHERE message = ?1 ORDER BY run", params![message])
        .await?;
    tx.execute("DELETE FROM missed_runs WHERE message = ?1", params![message]).await?;
    let run = |mut row: Row| {
        let first = row.get::<u32>()?.saturating_mul(CHUNK_RECIPIENTS_MAX);
        Ok((first, first.saturating_add(CHUNK_RECIPIENTS_MAX - 1)))
    };
    rows.into_iter().map(run).collect()
}
