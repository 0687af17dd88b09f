//! Ends claims according to [`domain::message::chunk::finish_claim`]. A claim that is no longer the
//! chunk's last one has no effect: another claim followed. Recipients that are no longer paid for
//! are timed out instead of retried ([`super::withdraw_unpaid`]).

use std::collections::{BTreeMap, BTreeSet};

use domain::message::chunk::{ClaimedState, DoubtEvent, Left, NextClaim, finish_claim};
use domain::message::recipient::RecipientState;
use domain::ports::{Changed, ChunkEnd, ChunkId, Lease, Recorded};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::withdraw_unpaid::{unpaid_orders, withdraw_unpaid};
use crate::rows::campaign::while_paused;
use crate::rows::message::message_lock::Messages;
use crate::rows::message::recipients::Range;
use crate::rows::message::single::{self, Single};
use crate::tx::{Result, Row, Tx, params};

/// How a node ends its claim of a chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimEnd<'a> {
    pub(crate) id: ChunkId,
    pub(crate) attempt: u32,
    pub(crate) end: ChunkEnd,
    /// That put its recipients off, where it is known.
    pub(crate) carrier: Option<&'a CarrierName>,
}

impl ClaimEnd<'_> {
    /// Whether it is a first claim with all outcomes, so that nothing of its chunk remains.
    pub(crate) const fn is_plain(&self) -> bool {
        self.attempt == 1 && matches!(self.end, ChunkEnd::Done)
    }
}

/// A chunk's row, read for the end of a claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimedChunkRow {
    last: u32,
    pub(crate) attempt: u32,
    state: ClaimedState,
}

pub(crate) type ClaimedChunkRows = BTreeMap<ChunkId, ClaimedChunkRow>;

/// `messages` are those of the chunks, locked.
pub(crate) async fn load(
    tx: &mut impl Tx,
    messages: &Messages,
    ids: impl IntoIterator<Item = ChunkId>,
) -> Result<ClaimedChunkRows> {
    let mut chunks = ClaimedChunkRows::new();
    let mut stored = Vec::new();
    for id in ids {
        match of_single(messages, &id).and_then(Single::first_claim) {
            Some((attempt, state)) => {
                chunks.insert(id, ClaimedChunkRow { last: id.first, attempt, state });
            }
            None => stored.push(id),
        }
    }
    let ids = stored;
    let rows: Vec<_> = ids.iter().map(|id| params![&id.message, id.first]).collect();
    let found = tx
        .query_many(
            "SELECT last_idx, attempt, doubt, await_until, valid_until FROM chunks
             WHERE message = ?1 AND first_idx = ?2 FOR UPDATE",
            &rows,
        )
        .await?;
    for (id, rows) in ids.into_iter().zip(found) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        let (last, attempt) = (row.get()?, row.get()?);
        let (doubt, await_until, valid_until) = (row.get()?, row.get()?, row.get()?);
        let state = ClaimedState { doubt, await_until, valid_until };
        chunks.insert(id, ClaimedChunkRow { last, attempt, state });
    }
    Ok(chunks)
}

fn of_single<'a>(messages: &'a Messages, chunk: &ChunkId) -> Option<&'a Single> {
    messages.get(&chunk.message)?.single.as_ref().filter(|_| chunk.first == 0)
}

