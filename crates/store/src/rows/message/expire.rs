//! The end of waiting: recipients that no carrier took in time, receipts that never came, and
//! those that no submission ever asked for. What another change has waits for the next call.

use std::collections::BTreeSet;

use domain::id::MessageId;
use domain::message::recipient::{RecipientEvent, RecipientState};
use domain::ports::{ChunkId, Recorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::apply::apply;
use super::message_lock;
use super::parked::drop_parked;
use super::recipients::{self, Place, Range};
use crate::rows::campaign;
use crate::rows::queue::finish_claim::sum;
use crate::rows::queue::leases::free_lapsed;
use crate::rows::queue::requeue::{self, Requeued};
use crate::tx::{Result, Tx, params};

/// Recipients expired or timed out in one call: bounds how long the others wait.
const ROWS_MAX: i64 = 10_000;

pub(crate) async fn expire(
    tx: &mut impl Tx,
    now: Timestamp,
    parked_before: Timestamp,
    limit: u32,
) -> Result<Recorded> {
    drop_parked(tx, parked_before).await?;
    free_lapsed(tx, now).await?;
    let expired = expire_pending(tx, now, limit).await?;
    let timed_out = time_out_submitted(tx, now, limit).await?;
    Ok(sum(expired, timed_out))
}

/// Ends the chunks whose messages are no longer worth sending and that no node has, and expires
/// what is still pending in them, unless a carrier owes its word on it. A chunk's run bounds the
/// work.
async fn expire_pending(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<Recorded> {
    let found = tx
        .query(
            "SELECT message, first_idx, last_idx FROM chunks
             WHERE lease_node IS NULL AND valid_until <= ?1 ORDER BY valid_until LIMIT ?2",
            params![now, limit],
        )
        .await?;
    let (mut chunks, mut recipients) = (BTreeSet::new(), 0);
    for mut row in found {
        let chunk = ChunkId { message: row.get()?, first: row.get()? };
        recipients += row.get::<i64>()? - i64::from(chunk.first) + 1;
        if recipients > ROWS_MAX && !chunks.is_empty() {
            break;
        }
        chunks.insert(chunk);
    }
    if chunks.is_empty() {
        return Ok(Recorded::default());
    }
    let mut messages =
        message_lock::lock_free(tx, chunks.iter().map(|chunk| chunk.message)).await?;
    chunks.retain(|chunk| messages.contains_key(&chunk.message));
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first]).collect();
    let found = tx
        .query_many(
            "DELETE FROM chunks WHERE message = ?1 AND first_idx = ?2 AND lease_node IS NULL
             RETURNING last_idx, requeued_at",
            &rows,
        )
        .await?;
    let (mut ranges, mut packed): (Vec<Range>, _) = (Vec::new(), Vec::new());
    let mut requeued = Vec::new();
    for (chunk, rows) in chunks.iter().zip(found) {
        for mut row in rows {
            let (last, at): (_, Option<Timestamp>) = (row.get()?, row.get()?);
            ranges.push((chunk.message, chunk.first, last));
            requeued.extend(at.map(|at| Requeued { chunk: *chunk, last, at }));
            if messages.get(&chunk.message).is_some_and(|message| message.bulk.is_some()) {
                packed.push(*chunk);
            }
        }
    }
    campaign::open(tx, &packed, now).await?;
    requeue::requeue(tx, &requeued).await?;
    let mut pending = recipients::load_with_parts(tx, &ranges, RecipientState::Pending).await?;
    for recipient in pending.values_mut() {
        if !recipient.falls_back(None, Reason::Expired, None) {
            recipient.step(RecipientEvent::Expired, Some(Reason::Expired), None);
        }
    }
    apply(tx, &mut messages, &pending, now, None).await
}

/// Times out what carriers took and never spoke of again.
async fn time_out_submitted(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<Recorded> {
    let found = tx
        .query(
            "SELECT r.message, r.idx FROM (
                 SELECT id FROM messages
                 WHERE recipients > pending + finals AND receipts_until <= ?1
                 ORDER BY receipts_until LIMIT ?2
             ) m JOIN recipients r ON r.message = m.id
             WHERE r.state = ?3 LIMIT ?4",
            params![now, limit, RecipientState::Submitted, ROWS_MAX],
        )
        .await?;
    let mut places: BTreeSet<Place> = BTreeSet::new();
    for mut row in found {
        places.insert((row.get()?, row.get()?));
    }
    if places.is_empty() {
        return Ok(Recorded::default());
    }
    let mut messages =
        message_lock::lock_free(tx, places.iter().map(|(message, _): &(MessageId, u32)| *message))
            .await?;
    let ranges: Vec<Range> = places
        .into_iter()
        .filter(|(message, _)| messages.contains_key(message))
        .map(|(message, index)| (message, index, index))
        .collect();
    let mut submitted = recipients::load_ranges(tx, &ranges, RecipientState::Submitted).await?;
    for recipient in submitted.values_mut() {
        recipient.step(RecipientEvent::TimedOut, Some(Reason::NoReceipt), None);
    }
    apply(tx, &mut messages, &submitted, now, None).await
}
