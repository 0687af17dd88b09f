//! Ending a message before its time, because its order was cancelled or lost.

use domain::message::{MessageEvent, MessageId, next};
use domain::reason::Reason;
use domain::recipient::{RecipientEvent, RecipientState, next as next_recipient};
use domain::time::Timestamp;

use super::apply::{Change, apply};
use crate::sql::{Result, Row, Tx, params};

/// Cancels the message unless a carrier has or may have some of it; true when it did.
pub(crate) async fn withdraw(
    tx: &mut impl Tx,
    message: &MessageId,
    now: Timestamp,
) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT state FROM messages WHERE id = ?1 AND pending = recipients
                 AND NOT EXISTS (SELECT 1 FROM submissions s WHERE s.message = ?1)
                 AND NOT EXISTS (
                     SELECT 1 FROM chunks c WHERE c.message = ?1 AND c.lease_node IS NOT NULL
                 )",
            params![message],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(false) };
    let Ok(state) = next(row.get()?, MessageEvent::Cancelled) else { return Ok(false) };
    tx.execute(
        "UPDATE messages SET state = ?2, updated_at = ?3 WHERE id = ?1",
        params![message, state, now],
    )
    .await?;
    end_chunks(tx, message, now).await?;
    Ok(true)
}

/// Times out every recipient that is not final, whoever has it.
pub(crate) async fn time_out(
    tx: &mut impl Tx,
    message: &MessageId,
    reason: Reason,
    now: Timestamp,
) -> Result<()> {
    let rows = tx
        .query(
            "SELECT message, idx, state, parts FROM recipients
             WHERE message = ?1 AND state IN (?2, ?3)",
            params![message, RecipientState::Pending, RecipientState::Submitted],
        )
        .await?;
    let changes = changes_of(rows, RecipientEvent::TimedOut, reason)?;
    end_chunks(tx, message, now).await?;
    apply(tx, &changes, now).await.map(drop)
}

async fn end_chunks(tx: &mut impl Tx, message: &MessageId, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE chunks SET ended_at = ?2, lease_node = NULL
         WHERE message = ?1 AND ended_at IS NULL",
        params![message, now],
    )
    .await
    .map(drop)
}

/// The changes that one event brings to recipients read as message, index, state and parts.
pub(super) fn changes_of(
    rows: impl IntoIterator<Item = Row>,
    event: RecipientEvent,
    reason: Reason,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for mut row in rows {
        let (message, index, from) = (row.get()?, row.get()?, row.get()?);
        if let Ok(to) = next_recipient(from, event) {
            let (parts, reason) = (row.get()?, Some(reason));
            changes.push(Change { message, index, from, to, parts, reason, code: None });
        }
    }
    Ok(changes)
}