/// The first claims of single messages that end here without a chunk.
pub(crate) fn end_leases(ends: &[ClaimEnd<'_>], messages: &mut Messages) {
    for ClaimEnd { id, attempt, .. } in ends {
        if let Some(single) = messages.get_mut(&id.message).and_then(|it| it.single.as_mut())
            && single.first_claim().is_some_and(|(first, _)| first == *attempt)
        {
            single.end_lease();
        }
    }
}

/// Marks chunks in which a carrier did not answer, in any claim.
pub(crate) async fn keep_doubt(
    tx: &mut impl Tx,
    unanswered: &BTreeSet<ChunkId>,
    chunks: &mut ClaimedChunkRows,
    messages: &mut Messages,
) -> Result<()> {
    let of_unanswered: Vec<_> = unanswered.iter().map(|id| id.message).collect();
    single::make_chunks(tx, messages, &of_unanswered).await?;
    let mut rows = Vec::with_capacity(unanswered.len());
    for id in unanswered {
        if let Some(chunk) = chunks.get_mut(id) {
            chunk.state.doubt = chunk.state.doubt.after(DoubtEvent::Unanswered);
            rows.push(params![&id.message, id.first, chunk.state.doubt]);
        }
    }
    tx.execute_many("UPDATE chunks SET doubt = ?3 WHERE message = ?1 AND first_idx = ?2", &rows)
        .await
        .map(drop)
}

/// The end of a claim after which some of its chunk may remain.
struct Ended<'a> {
    id: ChunkId,
    attempt: u32,
    end: ChunkEnd,
    carrier: Option<&'a CarrierName>,
    chunk: ClaimedChunkRow,
}

/// A chunk to be claimed again.
struct Waiting<'a> {
    ended: Ended<'a>,
    is_pending: bool,
    next: NextClaim,
}

/// `chunks`: rows that were read before.
pub(crate) async fn finish_claims(
    tx: &mut impl Tx,
    ends: &[ClaimEnd<'_>],
    chunks: ClaimedChunkRows,
    messages: &mut Messages,
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    let (plain, ends) = split_plain(ends, messages);
    delete(tx, messages, &plain).await?;
    let ended = load_ended(tx, messages, ends, chunks).await?;
    let left = count_left(tx, messages, &ended).await?;
    let (mut done, mut waiting) = (Vec::new(), Vec::new());
    for (ended, left) in ended.into_iter().zip(left) {
        let message = messages.get(&ended.id.message);
        let is_paused = message
            .and_then(|message| message.campaign.as_ref())
            .is_some_and(|campaign| campaign.paused);
        match finish_claim(&ended.chunk.state, ended.end, left, now) {
            None => done.push((ended.id, ended.attempt)),
            Some(mut next) => {
                if is_paused {
                    next.due_at = while_paused(next.due_at);
                }
                waiting.push(Waiting { ended, is_pending: left.pending > 0, next });
            }
        }
    }
    let withdrawn = take_unpaid(tx, &mut waiting, messages).await?;
    done.extend(withdrawn.iter().map(|(ended, _)| (ended.id, ended.attempt)));
    delete(tx, messages, &done).await?;
    let again: Vec<_> = waiting.iter().map(|waiting| waiting.ended.id.message).collect();
    single::make_chunks(tx, messages, &again).await?;
    free(tx, &waiting).await?;
    single::store_ended(tx, messages).await?;
    let ranges: Vec<(Range, Reason)> = withdrawn
        .iter()
        .map(|(Ended { id, chunk, .. }, reason)| ((id.message, id.first, chunk.last), *reason))
        .collect();
    withdraw_unpaid(tx, messages, &ranges, now, event_lease).await
}

/// Separates claims after which nothing remains. Final messages have no chunks.
fn split_plain<'a>(
    ends: &[ClaimEnd<'a>],
    messages: &Messages,
) -> (Vec<(ChunkId, u32)>, Vec<ClaimEnd<'a>>) {
    let (mut plain, mut others) = (Vec::new(), BTreeMap::new());
    for end in ends {
        let Some(message) = messages.get(&end.id.message) else { continue };
        if message.counters.state.is_final() {
            continue;
        }
        if end.is_plain() && message.counters.pending == 0 {
            plain.push((end.id, end.attempt));
        } else {
            others.insert(end.id, *end);
        }
    }
    (plain, others.into_values().collect())
}

/// The ends of claims that are still the chunk's last one, with its row.
async fn load_ended<'a>(
    tx: &mut impl Tx,
    messages: &Messages,
    ends: Vec<ClaimEnd<'a>>,
    mut chunks: ClaimedChunkRows,
) -> Result<Vec<Ended<'a>>> {
    let missing = ends.iter().map(|end| end.id).filter(|id| !chunks.contains_key(id));
    let missing: Vec<_> = missing.collect();
    chunks.extend(load(tx, messages, missing).await?);
    let ended = ends.into_iter().filter_map(|ClaimEnd { id, attempt, end, carrier }| {
        let chunk = chunks.get(&id).filter(|chunk| chunk.attempt == attempt)?;
        Some(Ended { id, attempt, end, carrier, chunk: *chunk })
    });
    Ok(ended.collect())
}

