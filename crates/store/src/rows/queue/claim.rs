//! Leasing chunks to a node.
//!
//! While a chunk is leased its `due_at` is the end of the lease, so that a chunk whose node died
//! is due again by itself. From the claim on it is *unsure*: a carrier may have some of it, until
//! the claim's end says that none has (see `ends.rs`). A lease that is lost or given up says
//! nothing of the kind.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::id::{MessageId, OrderId};
use domain::limits::LINK_ELSEWHERE_WAIT;
use domain::message::{Content, Lane, MessageState};
use domain::ports::{ChunkId, ClaimRoom, Claimed, ClaimedChunk, Lease, Recorded};
use domain::text::Text;
use domain::time::Timestamp;

use super::await_receipts::return_overdue;
use super::blocked::{self, TakenOut};
use super::claimed::{self, Recipients};
use super::fair_queue::{self, NOBODY, Run, Taken};
use super::finish_claim;
use super::leases::free_lapsed;
use super::requeue::{self, Requeued};
use crate::rows::campaign;
use crate::rows::message::message_lock;
use crate::rows::message::withdraw::{unpaid, withdraw_unpaid};
use crate::tx::{Result, Row, Tx, UNREADABLE_WAIT, params};

/// A chunk whose message another change has is claimed again so much later.
const BUSY_WAIT: Duration = Duration::from_millis(200);

pub(crate) async fn claim(
    tx: &mut impl Tx,
    node: &str,
    room: &ClaimRoom,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Claimed> {
    free_lapsed(tx, now).await?;
    let lease = Lease { node: node.to_owned(), until: lease_until };
    let elsewhere_before = if room.lacks_links { now.before(LINK_ELSEWHERE_WAIT) } else { now };
    let Taken { mut runs, mut unreadable } = Taken::default();
    for &lane in Lane::ALL {
        let taken = runs.len() + unreadable.len();
        let limit = as_usize(room.chunks).saturating_sub(taken).min(match lane {
            Lane::Single => usize::MAX,
            Lane::Bulk => as_usize(room.bulk),
        });
        if limit > 0 {
            let full = full_accounts(room, lane);
            let taken =
                fair_queue::take(tx, lane, limit, &full, elsewhere_before, &lease, now).await?;
            runs.extend(taken.runs);
            unreadable.extend(taken.unreadable);
        }
    }
    if runs.is_empty() {
        put_off(tx, &unreadable, now).await?;
        return Ok(Claimed::default());
    }
    let (overdue, returned) = return_overdue(tx, &runs, now).await?;
    runs.retain(|run| !overdue.contains(&run.id));
    put_off_overdue(tx, &overdue, now.after(BUSY_WAIT)).await?;
    let contents = load_contents(tx, &runs).await?;
    hold_back(tx, &contents, &mut runs, now).await?;
    requeue(tx, &mut runs, now).await?;
    let mut recipients = claimed::load(tx, &contents, &runs, now).await?;
    let TakenOut { mut busy, recorded } =
        blocked::take_out(tx, &contents, &runs, &mut recipients, now).await?;
    let recorded = finish_claim::sum(returned, recorded);
    let mut claimed = Vec::with_capacity(runs.len());
    let (mut empty, mut unpaid) = (Vec::new(), Vec::new());
    for (run, recipients) in runs.iter().zip(recipients) {
        match (contents.get(&run.id.message), recipients) {
            (Some(Loaded { unpaid: Some(order), .. }), _) => unpaid.push((*run, *order)),
            _ if busy.contains(&run.id) => {}
            // Late outcomes have finished it meanwhile, or everybody left was blocked.
            (Some(_), Recipients { readable, unreadable: false }) if readable.is_empty() => {
                empty.push((run.id, run.attempt));
            }
            (Some(loaded), Recipients { readable, .. }) if !readable.is_empty() => {
                claimed.push(ClaimedChunk {
                    id: run.id,
                    attempt: run.attempt,
                    content: loaded.content.clone(),
                    deadline_height: loaded.deadline_height,
                    recipients: readable,
                });
            }
            _ => unreadable.push(run.id),
        }
    }
    let (unsettled, dropped) = drop_unpaid(tx, &unpaid, now).await?;
    busy.extend(unsettled);
    finish_claim::delete_empty(tx, &empty).await?;
    put_off(tx, &unreadable, now).await?;
    give_back(tx, busy, now.after(BUSY_WAIT)).await?;
    Ok(Claimed { chunks: claimed, recorded: finish_claim::sum(recorded, dropped) })
}

fn as_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// As the queue names them.
fn full_accounts(room: &ClaimRoom, lane: Lane) -> BTreeSet<i64> {
    let of_lane = room.full.iter().filter(|(of, _)| *of == lane);
    of_lane.map(|(_, account)| account.map_or(NOBODY, |account| account.0)).collect()
}

/// Frees chunks of which nothing can be read: nobody was given them, and a person has to look.
async fn put_off(tx: &mut impl Tx, chunks: &[ChunkId], now: Timestamp) -> Result<()> {
    for chunk in chunks {
        tracing::error!(%chunk, "a chunk cannot be read and is put off");
    }
    give_back(tx, chunks.iter().copied(), now.after(UNREADABLE_WAIT)).await
}

/// Frees chunks that nobody was given.
async fn give_back(
    tx: &mut impl Tx,
    chunks: impl IntoIterator<Item = ChunkId>,
    due_at: Timestamp,
) -> Result<()> {
    let chunks: Vec<_> = chunks.into_iter().collect();
    if chunks.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first, due_at]).collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?3, unsure = was_unsure
         WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// Frees chunks whose receipts are overdue and whose messages another change has.
