//! Reads what recipients wait for; [`domain::message::waiting`] derives the reason from it.

use std::collections::BTreeMap;

use domain::id::MessageId;
use domain::message::waiting::{Waiting, WaitingChunk};
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

/// In the order of `recipients`; `None` without such a message.
pub(crate) async fn waiting(
    tx: &mut impl Tx,
    recipients: &[(MessageId, u32)],
) -> Result<Vec<Option<Waiting>>> {
    let messages = load_messages(tx, recipients).await?;
    let rows: Vec<_> = recipients.iter().map(|(message, index)| params![message, *index]).collect();
    let found = tx
        .query_many(
            "SELECT last_idx, due_at, lease_node, reason FROM chunks
             WHERE message = ?1 AND first_idx <= ?2 ORDER BY first_idx DESC LIMIT 1",
            &rows,
        )
        .await?;
    let mut waiting = Vec::with_capacity(recipients.len());
    for ((message, index), rows) in recipients.iter().zip(found) {
        let Some(found) = messages.get(message) else {
            waiting.push(None);
            continue;
        };
        let mut found = found.clone();
        for row in rows {
            found.chunk = read_chunk(row, *index)?.or(found.chunk);
        }
        waiting.push(Some(found));
    }
    Ok(waiting)
}

/// What all recipients of a message share. The first claim of a single message may have no chunk.
async fn load_messages(
    tx: &mut impl Tx,
    recipients: &[(MessageId, u32)],
) -> Result<BTreeMap<MessageId, Waiting>> {
    let mut ids: Vec<_> = recipients.iter().map(|(message, _)| *message).collect();
    ids.dedup();
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT m.lane, m.state, m.lease_node, m.lease_until, b.paused, b.start_at
             FROM messages m LEFT JOIN bulk_messages b ON b.message = m.id
             WHERE m.id = ?1",
            &rows,
        )
        .await?;
    let mut messages = BTreeMap::new();
    for (id, rows) in ids.iter().zip(found) {
        for row in rows {
            messages.insert(*id, read_message(row)?);
        }
    }
    Ok(messages)
}

fn read_message(mut row: Row) -> Result<Waiting> {
    let (lane, state) = (row.get()?, row.get()?);
    let (node, until) = (row.get::<Option<String>>()?, row.get::<Option<Timestamp>>()?);
    let chunk = until.filter(|_| node.is_some());
    let chunk = chunk.map(|due_at| WaitingChunk { due_at, node, reason: None });
    let is_paused = row.get::<Option<i64>>()? == Some(1);
    Ok(Waiting { lane, state, is_paused, start_at: row.get()?, chunk })
}

/// `None` when the chunk ends before the recipient.
fn read_chunk(mut row: Row, index: u32) -> Result<Option<WaitingChunk>> {
    let last: u32 = row.get()?;
    let chunk = WaitingChunk { due_at: row.get()?, node: row.get()?, reason: row.get()? };
    Ok(Some(chunk).filter(|_| index <= last))
}
