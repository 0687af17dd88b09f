//! Those who did not get a message to many, made pending chunk by chunk when it is tried again.
//!
//! Whoever becomes *failed*, *expired* or *timeout* leaves a note of the run that he is in. Another try
//! queues a chunk for each of these runs and touches no recipient. Until the chunk is claimed, or ends by
//! its age, his row says what became of the try before; whoever reads it asks whether its chunk is
//! queued again (a campaign's page, and the trace). From there on nothing knows of it.

use std::collections::BTreeSet;

use domain::id::MessageId;
use domain::limits::CHUNK_RECIPIENTS_MAX;
use domain::message::recipient::{RecipientEvent, RecipientState, next};
use domain::ports::ChunkId;
use domain::time::Timestamp;

use crate::tx::{Result, Tx, params};

/// Joins recipients `r` with the chunk `c` by which they wait for another try, if they do.
macro_rules! waits_again {
    () => {
        "LEFT JOIN chunks c
             ON c.message = r.message AND c.first_idx = r.idx / 1000 * 1000
                 AND c.requeued_at IS NOT NULL AND r.state IN ('failed', 'expired', 'timeout')"
    };
}

/// The columns of a message's (?1) recipients from ?2 to before ?3, as whoever reads them is to see them.
macro_rules! seen {
    () => {
        concat!(
            "SELECT r.idx, r.address, r.price,
                 CASE WHEN c.message IS NULL THEN r.state ELSE 'pending' END AS state,
                 CASE WHEN c.message IS NULL THEN r.reason END AS reason,
                 coalesce(c.requeued_at, r.updated_at) AS updated_at
             FROM recipients r ",
            crate::rows::queue::requeue::waits_again!(),
            " WHERE r.message = ?1 AND r.idx >= ?2 AND r.idx < ?3"
        )
    };
}

pub(crate) use {seen, waits_again};

const _: () = assert!(CHUNK_RECIPIENTS_MAX == 1_000, "the join has it in words");

/// A chunk whose recipients are to be made pending, and since when they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requeued {
    pub(crate) chunk: ChunkId,
    pub(crate) last: u32,
    pub(crate) at: Timestamp,
}

/// Another try would be for him.
pub(crate) fn is_missed(state: RecipientState) -> bool {
    next(state, RecipientEvent::Requeued).is_ok()
}

/// These recipients of locked messages have just become so.
pub(crate) async fn note_missed(tx: &mut impl Tx, places: &[(MessageId, u32)]) -> Result<()> {
    let runs: BTreeSet<_> =
        places.iter().map(|(message, index)| (message, *index / CHUNK_RECIPIENTS_MAX)).collect();
    let rows: Vec<_> = runs.into_iter().map(|(message, run)| params![message, run]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_many(
        "INSERT INTO missed_runs (message, run) VALUES (?1, ?2)
         ON CONFLICT (message, run) DO NOTHING",
        &rows,
    )
    .await
    .map(drop)
}

/// First and last index of each run that another try is for; they are forgotten.
pub(crate) async fn take_runs(tx: &mut impl Tx, message: &MessageId) -> Result<Vec<(u32, u32)>> {
    let rows = tx
        .query("SELECT run FROM missed_runs WHERE message = ?1 ORDER BY run", params![message])
        .await?;
    tx.execute("DELETE FROM missed_runs WHERE message = ?1", params![message]).await?;
    let run = |mut row: crate::tx::Row| {
        let first = row.get::<u32>()?.saturating_mul(CHUNK_RECIPIENTS_MAX);
        Ok((first, first.saturating_add(CHUNK_RECIPIENTS_MAX - 1)))
    };
    rows.into_iter().map(run).collect()
}

/// Makes those pending who are to be. The caller has the messages locked, and has just leased or
/// deleted the chunks.
pub(crate) async fn requeue(tx: &mut impl Tx, chunks: &[Requeued]) -> Result<()> {
    if chunks.is_empty() {
        return Ok(());
    }
    let ranges: Vec<_> = chunks
        .iter()
        .map(|Requeued { chunk, last, .. }| params![&chunk.message, chunk.first, *last])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx FROM recipients WHERE message = ?1 AND idx BETWEEN ?2 AND ?3
                 AND state IN ('failed', 'expired', 'timeout')
             ORDER BY idx",
            &ranges,
        )
        .await?;
    let mut missed: Vec<(&MessageId, u32, Timestamp)> = Vec::new();
    for (Requeued { chunk, at, .. }, rows) in chunks.iter().zip(found) {
        for mut row in rows {
            missed.push((&chunk.message, row.get()?, *at));
        }
    }
    // Each by its key: of a range a server may think so little that it looks at all of it each time.
    let rows: Vec<_> = missed.iter().map(|(message, index, _)| params![*message, *index]).collect();
    tx.execute_many("DELETE FROM submissions WHERE message = ?1 AND idx = ?2", &rows).await?;
    let pending = RecipientState::Pending;
    let rows: Vec<_> =
        missed.iter().map(|(message, index, at)| params![*message, *index, pending, *at]).collect();
    tx.execute_many(
        "UPDATE recipients SET state = ?3, reason = NULL, code = NULL, tried = NULL,
             deferred_attempt = 0, unanswered = 0, attempts = 0, updated_at = ?4
         WHERE message = ?1 AND idx = ?2",
        &rows,
    )
    .await?;
    let rows: Vec<_> =
        chunks.iter().map(|Requeued { chunk, .. }| params![&chunk.message, chunk.first]).collect();
    tx.execute_many(
        "UPDATE chunks SET requeued_at = NULL WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}