async fn put_off_overdue(
    tx: &mut impl Tx,
    chunks: &BTreeSet<ChunkId>,
    due_at: Timestamp,
) -> Result<()> {
    give_back(tx, chunks.iter().copied(), due_at).await?;
    // The claim took it for done.
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first, due_at]).collect();
    tx.execute_many(
        "UPDATE chunks SET await_until = ?3 WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// Ends what nobody pays for any more. Returns those whose messages another change has.
async fn drop_unpaid(
    tx: &mut impl Tx,
    runs: &[(Run, OrderId)],
    now: Timestamp,
) -> Result<(BTreeSet<ChunkId>, Recorded)> {
    if runs.is_empty() {
        return Ok((BTreeSet::new(), Recorded::default()));
    }
    let mut messages =
        message_lock::lock_free(tx, runs.iter().map(|(run, _)| run.id.message)).await?;
    let reasons = unpaid(tx, runs.iter().map(|(_, order)| *order).collect()).await?;
    let (mut ranges, mut gone, mut busy) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (run, order) in runs {
        match reasons.get(order).filter(|_| messages.contains_key(&run.id.message)) {
            Some(reason) => {
                gone.push((run.id, run.attempt));
                ranges.push(((run.id.message, run.id.first, run.last), *reason));
            }
            None => {
                busy.insert(run.id);
            }
        }
    }
    finish_claim::delete(tx, &gone).await?;
    let recorded = withdraw_unpaid(tx, &mut messages, &ranges, now, None).await?;
    Ok((busy, recorded))
}

/// Begins messages to many, and frees the chunks of those of which nothing may be handed out now.
async fn hold_back(
    tx: &mut impl Tx,
    contents: &HashMap<MessageId, Loaded>,
    runs: &mut Vec<Run>,
    now: Timestamp,
) -> Result<()> {
    let states = contents.iter().filter_map(|(id, loaded)| Some((*id, loaded.to_many?)));
    let held = campaign::begin(tx, &states.collect(), now).await?;
    let of = |messages: &BTreeSet<MessageId>| -> Vec<ChunkId> {
        let ids = runs.iter().map(|run| run.id);
        ids.filter(|id| messages.contains(&id.message)).collect()
    };
    give_back(tx, of(&held.busy), now.after(BUSY_WAIT)).await?;
    give_back(tx, of(&held.paused), campaign::far(now)).await?;
    let is_held = |id: &MessageId| held.busy.contains(id) || held.paused.contains(id);
    runs.retain(|run| !is_held(&run.id.message));
    Ok(())
}

/// Makes recipients pending who are tried again, and frees the chunks of messages that another change
/// has.
async fn requeue(tx: &mut impl Tx, runs: &mut Vec<Run>, now: Timestamp) -> Result<()> {
    let requeued = runs.iter().filter_map(|run| {
        let (chunk, last) = (run.id, run.last);
        run.requeued_at.map(|at| Requeued { chunk, last, at })
    });
    let requeued: Vec<_> = requeued.collect();
    if requeued.is_empty() {
        return Ok(());
    }
    let messages = requeued.iter().map(|requeued| requeued.chunk.message);
    let locked = message_lock::lock_free(tx, messages).await?;
    let (free, busy): (Vec<_>, Vec<_>) =
        requeued.into_iter().partition(|requeued| locked.contains_key(&requeued.chunk.message));
    requeue::requeue(tx, &free).await?;
    let busy: BTreeSet<_> = busy.into_iter().map(|requeued| requeued.chunk).collect();
    give_back(tx, busy.iter().copied(), now.after(BUSY_WAIT)).await?;
    runs.retain(|run| !busy.contains(&run.id));
    Ok(())
}

/// What the chunks of one message have in common.
pub(crate) struct Loaded {
    pub(crate) content: Arc<Content>,
    /// The state of a message to many, which has no order.
    to_many: Option<MessageState>,
    deadline_height: Option<u32>,
    /// Its order, if that is final, and not because it was delivered.
    pub(crate) unpaid: Option<OrderId>,
}

impl Loaded {
    pub(crate) const fn is_to_many(&self) -> bool {
        self.to_many.is_some()
    }
}

/// Those that can be read.
async fn load_contents(tx: &mut impl Tx, runs: &[Run]) -> Result<HashMap<MessageId, Loaded>> {
    let messages: BTreeSet<_> = runs.iter().map(|run| run.id.message).collect();
    let ids: Vec<_> = messages.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT m.id, m.account, m.sender, m.text, m.parts, m.lane, m.valid_until,
                 o.deadline_height,
                 CASE WHEN o.state IN ('lost', 'cancelled') THEN o.id END,
                 CASE WHEN m.order_id IS NULL THEN m.state END
             FROM messages m LEFT JOIN orders o ON o.id = m.order_id
             WHERE m.id = ?1",
            &ids,
        )
        .await?;
    let mut contents = HashMap::with_capacity(messages.len());
    for (message, row) in
        messages.into_iter().zip(found.into_iter().map(|rows| rows.into_iter().next()))
    {
        match row.map(read_content) {
            Some(Ok(loaded)) => {
                contents.insert(message, loaded);
            }
            Some(Err(error)) => tracing::error!(%message, %error, "a message cannot be read"),
            None => tracing::error!(%message, "a chunk without its message"),
        }
    }
    Ok(contents)
}

fn read_content(mut row: Row) -> Result<Loaded> {
    let content = Content {
        message: row.get()?,
        account: row.get()?,
        sender: row.get()?,
        text: Text::new(row.get::<String>()?),
        parts: row.get()?,
        lane: row.get()?,
        valid_until: row.get()?,
    };
    let (deadline_height, unpaid, to_many) = (row.get()?, row.get()?, row.get()?);
    Ok(Loaded { content: Arc::new(content), deadline_height, unpaid, to_many })
}
