//! Leasing chunks to a node, and what a node does with its leases.
//!
//! While a chunk is leased its `due_at` is the end of the lease, so that a chunk whose node died
//! is due again by itself.

use std::collections::HashMap;
use std::sync::Arc;

use domain::message::{Content, Lane, MessageId};
use domain::ports::{ChunkId, ClaimedChunk, ClaimedRecipient, PortError};
use domain::recipient::RecipientState;
use domain::text::Text;
use domain::time::Timestamp;

use crate::sql::{Result, Row, Tx, params};

pub(crate) async fn claim(
    tx: &mut impl Tx,
    node: &str,
    limit: u32,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<ClaimedChunk>> {
    let mut leased = Vec::new();
    for &lane in Lane::ALL {
        let room = limit.saturating_sub(u32::try_from(leased.len()).unwrap_or(u32::MAX));
        if room > 0 {
            leased.extend(lease(tx, lane, node, room, now, lease_until).await?);
        }
    }
    let contents = load_contents(tx, &leased).await?;
    let recipients = load_recipients(tx, &leased).await?;
    let mut claimed = Vec::with_capacity(leased.len());
    let mut empty = Vec::new();
    for (run, recipients) in leased.iter().zip(recipients) {
        if recipients.is_empty() {
            // Late outcomes have finished it meanwhile.
            empty.push(params![run.id, now]);
        } else if let Some(content) = contents.get(&run.message) {
            let (id, attempt) = (run.id, run.attempt);
            claimed.push(ClaimedChunk { id, attempt, content: content.clone(), recipients });
        }
    }
    tx.execute_many("UPDATE chunks SET ended_at = ?2, lease_node = NULL WHERE id = ?1", &empty)
        .await?;
    Ok(claimed)
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
            "UPDATE chunks SET lease_node = ?1, due_at = ?2, attempt = attempt + 1
             WHERE id IN (
                 SELECT id FROM chunks
                 WHERE ended_at IS NULL AND lane = ?3 AND due_at <= ?4 AND valid_until > ?4
                 ORDER BY due_at, id LIMIT ?5
             )
             RETURNING id, attempt, message, first_idx, last_idx",
            params![node, lease_until, lane, now, limit],
        )
        .await?;
    let run = |mut row: Row| {
        let (id, attempt, message) = (row.get()?, row.get()?, row.get()?);
        Ok(Run { id, attempt, message, first: row.get()?, last: row.get()? })
    };
    let mut runs = rows.into_iter().map(run).collect::<Result<Vec<_>>>()?;
    runs.sort_unstable_by_key(|run| run.id);
    Ok(runs)
}

async fn load_contents(tx: &mut impl Tx, runs: &[Run]) -> Result<HashMap<MessageId, Arc<Content>>> {
    let mut messages: Vec<_> = runs.iter().map(|run| run.message).collect();
    messages.sort_unstable();
    messages.dedup();
    let ids: Vec<_> = messages.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT id, account, sender, text, parts, lane, valid_until FROM messages
             WHERE id = ?1",
            &ids,
        )
        .await?;
    let content = |mut row: Row| {
        let message: MessageId = row.get()?;
        let content = Content {
            message,
            account: row.get()?,
            sender: row.get()?,
            text: Text::new(row.get::<String>()?),
            parts: row.get()?,
            lane: row.get()?,
            valid_until: row.get()?,
        };
        Ok::<_, PortError>((message, Arc::new(content)))
    };
    found.into_iter().flatten().map(content).collect()
}

/// The pending recipients of each run, with the parts that a carrier already took.
async fn load_recipients(tx: &mut impl Tx, runs: &[Run]) -> Result<Vec<Vec<ClaimedRecipient>>> {
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
    for rows in found {
        let recipient = |mut row: Row| {
            Ok(ClaimedRecipient { index: row.get()?, to: row.get()?, accepted: Vec::new() })
        };
        all.push(rows.into_iter().map(recipient).collect::<Result<Vec<_>>>()?);
    }
    // At the first claim no carrier has seen any of it.
    let seen: Vec<_> = (0..runs.len()).filter(|&at| runs[at].attempt > 1).collect();
    let ranges: Vec<_> =
        seen.iter().map(|&at| params![&runs[at].message, runs[at].first, runs[at].last]).collect();
    let found = tx
        .query_many(
            "SELECT idx, part FROM submissions
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 ORDER BY idx, part",
            &ranges,
        )
        .await?;
    for (at, rows) in seen.into_iter().zip(found) {
        for mut row in rows {
            let (index, part): (u32, u16) = (row.get()?, row.get()?);
            let of_index = all[at].binary_search_by_key(&index, |recipient| recipient.index);
            if let Ok(found) = of_index {
                all[at][found].accepted.push(part);
            }
        }
    }
    Ok(all)
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
