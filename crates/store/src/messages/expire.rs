//! The end of waiting: recipients that no carrier took in time, receipts that never came, and
//! those that no submission ever asked for.

use domain::message::MessageId;
use domain::ports::{ChunkId, Recorded};
use domain::reason::Reason;
use domain::recipient::{RecipientEvent, RecipientState};
use domain::time::Timestamp;

use super::apply::{Change, apply};
use super::withdraw::changes_of;
use crate::sql::{Result, Tx, params};

/// Recipients timed out, or parked receipts dropped, in one call: bounds how long the others wait.
const ROWS_MAX: i64 = 10_000;

pub(crate) async fn expire(
    tx: &mut impl Tx,
    now: Timestamp,
    parked_before: Timestamp,
    limit: u32,
) -> Result<Recorded> {
    let mut changes = expired(tx, now, limit).await?;
    changes.extend(without_receipt(tx, now, limit).await?);
    let recorded = apply(tx, &changes, now).await?;
    drop_parked(tx, parked_before).await?;
    Ok(recorded)
}

/// Ends the chunks whose messages are no longer worth sending and that no node has, and expires
/// what is still pending in them. A chunk's run bounds the work.
async fn expired(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<Vec<Change>> {
    let rows = tx
        .query(
            "SELECT id, message, first_idx, last_idx FROM chunks
             WHERE ended_at IS NULL AND valid_until <= ?1
                 AND (lease_node IS NULL OR due_at <= ?1)
             ORDER BY valid_until LIMIT ?2",
            params![now, limit],
        )
        .await?;
    let (mut ended, mut runs) = (Vec::new(), Vec::new());
    for mut row in rows {
        ended.push(params![row.get::<ChunkId>()?, now]);
        let run: (MessageId, u32, u32) = (row.get()?, row.get()?, row.get()?);
        runs.push(run);
    }
    tx.execute_many("UPDATE chunks SET ended_at = ?2, lease_node = NULL WHERE id = ?1", &ended)
        .await?;
    let ranges: Vec<_> = runs
        .iter()
        .map(|(message, first, last)| params![message, *first, *last, RecipientState::Pending])
        .collect();
    let found = tx
        .query_many(
            "SELECT message, idx, state, parts FROM recipients
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4",
            &ranges,
        )
        .await?;
    changes_of(found.into_iter().flatten(), RecipientEvent::Expired, Reason::Expired)
}

/// Times out what carriers took and never spoke of again.
async fn without_receipt(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<Vec<Change>> {
    let rows = tx
        .query(
            "SELECT r.message, r.idx, r.state, r.parts FROM (
                 SELECT id FROM messages
                 WHERE pending + finals < recipients AND receipts_until <= ?1
                 ORDER BY receipts_until LIMIT ?2
             ) m JOIN recipients r ON r.message = m.id
             WHERE r.state = ?3 LIMIT ?4",
            params![now, limit, RecipientState::Submitted, ROWS_MAX],
        )
        .await?;
    changes_of(rows, RecipientEvent::TimedOut, Reason::NoReceipt)
}

async fn drop_parked(tx: &mut impl Tx, before: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM parked_receipts WHERE id IN (
             SELECT id FROM parked_receipts WHERE parked_at < ?1 LIMIT ?2
         )",
        params![before, ROWS_MAX],
    )
    .await
    .map(drop)
}
