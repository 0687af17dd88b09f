//! Stores new events. Each is due at once, or leased to the caller, unless an earlier one of its order
//! has not ended.

use domain::event::{Target, TargetKind};
use domain::id::{EventId, OrderId};
use domain::inbound::InboundMessage;
use domain::ports::{Changed, Delivery, EventOwner, Lease, Snapshot};
use domain::sale::order::OrderSnapshot;
use domain::time::Timestamp;

use super::{EVENT_SECRET, NEVER, public_id, target, unwritable};
use crate::rows::order::WEBHOOK_SECRET;
use crate::tx::{Result, Tx, params};

/// An event of an order that has a webhook.
pub(crate) struct NewEvent {
    pub(crate) order: OrderId,
    /// From 1.
    pub(crate) number: u32,
    /// Row of the order's event before it.
    pub(crate) previous: Option<i64>,
    pub(crate) snapshot: OrderSnapshot,
    pub(crate) owner: EventOwner,
    pub(crate) url: String,
    /// As sealed in the order's row.
    pub(crate) secret: Vec<u8>,
}

#[derive(Default)]
pub(crate) struct Added {
    /// The row of each event.
    pub(crate) ids: Vec<i64>,
    /// Those that are leased to the caller.
    pub(crate) deliveries: Vec<Delivery>,
}

/// With a `lease`, the events that are due are leased so.
pub(crate) async fn add(
    tx: &mut impl Tx,
    new: Vec<NewEvent>,
    now: Timestamp,
    lease: Option<&Lease>,
) -> Result<Added> {
    if new.is_empty() {
        return Ok(Added::default());
    }
    let blocked = hold_back(tx, &new).await?;
    let snapshots = new
        .iter()
        .map(|event| serde_json::to_string(&event.snapshot).map_err(unwritable))
        .collect::<Result<Vec<_>>>()?;
    let rows: Vec<_> = new
        .iter()
        .zip(&snapshots)
        .zip(&blocked)
        .map(|((event, snapshot), blocked)| {
            let (due_at, node, attempts) = match lease {
                _ if *blocked => (NEVER, None, 0_i64),
                Some(lease) => (lease.until, Some(&lease.node), 1),
                None => (now, None, 0),
            };
            let (order, number, previous) = (&event.order, event.number, event.previous);
            params![order, number, snapshot, now, due_at, node, attempts, previous]
        })
        .collect();
    let ids = tx
        .insert_many(
            "INSERT INTO events (subject, subject_id, number, snapshot, at, target, due_at,
                 lease_node, attempts, previous)
             VALUES ('order', ?1, ?2, ?3, ?4, 'webhook', ?5, ?6, ?7, ?8) RETURNING id",
            &rows,
        )
        .await?;
    let nexts: Vec<_> = new
        .iter()
        .zip(&ids)
        .zip(&blocked)
        .filter(|(_, blocked)| **blocked)
        .map(|((event, id), _)| params![event.previous, *id])
        .collect();
    tx.execute_many("UPDATE events SET next = ?2 WHERE id = ?1", &nexts).await?;
    if lease.is_none() && blocked.contains(&false) {
        tx.notify(Changed { events: true, ..Changed::default() });
    }
    let mut deliveries = Vec::new();
    if lease.is_some() {
        for ((event, id), _) in
            new.into_iter().zip(&ids).zip(&blocked).filter(|(_, blocked)| !**blocked)
        {
            deliveries.push(delivery(tx, event, EventId(*id), now)?);
        }
    }
    Ok(Added { ids, deliveries })
}

/// Which of them have to wait for their predecessor. Its row stays locked until the change is
/// committed, so that it cannot end before it names its next event.
async fn hold_back(tx: &mut impl Tx, new: &[NewEvent]) -> Result<Vec<bool>> {
    let mut later: Vec<_> = (0..new.len()).filter(|at| new[*at].previous.is_some()).collect();
    later.sort_unstable_by_key(|at| new[*at].previous);
    let rows: Vec<_> = later.iter().map(|at| params![new[*at].previous, &new[*at].order]).collect();
    let held = tx
        .execute_many(
            "UPDATE events SET next = 0 WHERE id = ?1 AND subject_id = ?2 AND delivered IS NULL",
            &rows,
        )
        .await?;
    let mut blocked = vec![false; new.len()];
    for (at, count) in later.into_iter().zip(held) {
        blocked[at] = count > 0;
    }
    Ok(blocked)
}

fn delivery(tx: &impl Tx, event: NewEvent, id: EventId, at: Timestamp) -> Result<Delivery> {
    let subject = event.order.as_bytes();
    let sealed = (WEBHOOK_SECRET, subject.as_slice(), Some(&*event.secret));
    Ok(Delivery {
        id,
        event: public_id(subject, event.number, at),
        owner: event.owner,
        target: target(tx, TargetKind::Webhook, event.url, sealed)?,
        attempts: 0,
        snapshot: Snapshot::Order(event.snapshot),
        at,
        since: at,
    })
}

/// Stores an event for each of these received messages, with its number among those of the message, due
/// at once.
pub(crate) async fn add_inbound(
    tx: &mut impl Tx,
    new: &[(&InboundMessage, u32, &Target)],
    now: Timestamp,
) -> Result<()> {
    if !new.is_empty() {
        tx.notify(Changed { events: true, ..Changed::default() });
    }
    let mut made = Vec::with_capacity(new.len());
    for (message, _, target) in new {
        let snapshot = serde_json::to_string(message).map_err(unwritable)?;
        let seal = |secret: &str| {
            tx.vault().seal(EVENT_SECRET, message.id.0.as_bytes(), secret.as_bytes())
        };
        let sealed = target.secret().map(|secret| seal(secret.expose())).transpose()?;
        made.push((snapshot, sealed));
    }
    let rows: Vec<_> = new
        .iter()
        .zip(&made)
        .map(|((message, number, target), (snapshot, sealed))| {
            let (kind, url) = (target.kind().as_str(), target.url());
            let account = message.account.filter(|_| target.kind() == TargetKind::Callback);
            params![&message.id.0, snapshot, now, kind, url, sealed.as_ref(), *number, account]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO events (subject, subject_id, number, snapshot, at, target, url, secret, due_at,
             account)
         VALUES ('inbound', ?1, ?7, ?2, ?3, ?4, ?5, ?6, ?3, ?8)",
        &rows,
    )
    .await
    .map(drop)
}
