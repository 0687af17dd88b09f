//! Expires recipients that no carrier accepted in time, recipients with overdue receipts, and old
//! parked receipts. Rows locked by another change wait for the next call.

use std::collections::BTreeSet;

use domain::id::MessageId;
use domain::message::recipient::RecipientState;
use domain::ports::{ChunkId, Recorded};
use domain::reason::Reason;
use domain::sale::order::Unreceipted;
use domain::time::Timestamp;

use super::apply::apply;
use super::message_lock::{self, Messages};
use super::parked_receipts;
use super::recipients::{self, Range, RecipientKey};
use super::settle_sent::settle_as_sent;
use super::withdraw;
use crate::rows::campaign;
use crate::rows::queue::lease::free_lapsed;
use crate::rows::queue::requeue::{self, Requeued};
use crate::tx::{Result, Tx, params};

/// Recipients expired or timed out per call: bounds how long other changes wait.
const ROWS_MAX: i64 = 10_000;

pub(crate) async fn expire(
    tx: &mut impl Tx,
    now: Timestamp,
    parked_before: Timestamp,
    limit: u32,
    unreceipted: Unreceipted,
) -> Result<Recorded> {
    parked_receipts::delete_old(tx, parked_before).await?;
    free_lapsed(tx, now).await?;
    let mut recorded = expire_pending(tx, now, limit).await?;
    recorded.add(time_out_submitted(tx, now, limit, unreceipted).await?);
    Ok(recorded)
}

/// Ends chunks past their validity that no node has leased, and expires their pending recipients.
/// Whole chunks bound the work.
async fn expire_pending(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<Recorded> {
    let mut chunks = find_invalid_chunks(tx, now, limit).await?;
    let mut messages =
        message_lock::lock_free(tx, chunks.iter().map(|chunk| chunk.message)).await?;
    chunks.retain(|chunk| messages.contains_key(&chunk.message));
    let ranges = delete_chunks(tx, &chunks, &messages, now).await?;
    let mut pending =
        recipients::load_with_parts(tx, &messages, &ranges, RecipientState::Pending).await?;
    for recipient in pending.values_mut() {
        recipient.delivery.expire();
    }
    apply(tx, &mut messages, &pending, now, None).await
}

async fn find_invalid_chunks(
    tx: &mut impl Tx,
    now: Timestamp,
    limit: u32,
) -> Result<BTreeSet<ChunkId>> {
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
    Ok(chunks)
}

/// Deletes chunks of locked messages that no node has leased meanwhile, and ensures that their
/// recipients have rows. Returns their ranges.
async fn delete_chunks(
    tx: &mut impl Tx,
    chunks: &BTreeSet<ChunkId>,
    messages: &Messages,
    now: Timestamp,
) -> Result<Vec<Range>> {
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first]).collect();
    let found = tx
        .query_many(
            "DELETE FROM chunks WHERE message = ?1 AND first_idx = ?2 AND lease_node IS NULL
             RETURNING last_idx, requeued_at",
            &rows,
        )
        .await?;
    let (mut ranges, mut packed, mut requeued) = (Vec::new(), Vec::new(), Vec::new());
    for (chunk, rows) in chunks.iter().zip(found) {
        for mut row in rows {
            let (last, at): (_, Option<Timestamp>) = (row.get()?, row.get()?);
            ranges.push((chunk.message, chunk.first, last));
            requeued.extend(at.map(|at| Requeued { chunk: *chunk, last, at }));
            if messages.get(&chunk.message).is_some_and(|message| message.campaign.is_some()) {
                packed.push(*chunk);
            }
        }
    }
    campaign::unpack(tx, &packed, now).await?;
    requeue::requeue(tx, &requeued).await?;
    Ok(ranges)
}

/// Times out submitted recipients with overdue receipts, or settles their orders as sent.
async fn time_out_submitted(
    tx: &mut impl Tx,
    now: Timestamp,
    limit: u32,
    unreceipted: Unreceipted,
) -> Result<Recorded> {
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
    let mut keys: BTreeSet<RecipientKey> = BTreeSet::new();
    for mut row in found {
        keys.insert((row.get()?, row.get()?));
    }
    // The others have their only recipient in their own row.
    let found = tx
        .query(
            "SELECT id FROM messages
             WHERE recipients > pending + finals AND receipts_until <= ?1 AND address IS NOT NULL
             ORDER BY receipts_until LIMIT ?2",
            params![now, limit],
        )
        .await?;
    for mut row in found {
        keys.insert((row.get()?, 0));
    }
    let mut messages =
        message_lock::lock_free(tx, keys.iter().map(|(message, _)| *message)).await?;
    let ranges: Vec<Range> = keys
        .into_iter()
        .filter(|(message, _)| messages.contains_key(message))
        .map(|(message, index)| (message, index, index))
        .collect();
    let mut submitted =
        recipients::load_ranges(tx, &messages, &ranges, RecipientState::Submitted).await?;
    let (settled, mut recorded) = match unreceipted {
        Unreceipted::Refund => (BTreeSet::new(), Recorded::default()),
        Unreceipted::Settle => settle_taken(tx, &mut messages, &ranges, now).await?,
    };
    for ((message, _), recipient) in &mut submitted {
        if !settled.contains(message) {
            recipient.delivery.time_out(Reason::NoReceipt);
        }
    }
    recorded.add(apply(tx, &mut messages, &submitted, now, None).await?);
    Ok(recorded)
}

/// Settles the orders whose messages carriers confirmed, and that are not decided yet.
async fn settle_taken(
    tx: &mut impl Tx,
    messages: &mut Messages,
    ranges: &[Range],
    now: Timestamp,
) -> Result<(BTreeSet<MessageId>, Recorded)> {
    let of_orders: Vec<Range> = ranges
        .iter()
        .copied()
        .filter(|(message, ..)| messages.get(message).is_some_and(|found| found.order.is_some()))
        .collect();
    let submitted =
        recipients::load_with_parts(tx, messages, &of_orders, RecipientState::Submitted).await?;
    let taken = submitted.iter().filter(|(_, recipient)| recipient.delivery.is_taken());
    let taken: Vec<_> = taken.map(|((message, _), _)| *message).collect();
    let (settled, recorded) = settle_as_sent(tx, messages, taken, now, None).await?;
    for message in &settled {
        // No other carrier is to get it any more.
        withdraw::delete_chunks(tx, message).await?;
    }
    Ok((settled, recorded))
}
