//! Leasing chunks to a node.
//!
//! While a chunk is leased its `due_at` is the end of the lease, so that a chunk whose node died
//! is due again by itself. From the claim on it is *unsure*: a carrier may have some of it, until
//! the claim's end says that none has (see `ends.rs`). A lease that is lost or given up says
//! nothing of the kind.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::limits::LINK_ELSEWHERE_WAIT;
use domain::message::{Address, Content, Lane, MessageId, MessageState};
use domain::order::OrderId;
use domain::ports::{ChunkId, ClaimRoom, ClaimedChunk, ClaimedRecipient, Lease};
use domain::recipient::RecipientState;
use domain::routing::CarrierName;
use domain::text::Text;
use domain::time::Timestamp;

use super::await_receipts::return_overdue;
use super::ends;
use super::leases::free_lapsed;
use super::locked;
use super::recipients::Tried;
use super::turns::{self, NOBODY, Run, Taken};
use super::withdraw::{unpaid, withdraw_unpaid};
use crate::bulk::{self, Opened};
use crate::sql::{Result, Row, Tx, UNREADABLE_WAIT, params};

/// A chunk whose message another change has is claimed again so much later.
const BUSY_WAIT: Duration = Duration::from_millis(200);

pub(crate) async fn claim(
    tx: &mut impl Tx,
    node: &str,
    room: &ClaimRoom,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<ClaimedChunk>> {
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
            let taken = turns::take(tx, lane, limit, &full, elsewhere_before, &lease, now).await?;
            runs.extend(taken.runs);
            unreadable.extend(taken.unreadable);
        }
    }
    if runs.is_empty() {
        put_off(tx, &unreadable, now).await?;
        return Ok(Vec::new());
    }
    let overdue = return_overdue(tx, &runs, now).await?;
    runs.retain(|run| !overdue.contains(&run.id));
    put_off_overdue(tx, &overdue, now.after(BUSY_WAIT)).await?;
    let contents = load_contents(tx, &runs).await?;
    hold_back(tx, &contents, &mut runs, now).await?;
    let recipients = load_recipients(tx, &contents, &runs, now).await?;
    let mut claimed = Vec::with_capacity(runs.len());
    let (mut empty, mut unpaid) = (Vec::new(), Vec::new());
    for (run, recipients) in runs.iter().zip(recipients) {
        match (contents.get(&run.id.message), recipients) {
            (Some(Loaded { unpaid: Some(order), .. }), _) => unpaid.push((*run, *order)),
            // Late outcomes have finished it meanwhile.
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
    let busy = drop_unpaid(tx, &unpaid, now).await?;
    ends::delete(tx, &empty).await?;
    put_off(tx, &unreadable, now).await?;
    give_back(tx, busy, now.after(BUSY_WAIT)).await?;
    Ok(claimed)
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
) -> Result<BTreeSet<ChunkId>> {
    if runs.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut messages = locked::lock_free(tx, runs.iter().map(|(run, _)| run.id.message)).await?;
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
    ends::delete(tx, &gone).await?;
    withdraw_unpaid(tx, &mut messages, &ranges, now, None).await?;
    Ok(busy)
}

/// Begins messages to many, and frees the chunks of those of which nothing may be handed out now.
async fn hold_back(
    tx: &mut impl Tx,
    contents: &HashMap<MessageId, Loaded>,
    runs: &mut Vec<Run>,
    now: Timestamp,
) -> Result<()> {
    let states = contents.iter().filter_map(|(id, loaded)| Some((*id, loaded.to_many?)));
    let held = bulk::begin(tx, &states.collect(), now).await?;
    let of = |messages: &BTreeSet<MessageId>| -> Vec<ChunkId> {
        let ids = runs.iter().map(|run| run.id);
        ids.filter(|id| messages.contains(&id.message)).collect()
    };
    give_back(tx, of(&held.busy), now.after(BUSY_WAIT)).await?;
    give_back(tx, of(&held.paused), bulk::far(now)).await?;
    let is_held = |id: &MessageId| held.busy.contains(id) || held.paused.contains(id);
    runs.retain(|run| !is_held(&run.id.message));
    Ok(())
}

/// What the chunks of one message have in common.
struct Loaded {
    content: Arc<Content>,
    /// The state of a message to many, which has no order.
    to_many: Option<MessageState>,
    deadline_height: Option<u32>,
    /// Its order, if that is final, and not because it was delivered.
    unpaid: Option<OrderId>,
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

struct Recipients {
    readable: Vec<ClaimedRecipient>,
    /// Some were not.
    unreadable: bool,
}

/// The pending recipients of each run, with the parts that a carrier already took.
async fn load_recipients(
    tx: &mut impl Tx,
    contents: &HashMap<MessageId, Loaded>,
    runs: &[Run],
    now: Timestamp,
) -> Result<Vec<Recipients>> {
    let to_many =
        |id: &ChunkId| contents.get(&id.message).is_some_and(|loaded| loaded.to_many.is_some());
    let packed: Vec<_> = runs.iter().map(|run| run.id).filter(to_many).collect();
    let mut opened = bulk::open(tx, &packed, now).await?;
    let ranges: Vec<_> = runs
        .iter()
        .filter(|run| !opened.contains_key(&run.id))
        .map(|run| params![&run.id.message, run.id.first, run.last, RecipientState::Pending])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, address, tried, attempts FROM recipients
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4 ORDER BY idx",
            &ranges,
        )
        .await?;
    let mut found = found.into_iter();
    let mut all = Vec::with_capacity(runs.len());
    for run in runs {
        all.push(match opened.remove(&run.id) {
            Some(opened) => untouched(opened),
            None => read_recipients(run, found.next().unwrap_or_default())?,
        });
    }
    // At the first claim no carrier has seen any of it.
    let seen: Vec<_> = (0..runs.len()).filter(|&at| runs[at].attempt > 1).collect();
    if seen.is_empty() {
        return Ok(all);
    }
    let ranges: Vec<_> = seen
        .iter()
        .map(|&at| params![&runs[at].id.message, runs[at].id.first, runs[at].last])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, part, carrier FROM submissions
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 ORDER BY idx, at DESC, attempt DESC",
            &ranges,
        )
        .await?;
    for (at, rows) in seen.into_iter().zip(found) {
        add_accepted(&mut all[at].readable, rows)?;
    }
    Ok(all)
}

