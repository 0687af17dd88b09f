//! Counts what waits, by lane, carrier and reason. The oldest chunks are read first, up to a limit: message ids
//! are in the order of their time. So what is oldest is exact, and beyond the limit the counts are of the
//! oldest ones.

use domain::limits::BACKLOG_COUNTED_MAX;
use domain::message::MessageState;
use domain::ports::{Backlog, BacklogPart, WaitingEvents};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn backlog(tx: &mut impl Tx, now: Timestamp) -> Result<Backlog> {
    let mut parts = waiting_chunks(tx, now).await?;
    parts.extend(first_claims(tx).await?);
    Ok(Backlog { parts, events: waiting_events(tx).await? })
}

/// A chunk that only awaits receipts is due when these are overdue, and has nothing pending.
async fn waiting_chunks(tx: &mut impl Tx, now: Timestamp) -> Result<Vec<BacklogPart>> {
    let rows = tx
        .query(
            "SELECT lane, why, is_due, of_carrier,
                 CAST(sum(CASE WHEN span < pending THEN span ELSE pending END) AS BIGINT),
                 min(created_at)
             FROM (
                 SELECT c.message, c.lane, min(m.created_at) AS created_at,
                     min(m.pending) AS pending,
                     CAST(sum(c.last_idx - c.first_idx + 1) AS BIGINT) AS span,
                     CASE WHEN c.due_at <= ?1 THEN 1 ELSE 0 END AS is_due,
                     CASE WHEN b.paused = 1 THEN ?3
                         WHEN m.state = ?4 THEN ?5
                         WHEN c.lease_node IS NOT NULL AND c.due_at > ?1 THEN ?6
                         ELSE c.reason END AS why,
                     CASE WHEN b.paused = 1 OR m.state = ?4
                         OR c.lease_node IS NOT NULL AND c.due_at > ?1 THEN NULL
                         ELSE c.carrier END AS of_carrier
                 FROM (
                     SELECT message, first_idx, last_idx, lane, due_at, lease_node, await_until,
                         reason, carrier
                     FROM chunks ORDER BY message, first_idx LIMIT ?2
                 ) c
                 JOIN messages m ON m.id = c.message
                 LEFT JOIN bulk_messages b ON b.message = c.message
                 WHERE m.pending > 0 AND (c.await_until IS NULL OR c.await_until <> c.due_at)
                 GROUP BY c.message, c.lane, 6, 7, 8
             ) counted
             GROUP BY lane, why, is_due, of_carrier",
            params![
                now,
                BACKLOG_COUNTED_MAX,
                Reason::Paused,
                MessageState::Scheduled,
                Reason::Scheduled,
                Reason::Sending,
            ],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<BacklogPart> {
    let (lane, reason) = (row.get()?, row.get()?);
    let is_due = row.get::<i64>()? == 1;
    let carrier = row.get::<Option<String>>()?.as_deref().map(CarrierName::new);
    Ok(BacklogPart { lane, reason, is_due, carrier, recipients: row.get()?, oldest: row.get()? })
}

/// Single messages that were handed over from memory have no chunk.
async fn first_claims(tx: &mut impl Tx) -> Result<Vec<BacklogPart>> {
    let rows = tx
        .query(
            "SELECT lane, count(*), min(created_at) FROM (
                 SELECT lane, created_at FROM messages WHERE lease_node IS NOT NULL LIMIT ?1
             ) leased GROUP BY lane",
            params![BACKLOG_COUNTED_MAX],
        )
        .await?;
    let read = |mut row: Row| {
        let (lane, recipients, oldest) = (row.get()?, row.get()?, row.get()?);
        let reason = Some(Reason::Sending);
        Ok(BacklogPart { lane, reason, is_due: false, carrier: None, recipients, oldest })
    };
    rows.into_iter().map(read).collect()
}

async fn waiting_events(tx: &mut impl Tx) -> Result<WaitingEvents> {
    let rows = tx
        .query(
            "SELECT count(*), min(at) FROM (
                 SELECT at FROM events WHERE delivered IS NULL LIMIT ?1
             ) waiting",
            params![BACKLOG_COUNTED_MAX],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(WaitingEvents::default()) };
    Ok(WaitingEvents { events: row.get()?, oldest: row.get()? })
}
