//! Makes the recipients of a retry pending, chunk by chunk: when the chunk is first claimed, or
//! ends by its age. Until then only the queued chunk shows the retry
//! ([`crate::rows::campaign::missed_runs`]).

use domain::id::MessageId;
use domain::message::recipient::RecipientState;
use domain::ports::ChunkId;
use domain::time::Timestamp;

use super::leased_chunks::Claim;
use crate::rows::message::tries;
use crate::rows::phone::texts;
use crate::tx::{Result, Tx, params};

/// A chunk whose recipients become pending, and since when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requeued {
    pub(crate) chunk: ChunkId,
    pub(crate) last: u32,
    pub(crate) at: Timestamp,
}

pub(crate) async fn requeue_claimed(tx: &mut impl Tx, claim: &mut Claim) -> Result<()> {
    claim.lock_messages(tx, |chunk| chunk.requeued_at.is_some()).await?;
    let requeued: Vec<_> = claim
        .chunks
        .iter()
        .filter_map(|chunk| {
            let (id, last) = (chunk.id, chunk.last);
            chunk.requeued_at.map(|at| Requeued { chunk: id, last, at })
        })
        .collect();
    requeue(tx, &requeued).await
}

/// The caller has locked the messages, and has just leased or deleted the chunks.
pub(crate) async fn requeue(tx: &mut impl Tx, chunks: &[Requeued]) -> Result<()> {
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
    // Each by its key: the planner may underestimate a range and read all of it each time.
    let rows: Vec<_> = missed.iter().map(|(message, index, _)| params![*message, *index]).collect();
    tx.execute_many("DELETE FROM submissions WHERE message = ?1 AND idx = ?2", &rows).await?;
    tries::delete(tx, &rows).await?;
    let runs: Vec<_> = chunks
        .iter()
        .map(|Requeued { chunk, last, .. }| (chunk.message, chunk.first, *last))
        .collect();
    texts::end_tries(tx, &runs).await?;
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
