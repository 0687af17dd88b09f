//! How claims end.
//!
//! | left of the claim | done | await receipts | retry |
//! |---|---|---|---|
//! | nothing that is *pending* or awaited | the chunk goes | the chunk goes | the chunk goes |
//! | nothing *pending*, receipts awaited | waits for them | waits for them | waits for them |
//! | *pending* recipients | due again at once | due again at once | due again at its time |
//! | *pending*, and nobody pays any more | timed out | timed out | timed out |
//!
//! A claim makes its chunk *unsure*. Its end clears that, if the chunk was sure before the claim
//! and every recipient still pending was deferred for a reason that says that no carrier has it.
//! A deferral without an answer leaves the chunk unsure for good, whichever claim it is of.

use std::collections::{BTreeMap, BTreeSet};

use domain::message::recipient::RecipientState;
use domain::ports::{Changed, ChunkEnd, ChunkId, Lease, Recorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use crate::rows::campaign;
use crate::rows::message::message_lock::Messages;
use crate::rows::message::recipients::Range;
use crate::rows::message::withdraw::{unpaid, withdraw_unpaid};
use crate::tx::{Result, Tx, params};

/// A chunk's row, read for an end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    last: u32,
    pub(crate) attempt: u32,
    was_unsure: bool,
    await_until: Option<Timestamp>,
    valid_until: Timestamp,
}

pub(crate) type Chunks = BTreeMap<ChunkId, Chunk>;

/// Chunks of a batch, and those of which a carrier was silent.
pub(crate) struct Live {
    pub(crate) chunks: Chunks,
    pub(crate) silent: BTreeSet<ChunkId>,
}

/// The first claim that is done with everything: nothing is known of its chunk that could keep it.
pub(crate) const fn is_plain(attempt: u32, end: ChunkEnd) -> bool {
    attempt == 1 && matches!(end, ChunkEnd::Done)
}

pub(crate) async fn load(
    tx: &mut impl Tx,
    ids: impl IntoIterator<Item = ChunkId>,
) -> Result<Chunks> {
    let ids: Vec<_> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(Chunks::new());
    }
    let rows: Vec<_> = ids.iter().map(|id| params![&id.message, id.first]).collect();
    let found = tx
        .query_many(
            "SELECT last_idx, attempt, was_unsure, await_until, valid_until FROM chunks
             WHERE message = ?1 AND first_idx = ?2 FOR UPDATE",
            &rows,
        )
        .await?;
    let mut chunks = Chunks::new();
    for (id, rows) in ids.into_iter().zip(found) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        let (last, attempt, was_unsure) = (row.get()?, row.get()?, row.get::<i64>()? != 0);
        let (await_until, valid_until) = (row.get()?, row.get()?);
        chunks.insert(id, Chunk { last, attempt, was_unsure, await_until, valid_until });
    }
    Ok(chunks)
}