/// Nobody was ever asked to take them.
fn untouched(opened: Vec<Opened>) -> Recipients {
    let recipient = |(index, number)| ClaimedRecipient {
        index,
        to: Address::Phone(number),
        accepted: Vec::new(),
        accepted_by: None,
        tried: Vec::new(),
        attempts: 0,
    };
    Recipients { readable: opened.into_iter().map(recipient).collect(), unreadable: false }
}

fn read_recipients(run: &Run, rows: Vec<Row>) -> Result<Recipients> {
    let mut recipients = Recipients { readable: Vec::with_capacity(rows.len()), unreadable: false };
    for mut row in rows {
        let index: u32 = row.get()?;
        if let Ok(to) = row.get() {
            let names = Tried::read(row.get::<Option<String>>()?.as_deref());
            let tried = names.names().iter().map(|name| CarrierName::new(name)).collect();
            recipients.readable.push(ClaimedRecipient {
                index,
                to,
                accepted: Vec::new(),
                accepted_by: None,
                tried,
                attempts: row.get()?,
            });
        } else {
            tracing::error!(chunk = %run.id, index, "a recipient cannot be read");
            recipients.unreadable = true;
        }
    }
    Ok(recipients)
}

/// Rows come with the latest of each recipient first: only the parts of that carrier make a text.
fn add_accepted(recipients: &mut [ClaimedRecipient], rows: Vec<Row>) -> Result<()> {
    for mut row in rows {
        let (index, part, carrier): (u32, u16, String) = (row.get()?, row.get()?, row.get()?);
        let of_index = recipients.binary_search_by_key(&index, |recipient| recipient.index);
        let Ok(found) = of_index else { continue };
        let recipient = &mut recipients[found];
        let by = recipient.accepted_by.get_or_insert_with(|| CarrierName::new(&carrier));
        if by.as_str() == carrier {
            recipient.accepted.push(part);
        }
    }
    for recipient in recipients {
        recipient.accepted.sort_unstable();
    }
    Ok(())
}
