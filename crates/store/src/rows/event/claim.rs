//! Due events, leased to a node.

use domain::event::TargetKind;
use domain::id::EventId;
use domain::ports::{Delivery, Lease, PortError, Snapshot};
use domain::time::Timestamp;

use super::{EVENT_SECRET, public_id, target};
use crate::rows::order::WEBHOOK_SECRET;
use crate::tx::{Result, Row, Tx, UNREADABLE_WAIT, params};

/// A due event as its row has it.
struct Due {
    subject: Vec<u8>,
    number: u32,
    snapshot: Snapshot,
    at: Timestamp,
    since: Timestamp,
    attempts: u32,
    kind: TargetKind,
    /// Its own URL and sealed secret; `None`: its order's.
    own: Option<(String, Option<Vec<u8>>)>,
}

pub(crate) async fn claim(
    tx: &mut impl Tx,
    lease: &Lease,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let rows = tx
        .query(
            "SELECT id, subject, subject_id, number, snapshot, at, coalesce(ended_at, at),
                 attempts, target, url, secret
             FROM events WHERE delivered IS NULL AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2
             FOR UPDATE SKIP LOCKED",
            params![now, limit],
        )
        .await?;
    let (mut due, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
    for mut row in rows {
        let id: EventId = row.get()?;
        match read(row) {
            Ok(event) => due.push((id, event)),
            Err(error) => unreadable.push((id, error)),
        }
    }
    let orders: Vec<_> = due
        .iter()
        .filter(|(_, event)| event.own.is_none())
        .map(|(_, event)| params![&event.subject])
        .collect();
    let mut webhooks = tx
        .query_many("SELECT webhook_url, webhook_secret FROM all_orders WHERE id = ?1", &orders)
        .await?
        .into_iter();
    let mut deliveries = Vec::with_capacity(due.len());
    for (id, event) in due {
        let webhook = if event.own.is_none() { webhooks.next() } else { None };
        match delivery(tx, id, event, webhook) {
            Ok(delivery) => deliveries.push(delivery),
            Err(error) => unreadable.push((id, error)),
        }
    }
    deliveries.sort_unstable_by_key(|delivery| delivery.id);
    let leased = deliveries.iter().map(|it| params![it.id, lease.until, Some(&lease.node)]);
    // One bad row must not stop the others.
    let put_off = unreadable.iter().map(|(id, error)| {
        tracing::error!(event = id.0, %error, "an event cannot be read");
        params![*id, now.after(UNREADABLE_WAIT), None::<&String>]
    });
    let rows: Vec<_> = leased.chain(put_off).collect();
    tx.execute_many(
        "UPDATE events SET due_at = ?2, lease_node = ?3, attempts = attempts + 1 WHERE id = ?1",
        &rows,
    )
    .await?;
    Ok(deliveries)
}

fn read(mut row: Row) -> Result<Due> {
    let unreadable = |_| PortError::Refused("unreadable column: snapshot".to_owned());
    let is_of_order = row.get::<String>()? == "order";
    let subject: Vec<u8> = row.get()?;
    let number = row.get()?;
    let snapshot: String = row.get()?;
    let snapshot = if is_of_order {
        serde_json::from_str(&snapshot).map(Snapshot::Order)
    } else {
        serde_json::from_str(&snapshot).map(Snapshot::Inbound)
    };
    let (snapshot, at, since) = (snapshot.map_err(unreadable)?, row.get()?, row.get()?);
    let (attempts, kind) = (row.get()?, row.get()?);
    let (url, secret) = (row.get::<Option<String>>()?, row.get()?);
    let own = url.map(|url| (url, secret));
    Ok(Due { subject, number, snapshot, at, since, attempts, kind, own })
}

/// `webhook`: its order's row, when it has no target of its own.
fn delivery(tx: &impl Tx, id: EventId, event: Due, webhook: Option<Vec<Row>>) -> Result<Delivery> {
    let Due { subject, number, snapshot, at, since, attempts, kind, own } = event;
    let (column, url, sealed) = match own {
        Some((url, sealed)) => (EVENT_SECRET, url, sealed),
        None => {
            let no_order = || PortError::Refused("an event without its order".to_owned());
            let mut row = webhook.into_iter().flatten().next().ok_or_else(no_order)?;
            (WEBHOOK_SECRET, row.get()?, Some(row.get()?))
        }
    };
    let target = target(tx, kind, url, (column, &subject, sealed.as_deref()))?;
    let event = public_id(&subject, number, at);
    Ok(Delivery { id, event, target, attempts, snapshot, at, since })
}

/// Makes due what a node that starts again had leased; returns the number of rows. The claim has
/// counted the attempt already. A row that another node has locked is about to be claimed by it, or to end.
pub(crate) async fn release(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    let leased = tx
        .query(
            "SELECT id FROM events WHERE delivered IS NULL AND lease_node = ?1
             FOR UPDATE SKIP LOCKED",
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