pub(crate) async fn record(
    tx: &mut impl Tx,
    ends: &[(ChunkId, u32, ChunkEnd)],
    live: Live,
    messages: &mut Messages,
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Recorded> {
    let (mut plain, mut kept) = (Vec::new(), BTreeMap::new());
    for (id, attempt, end) in ends {
        match messages.get(&id.message) {
            // Its chunks went with it.
            None => {}
            Some(message) if message.state.is_final() => {}
            Some(message) if is_plain(*attempt, *end) && message.pending == 0 => {
                plain.push((*id, *attempt));
            }
            Some(_) => {
                kept.insert(*id, (*attempt, *end));
            }
        }
    }
    delete(tx, &plain).await?;
    if kept.is_empty() {
        return Ok(Recorded::default());
    }
    let Live { mut chunks, silent } = live;
    let missing: Vec<_> = kept.keys().filter(|id| !chunks.contains_key(id)).copied().collect();
    chunks.extend(load(tx, missing).await?);
    kept.retain(|id, (attempt, _)| chunks.get(id).is_some_and(|chunk| chunk.attempt == *attempt));
    let ended: Vec<_> = kept
        .into_iter()
        .filter_map(|(id, (attempt, end))| {
            let chunk = chunks.get(&id).copied()?;
            let was_unsure = chunk.was_unsure || silent.contains(&id);
            Some(Ended { id, attempt, end, chunk: Chunk { was_unsure, ..chunk } })
        })
        .collect();
    let left = count_left(tx, &ended).await?;
    let (mut gone, mut waiting) = (Vec::new(), Vec::new());
    for (ended, left) in ended.into_iter().zip(left) {
        let next = ended.next(&left, now);
        match next {
            None => gone.push((ended.id, ended.attempt)),
            Some(mut next) => {
                let message = messages.get(&ended.id.message);
                if message.and_then(|message| message.bulk).is_some_and(|bulk| bulk.paused) {
                    next.due_at = campaign::far(next.due_at);
                }
                waiting.push((ended, left.pending > 0, next));
            }
        }
    }
    let mut orders: BTreeSet<_> = waiting
        .iter()
        .filter(|(_, pending, _)| *pending)
        .filter_map(|(ended, ..)| messages.get(&ended.id.message)?.order)
        .collect();
    let unpaid = unpaid(tx, std::mem::take(&mut orders)).await?;
    let mut withdrawn: Vec<(Range, Reason)> = Vec::new();
    waiting.retain(|(ended, pending, _)| {
        let order = messages.get(&ended.id.message).and_then(|message| message.order);
        let reason = order.and_then(|order| unpaid.get(&order)).filter(|_| *pending);
        if let Some(reason) = reason {
            gone.push((ended.id, ended.attempt));
            withdrawn.push(((ended.id.message, ended.id.first, ended.chunk.last), *reason));
        }
        reason.is_none()
    });
    delete(tx, &gone).await?;
    free(tx, &waiting).await?;
    withdraw_unpaid(tx, messages, &withdrawn, now, tell).await
}

struct Ended {
    id: ChunkId,
    attempt: u32,
    end: ChunkEnd,
    chunk: Chunk,
}

/// Recipients of a chunk that are not done with.
struct Left {
    pending: i64,
    /// Of those, such that a carrier may have.
    unsure: i64,
    submitted: i64,
}

/// When a chunk is claimed again.
struct Next {
    due_at: Timestamp,
    await_until: Option<Timestamp>,
    reason: Option<Reason>,
    unsure: bool,
}

impl Ended {
    fn next(&self, left: &Left, now: Timestamp) -> Option<Next> {
        let await_until = match self.end {
            ChunkEnd::AwaitReceipts { until } => Some(until),
            ChunkEnd::Done | ChunkEnd::Retry { .. } => self.chunk.await_until,
        };
        // Past its validity nothing is handed to another carrier.
        let await_until =
            await_until.filter(|until| left.submitted > 0 && *until < self.chunk.valid_until);
        let unsure = self.chunk.was_unsure || left.unsure > 0;
        let (due_at, reason) = match (self.end, await_until) {
            (_, None) if left.pending == 0 => return None,
            (_, Some(until)) if left.pending == 0 => (until, None),
            (ChunkEnd::Retry { at, reason }, _) => (at, Some(reason)),
            // Called done with recipients left: they come up again.
            (ChunkEnd::Done | ChunkEnd::AwaitReceipts { .. }, _) => (now, None),
        };
        Some(Next { due_at, await_until, reason, unsure })
    }
}

async fn count_left(tx: &mut impl Tx, ended: &[Ended]) -> Result<Vec<Left>> {
    let rows: Vec<_> = ended
        .iter()
        .map(|Ended { id, attempt, chunk, .. }| {
            let (pending, submitted) = (RecipientState::Pending, RecipientState::Submitted);
            params![&id.message, id.first, chunk.last, *attempt, pending, submitted]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT count(CASE WHEN state = ?5 THEN 1 END),
                 count(CASE WHEN state = ?5 AND deferred_attempt <> ?4 THEN 1 END),
                 count(CASE WHEN state = ?6 THEN 1 END)
             FROM recipients WHERE message = ?1 AND idx BETWEEN ?2 AND ?3",
            &rows,
        )
        .await?;
    let mut left = Vec::with_capacity(ended.len());
    for mut row in found.into_iter().flatten() {
        let (pending, unsure, submitted) = (row.get()?, row.get()?, row.get()?);
        left.push(Left { pending, unsure, submitted });
    }
    Ok(left)
}

pub(crate) async fn delete(tx: &mut impl Tx, claims: &[(ChunkId, u32)]) -> Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> =
        claims.iter().map(|(id, attempt)| params![&id.message, id.first, *attempt]).collect();
    tx.execute_many(
        "DELETE FROM chunks WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3",
        &rows,
    )
    .await
    .map(drop)
}

/// Ends claims of which nobody was handed out: what awaits receipts goes on with that.
pub(crate) async fn delete_empty(tx: &mut impl Tx, claims: &[(ChunkId, u32)]) -> Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> =
        claims.iter().map(|(id, attempt)| params![&id.message, id.first, *attempt]).collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = await_until, unsure = was_unsure
         WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3 AND await_until IS NOT NULL",
        &rows,
    )
    .await?;
    tx.execute_many(
        "DELETE FROM chunks
         WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3 AND await_until IS NULL",
        &rows,
    )
    .await
    .map(drop)
}

async fn free(tx: &mut impl Tx, waiting: &[(Ended, bool, Next)]) -> Result<()> {
    if waiting.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = waiting
        .iter()
        .map(|(Ended { id, attempt, .. }, _, next)| {
            let unsure = i64::from(next.unsure);
            let (due_at, await_until) = (next.due_at, next.await_until);
            params![&id.message, id.first, *attempt, due_at, await_until, next.reason, unsure]
        })
        .collect();
    let elsewhere = |next: &Next| next.reason == Some(Reason::LinkElsewhere);
    if waiting.iter().any(|(.., next)| elsewhere(next)) {
        tx.notify(Changed { chunks: true, ..Changed::default() });
    }
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?4, await_until = ?5,
             reason = coalesce(?6, reason), unsure = ?7
         WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3",
        &rows,
    )
    .await
    .map(drop)
}

pub(crate) fn sum(mut one: Recorded, other: Recorded) -> Recorded {
    one.recipients += other.recipients;
    one.decided += other.decided;
    one.settled += other.settled;
    one.cancelled += other.cancelled;
    one.events += other.events;
    one.webhooks.extend(other.webhooks);
    one.parked += other.parked;
    one.ambiguous += other.ambiguous;
    one.contradictory += other.contradictory;
    one
}
