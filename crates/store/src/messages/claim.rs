//! Leasing chunks to a node, and what a node does with its leases.
//!
//! While a chunk is leased its `due_at` is the end of the lease, so that a chunk whose node died
//! is due again by itself. From the claim on it is *unsure*: a carrier may have some of it, until
//! the claim's end says that none has (see `outcomes.rs`). A lease that is lost or given up says
//! nothing of the kind.

use std::collections::HashMap;
use std::sync::Arc;

use domain::message::{Content, Lane, MessageId};
use domain::ports::{ChunkId, ClaimRoom, ClaimedChunk, ClaimedRecipient, PortError};
use domain::recipient::RecipientState;
use domain::routing::CarrierName;
use domain::text::Text;
use domain::time::Timestamp;

use super::withdraw::withdraw_unpaid;
use crate::sql::{Result, Row, Tx, UNREADABLE_WAIT, params};

pub(crate) async fn claim(
    tx: &mut impl Tx,
    node: &str,
    room: &ClaimRoom,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<ClaimedChunk>> {
    let mut leased = Vec::new();
    for &lane in Lane::ALL {
        let left = room.chunks.saturating_sub(u32::try_from(leased.len()).unwrap_or(u32::MAX));
        let left = if lane == Lane::Bulk { left.min(room.bulk) } else { left };
        if left > 0 {
            leased.extend(lease(tx, lane, node, left, now, lease_until).await?);
        }
    }
    let contents = load_contents(tx, &leased).await?;
    let recipients = load_recipients(tx, &leased).await?;
    let (mut claimed, mut empty) = (Vec::with_capacity(leased.len()), Vec::new());
    let (mut unreadable, mut unpaid) = (Vec::new(), Vec::new());
    for (run, recipients) in leased.iter().zip(recipients) {
        match (contents.get(&run.message), recipients) {
            (Some(loaded), _) if loaded.unpaid => unpaid.push((run.id, run.attempt)),
            // Late outcomes have finished it meanwhile.
            (Some(_), Recipients { readable, unreadable: false }) if readable.is_empty() => {
                empty.push(params![run.id, now]);
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
    tx.execute_many("UPDATE chunks SET ended_at = ?2, lease_node = NULL WHERE id = ?1", &empty)
        .await?;
    put_off(tx, &unreadable, now).await?;
    withdraw_unpaid(tx, &unpaid, now).await?;
    Ok(claimed)
}

/// Frees chunks of which nothing can be read: nobody was given them, and a person has to look.
async fn put_off(tx: &mut impl Tx, chunks: &[ChunkId], now: Timestamp) -> Result<()> {
    let later = now.after(UNREADABLE_WAIT);
    for chunk in chunks {
        tracing::error!(chunk = chunk.0, "a chunk cannot be read and is put off");
    }
    let rows: Vec<_> = chunks.iter().map(|chunk| params![*chunk, later]).collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?2, unsure = was_unsure WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}

struct Run {
    id: ChunkId,
    attempt: u32,
    message: MessageId,
    first: u32,
    last: u32,
}

async fn lease(
    tx: &mut impl Tx,
    lane: Lane,
    node: &str,
    limit: u32,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<Run>> {
    let rows = tx
        .query(
            "UPDATE chunks SET lease_node = ?1, due_at = ?2, attempt = attempt + 1,
                 was_unsure = unsure, unsure = 1
             WHERE id IN (
                 SELECT id FROM chunks
                 WHERE ended_at IS NULL AND lane = ?3 AND due_at <= ?4 AND valid_until > ?4
                 ORDER BY due_at, id LIMIT ?5
             )
             RETURNING id, attempt, message, first_idx, last_idx",
            params![node, lease_until, lane, now, limit],
        )
        .await?;
    let run = |id, mut row: Row| {
        let (attempt, message) = (row.get()?, row.get()?);
        Ok::<_, PortError>(Run { id, attempt, message, first: row.get()?, last: row.get()? })
    };
    let (mut runs, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
    for mut row in rows {
        let id = row.get()?;
        match run(id, row) {
            Ok(run) => runs.push(run),
            Err(_) => unreadable.push(id),
        }
    }
    put_off(tx, &unreadable, now).await?;
    runs.sort_unstable_by_key(|run| run.id);
    Ok(runs)
}

/// What the chunks of one message have in common.
struct Loaded {
    content: Arc<Content>,
    deadline_height: Option<u32>,
    /// Its order is final, and not because it was delivered.
    unpaid: bool,
}

/// Those that can be read.
async fn load_contents(tx: &mut impl Tx, runs: &[Run]) -> Result<HashMap<MessageId, Loaded>> {
    let mut messages: Vec<_> = runs.iter().map(|run| run.message).collect();
    messages.sort_unstable();
    messages.dedup();
    let ids: Vec<_> = messages.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT m.id, m.account, m.sender, m.text, m.parts, m.lane, m.valid_until,
                 o.deadline_height,
                 CASE WHEN o.state IN ('lost', 'cancelled') THEN 1 ELSE 0 END
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
    let (deadline_height, unpaid) = (row.get()?, row.get::<i64>()? != 0);
    Ok(Loaded { content: Arc::new(content), deadline_height, unpaid })
}

struct Recipients {
    readable: Vec<ClaimedRecipient>,
    /// Some were not.
    unreadable: bool,
}

/// The pending recipients of each run, with the parts that a carrier already took.
async fn load_recipients(tx: &mut impl Tx, runs: &[Run]) -> Result<Vec<Recipients>> {
    let ranges: Vec<_> = runs
        .iter()
        .map(|run| params![&run.message, run.first, run.last, RecipientState::Pending])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, address FROM recipients
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4 ORDER BY idx",
            &ranges,
        )
        .await?;
    let mut all = Vec::with_capacity(runs.len());
    for (run, rows) in runs.iter().zip(found) {
        all.push(read_recipients(run, rows)?);
    }
    // At the first claim no carrier has seen any of it.
    let seen: Vec<_> = (0..runs.len()).filter(|&at| runs[at].attempt > 1).collect();
    let ranges: Vec<_> =
        seen.iter().map(|&at| params![&runs[at].message, runs[at].first, runs[at].last]).collect();
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

fn read_recipients(run: &Run, rows: Vec<Row>) -> Result<Recipients> {
    let mut recipients = Recipients { readable: Vec::with_capacity(rows.len()), unreadable: false };
    for mut row in rows {
        let index: u32 = row.get()?;
        if let Ok(to) = row.get() {
            let (accepted, accepted_by) = (Vec::new(), None);
            recipients.readable.push(ClaimedRecipient { index, to, accepted, accepted_by });
        } else {
            tracing::error!(chunk = run.id.0, index, "a recipient cannot be read");
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

pub(crate) async fn renew_leases(
    tx: &mut impl Tx,
    node: &str,
    claims: &[(ChunkId, u32)],
    lease_until: Timestamp,
) -> Result<()> {
    let rows: Vec<_> =
        claims.iter().map(|(id, attempt)| params![*id, *attempt, node, lease_until]).collect();
    tx.execute_many(
        "UPDATE chunks SET due_at = ?4
         WHERE id = ?1 AND attempt = ?2 AND lease_node = ?3 AND ended_at IS NULL",
        &rows,
    )
    .await
    .map(drop)
}

pub(crate) async fn release_leases(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE chunks SET lease_node = NULL, due_at = ?2 WHERE lease_node = ?1",
        params![node, now],
    )
    .await
}
