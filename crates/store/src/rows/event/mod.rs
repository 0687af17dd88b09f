//! What customers are told, and how far that is.
//!
//! An event belongs to an order, or to a message that came in, and keeps it as it was. Its id is made
//! of its subject and number, so a change that is computed twice tells the same event. The events of
//! one order are told one after another: one waits, never due, until the one before it has ended, and
//! is named there as the next. Whoever ends an event makes the next one due.

use domain::id::OrderId;
use domain::inbound::{InboundMessage, InboundWebhook};
use domain::limits::FORGET_AFTER;
use domain::ports::{
    Changed, Lease, PortError, Snapshot, WebhookCall, WebhookCallId, WebhookOutcome, WebhookResult,
};
use domain::sale::order::OrderSnapshot;
use domain::secret::Secret;
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};
use uuid::{Builder, Uuid};

use crate::rows::order::WEBHOOK_SECRET;
use crate::tx::{Result, Row, Tx, UNREADABLE_WAIT, params};

/// Sealed with events that are not of an order, as the vault knows it.
const EVENT_SECRET: &str = "events.secret";

/// Of what waits for an earlier event.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

pub(crate) struct NewEvent {
    pub(crate) order: OrderId,
    /// From 1.
    pub(crate) number: u32,
    /// The row of the order's event before it.
    pub(crate) previous: Option<i64>,
    pub(crate) snapshot: OrderSnapshot,
    pub(crate) url: String,
    /// As the order's row keeps it.
    pub(crate) secret: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Added {
    /// The row of each event.
    pub(crate) ids: Vec<i64>,
    /// Those that are leased to the caller.
    pub(crate) calls: Vec<WebhookCall>,
}

/// Stores events of orders that have a webhook. Each is due at once, or leased as `tell` says,
/// unless an earlier one of its order has not ended.
pub(crate) async fn add(
    tx: &mut impl Tx,
    new: Vec<NewEvent>,
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Added> {
    if new.is_empty() {
        return Ok(Added::default());
    }
    let waiting = hold_back(tx, &new).await?;
    let snapshots = new
        .iter()
        .map(|event| serde_json::to_string(&event.snapshot).map_err(unwritable))
        .collect::<Result<Vec<_>>>()?;
    let rows: Vec<_> = new
        .iter()
        .zip(&snapshots)
        .zip(&waiting)
        .map(|((event, snapshot), waits)| {
            let (due_at, node, attempts) = match tell {
                _ if *waits => (NEVER, None, 0_i64),
                Some(lease) => (lease.until, Some(&lease.node), 1),
                None => (now, None, 0),
            };
            params![&event.order, event.number, snapshot, now, due_at, node, attempts]
        })
        .collect();
    let ids = tx
        .insert_many(
            "INSERT INTO events (subject, subject_id, number, snapshot, at, due_at, lease_node,
                 attempts)
             VALUES ('order', ?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
            &rows,
        )
        .await?;
    let nexts: Vec<_> = new
        .iter()
        .zip(&ids)
        .zip(&waiting)
        .filter(|(_, waits)| **waits)
        .map(|((event, id), _)| params![event.previous, *id])
        .collect();
    tx.execute_many("UPDATE events SET next = ?2 WHERE id = ?1", &nexts).await?;
    if tell.is_none() && waiting.contains(&false) {
        tx.notify(Changed { events: true, ..Changed::default() });
    }
    let mut calls = Vec::new();
    if tell.is_some() {
        for ((event, id), _) in
            new.into_iter().zip(&ids).zip(&waiting).filter(|(_, waits)| !**waits)
        {
            calls.push(call_of(tx, event, *id, now)?);
        }
    }
    Ok(Added { ids, calls })
}

/// Which of them have to wait for the one before them. That is kept from ending until the change is
/// committed, and names its next by then.
async fn hold_back(tx: &mut impl Tx, new: &[NewEvent]) -> Result<Vec<bool>> {
    let mut later: Vec<_> = (0..new.len()).filter(|at| new[*at].previous.is_some()).collect();
    later.sort_unstable_by_key(|at| new[*at].previous);
    let rows: Vec<_> = later.iter().map(|at| params![new[*at].previous, &new[*at].order]).collect();
    let held = tx
        .execute_many(
            "UPDATE events SET next = 0 WHERE id = ?1 AND subject_id = ?2 AND told IS NULL",
            &rows,
        )
        .await?;
    let mut waiting = vec![false; new.len()];
    for (at, count) in later.into_iter().zip(held) {
        waiting[at] = count > 0;
    }
    Ok(waiting)
}

fn call_of(tx: &impl Tx, event: NewEvent, id: i64, at: Timestamp) -> Result<WebhookCall> {
    let subject = event.order.as_bytes();
    Ok(WebhookCall {
        id: WebhookCallId(id),
        event: event_id(subject, event.number, at),
        url: event.url,
        secret: open(tx, WEBHOOK_SECRET, subject, &event.secret)?,
        attempts: 0,
        snapshot: Snapshot::Order(event.snapshot),
        at,
    })
}

fn open(tx: &impl Tx, column: &str, subject: &[u8], sealed: &[u8]) -> Result<Secret> {
    let opened = tx.vault().open(column, subject, sealed)?;
    Ok(Secret::new(String::from_utf8_lossy(&opened)))
}

/// Stores what tells of messages that came in; each is due at once.
pub(crate) async fn add_inbound(
    tx: &mut impl Tx,
    new: &[(&InboundMessage, &InboundWebhook)],
    now: Timestamp,
) -> Result<()> {
    if !new.is_empty() {
        tx.notify(Changed { events: true, ..Changed::default() });
    }
    let mut made = Vec::with_capacity(new.len());
    for (message, webhook) in new {
        let snapshot = serde_json::to_string(message).map_err(unwritable)?;
        let secret = webhook.secret.expose().as_bytes();
        let sealed = tx.vault().seal(EVENT_SECRET, message.id.0.as_bytes(), secret)?;
        made.push((snapshot, sealed));
    }
    let rows: Vec<_> = new
        .iter()
        .zip(&made)
        .map(|((message, webhook), (snapshot, sealed))| {
            params![&message.id.0, snapshot, now, &webhook.url, sealed]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO events (subject, subject_id, number, snapshot, at, url, secret, due_at)
         VALUES ('inbound', ?1, 1, ?2, ?3, ?4, ?5, ?3)",
        &rows,
    )
    .await
    .map(drop)
}

fn unwritable(_: serde_json::Error) -> PortError {
    PortError::Refused("an event could not be written".to_owned())
}

/// UUID v7 (RFC 9562 §5.7) whose random bits are a hash.
fn event_id(subject: &[u8], number: u32, at: Timestamp) -> Uuid {
    let hash = digest(&SHA256, &[subject, &number.to_be_bytes()].concat());
    let mut bits = [0; 10];
    bits.iter_mut().zip(hash.as_ref()).for_each(|(bit, byte)| *bit = *byte);
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
}

pub(crate) async fn claim(
    tx: &mut impl Tx,
    lease: &Lease,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<WebhookCall>> {
    let due = tx
        .query(
            "SELECT id, subject, subject_id, number, snapshot, at, attempts, url, secret
             FROM events WHERE told IS NULL AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2
             FOR UPDATE SKIP LOCKED",
            params![now, limit],
        )
        .await?;
    let (mut calls, mut unreadable) = (Vec::with_capacity(due.len()), Vec::new());
    let mut of_orders = Vec::with_capacity(due.len());
    for mut row in due {
        let id: i64 = row.get()?;
        match read_event(tx, id, row) {
            Ok(Due::Whole(call)) => calls.push(call),
            Ok(Due::OfOrder { event, at, attempts }) => of_orders.push((id, event, at, attempts)),
            Err(error) => unreadable.push((id, error)),
        }
    }
    let orders: Vec<_> = of_orders.iter().map(|(_, event, ..)| params![&event.order]).collect();
    let hooks = tx
        .query_many("SELECT webhook_url, webhook_secret FROM orders WHERE id = ?1", &orders)
        .await?;
    for ((id, event, at, attempts), hook) in of_orders.into_iter().zip(hooks) {
        match read_hook(event, hook).and_then(|event| call_of(tx, event, id, at)) {
            Ok(call) => calls.push(WebhookCall { attempts, ..call }),
            Err(error) => unreadable.push((id, error)),
        }
    }
    calls.sort_unstable_by_key(|call| call.id);
    let leased = calls.iter().map(|call| params![call.id, lease.until, Some(&lease.node)]);
    // One bad row must not stop the others.
    let put_off = unreadable.iter().map(|(id, error)| {
        tracing::error!(call = id, %error, "an event cannot be read");
        params![*id, now.after(UNREADABLE_WAIT), None::<&String>]
    });
    let rows: Vec<_> = leased.chain(put_off).collect();
    tx.execute_many(
        "UPDATE events SET due_at = ?2, lease_node = ?3, attempts = attempts + 1 WHERE id = ?1",
        &rows,
    )
    .await?;
    Ok(calls)
}

/// Makes due what a node that starts again had leased; returns how many. That they were tried is
/// counted already. A row that another node has locked is about to be claimed by it, or ended.
pub(crate) async fn release(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    let leased = tx
        .query(
            "SELECT id FROM events WHERE told IS NULL AND lease_node = ?1 FOR UPDATE SKIP LOCKED",
            params![node],
        )
        .await?;
    let rows = leased
        .into_iter()
        .map(|mut row| Ok(params![row.get::<i64>()?, now]))
        .collect::<Result<Vec<_>>>()?;
    tx.execute_many("UPDATE events SET due_at = ?2, lease_node = NULL WHERE id = ?1", &rows)
        .await?;
    Ok(rows.len() as u64)
}

enum Due {
    Whole(WebhookCall),
    /// Its order knows where it is told.
    OfOrder {
        event: NewEvent,
        at: Timestamp,
        attempts: u32,
    },
}

fn read_event(tx: &impl Tx, id: i64, mut row: Row) -> Result<Due> {
    let unreadable = |_| PortError::Refused("unreadable column: snapshot".to_owned());
    let subject: String = row.get()?;
    let subject_id: Vec<u8> = row.get()?;
    let number = row.get()?;
    let snapshot: String = row.get()?;
    let (at, attempts) = (row.get()?, row.get()?);
    if subject == "order" {
        let snapshot = serde_json::from_str(&snapshot).map_err(unreadable)?;
        let (url, secret, previous) = (String::new(), Vec::new(), None);
        let order = OrderId::from_slice(&subject_id)
            .map_err(|_| PortError::Refused("unreadable column: subject_id".to_owned()))?;
        let event = NewEvent { order, number, previous, snapshot, url, secret };
        return Ok(Due::OfOrder { event, at, attempts });
    }
    let snapshot = serde_json::from_str(&snapshot).map_err(unreadable)?;
    let url = row.get()?;
    Ok(Due::Whole(WebhookCall {
        id: WebhookCallId(id),
        event: event_id(&subject_id, number, at),
        url,
        secret: open(tx, EVENT_SECRET, &subject_id, &row.get::<Vec<u8>>()?)?,
        attempts,
        snapshot: Snapshot::Inbound(snapshot),
        at,
    }))
}

fn read_hook(event: NewEvent, hook: Vec<Row>) -> Result<NewEvent> {
    let none = || PortError::Refused("an event without its order".to_owned());
    let mut row = hook.into_iter().next().ok_or_else(none)?;
    Ok(NewEvent { url: row.get()?, secret: row.get()?, ..event })
}

pub(crate) async fn record(
    tx: &mut impl Tx,
    results: &[WebhookResult],
    now: Timestamp,
) -> Result<()> {
    let (mut retried, mut put_off, mut ended) = (Vec::new(), Vec::new(), Vec::new());
    let forget_at = now.after(FORGET_AFTER);
    let mut results: Vec<_> = results.iter().collect();
    results.sort_unstable_by_key(|result| result.call);
    for WebhookResult { call, outcome, note } in results {
        match outcome {
            WebhookOutcome::RetryAt(at) => retried.push(params![*call, *at, note]),
            WebhookOutcome::PutOff(at) => put_off.push(params![*call, *at]),
            WebhookOutcome::Told => ended.push(params![*call, 1_i64, now, note, forget_at]),
            WebhookOutcome::GaveUp => ended.push(params![*call, 0_i64, now, note, forget_at]),
        }
    }
    tx.execute_many(
        "UPDATE events SET due_at = ?2, lease_node = NULL, note = ?3
         WHERE id = ?1 AND told IS NULL",
        &retried,
    )
    .await?;
    // The claim counted an attempt that was none.
    tx.execute_many(
        "UPDATE events SET due_at = ?2, lease_node = NULL, attempts = attempts - 1
         WHERE id = ?1 AND told IS NULL AND attempts > 0",
        &put_off,
    )
    .await?;
    // Few are waited for.
    let alone = tx
        .execute_many(
            "UPDATE events SET told = ?2, ended_at = ?3, note = ?4, due_at = ?5
             WHERE id = ?1 AND told IS NULL AND next IS NULL",
            &ended,
        )
        .await?;
    let awaited: Vec<_> =
        ended.into_iter().zip(alone).filter(|(_, ended)| *ended == 0).map(|(row, _)| row).collect();
    let ended = tx
        .query_many(
            "UPDATE events SET told = ?2, ended_at = ?3, note = ?4, due_at = ?5
             WHERE id = ?1 AND told IS NULL RETURNING next",
            &awaited,
        )
        .await?;
    let mut nexts = Vec::new();
    for mut row in ended.into_iter().flatten() {
        if let Some(next) = row.get::<Option<i64>>()? {
            nexts.push(params![next, now]);
        }
    }
    tx.execute_many("UPDATE events SET due_at = ?2 WHERE id = ?1 AND told IS NULL", &nexts)
        .await
        .map(drop)
}

/// Drops at most `limit` of those that ended before `before`; returns how many went.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM events WHERE id IN (
             SELECT id FROM events WHERE told IN (0, 1) AND due_at < ?1 LIMIT ?2
         )",
        params![before.after(FORGET_AFTER), limit],
    )
    .await
}
