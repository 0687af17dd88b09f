//! Ending a message before its time, because its order was cancelled or lost.

use domain::message::{MessageEvent, MessageId, next};
use domain::ports::{ChunkId, Recorded};
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
                     SELECT 1 FROM chunks c WHERE c.message = ?1 AND c.unsure = 1
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

/// Ends those of these claims whose order is final without a delivery, and times out what is still
/// pending in them: nobody pays for handing it over (again).
pub(super) async fn withdraw_unpaid(
    tx: &mut impl Tx,
    claims: &[(ChunkId, u32)],
    now: Timestamp,
) -> Result<Recorded> {
    let rows: Vec<_> = claims.iter().map(|(id, attempt)| params![*id, *attempt]).collect();
    let found = tx
        .query_many(
            "SELECT c.id, c.message, c.first_idx, c.last_idx, o.reason FROM chunks c
             JOIN messages m ON m.id = c.message
             JOIN orders o ON o.id = m.order_id
             WHERE c.id = ?1 AND c.attempt = ?2 AND c.ended_at IS NULL
                 AND o.state IN ('lost', 'cancelled')",
            &rows,
        )
        .await?;
    let (mut ended, mut changes) = (Vec::new(), Vec::new());
    for mut row in found.into_iter().flatten() {
        ended.push(params![row.get::<ChunkId>()?, now]);
        let (message, first, last): (MessageId, u32, u32) = (row.get()?, row.get()?, row.get()?);
        let reason: Option<Reason> = row.get()?;
        let pending = tx
            .query(
                "SELECT message, idx, state, parts FROM recipients
                 WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4",
                params![&message, first, last, RecipientState::Pending],
            )
            .await?;
        let reason = reason.unwrap_or(Reason::NodeRefunded);
        changes.extend(changes_of(pending, RecipientEvent::TimedOut, reason)?);
    }
    tx.execute_many("UPDATE chunks SET ended_at = ?2, lease_node = NULL WHERE id = ?1", &ended)
        .await?;
    apply(tx, &changes, now).await
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