async fn count_left(
    tx: &mut impl Tx,
    messages: &Messages,
    ended: &[Ended<'_>],
) -> Result<Vec<Left>> {
    let of_single = |ended: &Ended<'_>| Some(of_single(messages, &ended.id)?.left(ended.attempt));
    let rows: Vec<_> = ended
        .iter()
        .filter(|ended| of_single(ended).is_none())
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
    let mut found = found.into_iter().flatten();
    let mut left = Vec::with_capacity(ended.len());
    for ended in ended {
        left.push(match of_single(ended) {
            Some(left) => left,
            None => read_left(found.next())?,
        });
    }
    Ok(left)
}

fn read_left(row: Option<Row>) -> Result<Left> {
    let Some(mut row) = row else { return Ok(Left::default()) };
    Ok(Left { pending: row.get()?, in_doubt: row.get()?, submitted: row.get()? })
}

/// Removes and returns the chunks with pending recipients whose order is unpaid, each with the
/// reason.
async fn take_unpaid<'a>(
    tx: &mut impl Tx,
    waiting: &mut Vec<Waiting<'a>>,
    messages: &Messages,
) -> Result<Vec<(Ended<'a>, Reason)>> {
    let order = |waiting: &Waiting<'_>| {
        messages.get(&waiting.ended.id.message)?.order.filter(|_| waiting.is_pending)
    };
    let unpaid = unpaid_orders(tx, waiting.iter().filter_map(order).collect()).await?;
    let reason = |waiting: &Waiting<'_>| unpaid.get(&order(waiting)?).copied();
    let withdrawn = waiting
        .extract_if(.., |waiting| reason(waiting).is_some())
        .filter_map(|waiting| reason(&waiting).map(|reason| (waiting.ended, reason)));
    Ok(withdrawn.collect())
}

async fn delete(tx: &mut impl Tx, messages: &Messages, claims: &[(ChunkId, u32)]) -> Result<()> {
    let has_row = |id: &ChunkId| of_single(messages, id).is_none_or(|single| single.queued);
    let rows: Vec<_> = claims
        .iter()
        .filter(|(id, _)| has_row(id))
        .map(|(id, attempt)| params![&id.message, id.first, *attempt])
        .collect();
    tx.execute_many(
        "DELETE FROM chunks WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3",
        &rows,
    )
    .await
    .map(drop)
}

async fn free(tx: &mut impl Tx, waiting: &[Waiting<'_>]) -> Result<()> {
    let is_elsewhere = |waiting: &Waiting<'_>| waiting.next.reason == Some(Reason::LinkElsewhere);
    if waiting.iter().any(is_elsewhere) {
        tx.notify(Changed { chunks: true, ..Changed::default() });
    }
    let rows: Vec<_> = waiting
        .iter()
        .map(|Waiting { ended: Ended { id, attempt, carrier, .. }, next, .. }| {
            let NextClaim { due_at, await_until, reason, doubt } = *next;
            let carrier = carrier.map(CarrierName::as_str);
            params![&id.message, id.first, *attempt, due_at, await_until, reason, doubt, carrier]
        })
        .collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?4, await_until = ?5,
             reason = coalesce(?6, reason), doubt = ?7,
             carrier = CASE WHEN ?6 IS NULL THEN carrier ELSE ?8 END
         WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3",
        &rows,
    )
    .await
    .map(drop)
}
