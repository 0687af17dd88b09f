//! What customers are told: events, and the webhook calls that tell them.
//!
//! An event belongs to an order and keeps the order as it was. Its id is made of the order and the
//! event's number, so a change that is computed twice tells the same event.

use domain::order::{OrderId, OrderSnapshot};
use domain::ports::{PortError, WebhookCall, WebhookCallId, WebhookOutcome, WebhookResult};
use domain::secret::Secret;
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};
use uuid::{Builder, Uuid};

use crate::orders::WEBHOOK_SECRET;
use crate::sql::{Result, Row, Tx, UNREADABLE_WAIT, params};

pub(crate) struct NewEvent {
    pub(crate) order: OrderId,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) snapshot: OrderSnapshot,
}

/// Stores events of orders that have a webhook; each is due at once.
pub(crate) async fn add(tx: &mut impl Tx, new: &[NewEvent], now: Timestamp) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let mut made = Vec::with_capacity(new.len());
    for event in new {
        let unreadable = |_| PortError::Refused("an event could not be written".to_owned());
        let snapshot = serde_json::to_string(&event.snapshot).map_err(unreadable)?;
        made.push((event_id(&event.order, event.number, now), snapshot, event));
    }
    let rows: Vec<_> = made
        .iter()
        .map(|(id, snapshot, event)| params![id, &event.order, event.number, snapshot, now])
        .collect();
    tx.execute_many(
        "INSERT INTO events (id, order_id, number, snapshot, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &rows,
    )
    .await?;
    let rows: Vec<_> = made.iter().map(|(id, _, _)| params![id, now]).collect();
    tx.execute_many("INSERT INTO webhook_calls (event, due_at) VALUES (?1, ?2)", &rows)
        .await
        .map(drop)
}

/// UUID v7 (RFC 9562 §5.7) whose random bits are a hash.
fn event_id(order: &OrderId, number: u32, now: Timestamp) -> Uuid {
    let hash = digest(&SHA256, &[&order.as_bytes()[..], &number.to_be_bytes()].concat());
    let mut bits = [0; 10];
    bits.iter_mut().zip(hash.as_ref()).for_each(|(bit, byte)| *bit = *byte);
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
}

pub(crate) async fn claim(
    tx: &mut impl Tx,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<WebhookCall>> {
    let claimed = tx
        .query(
            "UPDATE webhook_calls SET due_at = ?2, attempts = attempts + 1
             WHERE id IN (
                 SELECT id FROM webhook_calls WHERE ended_at IS NULL AND due_at <= ?1
                 ORDER BY due_at, id LIMIT ?3
             )
             RETURNING id",
            params![now, lease_until, limit],
        )
        .await?;
    let mut ids = Vec::with_capacity(claimed.len());
    for mut row in claimed {
        ids.push(row.get::<WebhookCallId>()?);
    }
    ids.sort_unstable();
    let rows: Vec<_> = ids.iter().map(|id| params![*id]).collect();
    let found = tx
        .query_many(
            "SELECT c.id, c.event, c.attempts - 1, e.order_id, e.snapshot, e.at, o.webhook_url,
                 o.webhook_secret
             FROM webhook_calls c
             JOIN events e ON e.id = c.event
             JOIN orders o ON o.id = e.order_id
             WHERE c.id = ?1",
            &rows,
        )
        .await?;
    let (mut calls, mut unreadable) = (Vec::with_capacity(ids.len()), Vec::new());
    for (id, rows) in ids.into_iter().zip(found) {
        for row in rows {
            match read_call(tx, row) {
                Ok(call) => calls.push(call),
                Err(error) => {
                    // One bad row must not stop the others.
                    tracing::error!(call = id.0, %error, "a webhook call cannot be read");
                    unreadable.push(params![id, now.after(UNREADABLE_WAIT)]);
                }
            }
        }
    }
    tx.execute_many("UPDATE webhook_calls SET due_at = ?2 WHERE id = ?1", &unreadable).await?;
    Ok(calls)
}

fn read_call(tx: &impl Tx, mut row: Row) -> Result<WebhookCall> {
    let (id, event, attempts) = (row.get()?, row.get()?, row.get()?);
    let order: OrderId = row.get()?;
    let unreadable = |_| PortError::Refused("unreadable column: snapshot".to_owned());
    let snapshot = serde_json::from_str(&row.get::<String>()?).map_err(unreadable)?;
    let (at, url) = (row.get()?, row.get()?);
    let sealed: Vec<u8> = row.get()?;
    let secret = tx.vault().open(WEBHOOK_SECRET, order.as_bytes(), &sealed)?;
    let secret = Secret::new(String::from_utf8_lossy(&secret));
    Ok(WebhookCall { id, event, url, secret, attempts, snapshot, at })
}

pub(crate) async fn record(
    tx: &mut impl Tx,
    results: &[WebhookResult],
    now: Timestamp,
) -> Result<()> {
    let (mut retried, mut put_off, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    for result in results {
        match result.outcome {
            WebhookOutcome::RetryAt(at) => retried.push(params![result.call, at, &result.note]),
            WebhookOutcome::PutOff(at) => put_off.push(params![result.call, at]),
            WebhookOutcome::Told => ended.push(params![result.call, 1_i64, now, &result.note]),
            WebhookOutcome::GaveUp => ended.push(params![result.call, 0_i64, now, &result.note]),
        }
    }
    tx.execute_many(
        "UPDATE webhook_calls SET due_at = ?2, note = ?3 WHERE id = ?1 AND ended_at IS NULL",
        &retried,
    )
    .await?;
    // The claim counted an attempt that was none.
    tx.execute_many(
        "UPDATE webhook_calls SET due_at = ?2, attempts = attempts - 1
         WHERE id = ?1 AND ended_at IS NULL AND attempts > 0",
        &put_off,
    )
    .await?;
    tx.execute_many(
        "UPDATE webhook_calls SET told = ?2, ended_at = ?3, note = ?4
         WHERE id = ?1 AND ended_at IS NULL",
        &ended,
    )
    .await
    .map(drop)
}
