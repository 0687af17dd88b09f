//! Due events, leased to a node.

use domain::event::TargetKind;
use domain::id::{AccountId, EventId, MessageId};
use domain::limits::WEBHOOK_CLAIM_BYTES_MAX;
use domain::message::changes::PackedChanges;
use domain::ports::{Delivery, EventOwner, Lease, PortError, Snapshot};
use domain::time::Timestamp;
use uuid::Uuid;

use super::{EVENT_SECRET, public_id, target};
use crate::rows::account;
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
    target: Target,
    /// Of the snapshot, as stored.
    bytes: usize,
}

/// Where the URL and the sealed secret are.
enum Target {
    Own(String, Option<Vec<u8>>),
    Order,
    /// The URL in the campaign's row, the secret in that of its account.
    Campaign,
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
    let (mut due, mut unreadable, mut bytes) = (Vec::with_capacity(rows.len()), Vec::new(), 0);
    for mut row in rows {
        let id: EventId = row.get()?;
        match read(row) {
            // The rest is claimed next; the first is taken whatever its size.
            Ok(event) if bytes > 0 && bytes + event.bytes > WEBHOOK_CLAIM_BYTES_MAX => break,
            Ok(event) => {
                bytes += event.bytes;
                due.push((id, event));
            }
            Err(error) => unreadable.push((id, error)),
        }
    }
    let subjects = |which: fn(&Target) -> bool| {
        let of_kind = due.iter().filter(move |(_, event)| which(&event.target));
        of_kind.map(|(_, event)| params![&event.subject]).collect::<Vec<_>>()
    };
    let orders = subjects(|target| matches!(target, Target::Order));
    let mut orders = tx
        .query_many(
            "SELECT a.webhook_url, a.webhook_secret, a.account, o.client
             FROM all_orders a LEFT JOIN orders o ON a.account IS NULL AND o.id = a.id
             WHERE a.id = ?1",
            &orders,
        )
        .await?
        .into_iter();
    let campaigns = subjects(|target| matches!(target, Target::Campaign));
    let mut campaigns = tx
        .query_many(
            "SELECT b.webhook_url, a.webhook_secret, a.id
             FROM bulk_messages b JOIN accounts a ON a.id = b.account WHERE b.message = ?1",
            &campaigns,
        )
        .await?
        .into_iter();
    let mut deliveries = Vec::with_capacity(due.len());
    for (id, event) in due {
        let webhook = match event.target {
            Target::Own(..) => None,
            Target::Order => orders.next(),
            Target::Campaign => campaigns.next(),
        };
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
    let unreadable = || PortError::Refused("unreadable column: snapshot".to_owned());
    let kind_of_subject: String = row.get()?;
    let subject: Vec<u8> = row.get()?;
    let number = row.get()?;
    let text: String = row.get()?;
    let (at, since, attempts) = (row.get()?, row.get()?, row.get()?);
    let kind = row.get()?;
    let bytes = text.len();
    let snapshot = match kind_of_subject.as_str() {
        "campaign" if kind == TargetKind::Callback => {
            serde_json::from_str(&text).ok().map(Snapshot::Report)
        }
        "order" => serde_json::from_str(&text).ok().map(Snapshot::Order),
        "campaign" if text.starts_with('{') => {
            serde_json::from_str(&text).ok().map(Snapshot::Campaign)
        }
        "campaign" => Uuid::from_slice(&subject).ok().and_then(|message| {
            let changes = PackedChanges::from_stored(text)?;
            Some(Snapshot::Recipients(MessageId(message), changes))
        }),
        _ => serde_json::from_str(&text).ok().map(Snapshot::Inbound),
    };
    let snapshot = snapshot.ok_or_else(unreadable)?;
    let target = match (row.get::<Option<String>>()?, row.get()?) {
        (Some(url), secret) => Target::Own(url, secret),
        (None, _) if kind_of_subject == "campaign" => Target::Campaign,
        (None, _) => Target::Order,
    };
    Ok(Due { subject, number, snapshot, at, since, attempts, kind, target, bytes })
}

/// `webhook`: the row of its order or campaign, when it has no target of its own.
fn delivery(tx: &impl Tx, id: EventId, event: Due, webhook: Option<Vec<Row>>) -> Result<Delivery> {
    let Due { subject, number, snapshot, at, since, attempts, kind, target: place, .. } = event;
    let row = || {
        let no_subject = || PortError::Refused("an event without its subject".to_owned());
        webhook.into_iter().flatten().next().ok_or_else(no_subject)
    };
    let (owner, target) = match place {
        Target::Own(url, sealed) => {
            let account = match &snapshot {
                Snapshot::Inbound(message) => message.account,
                Snapshot::Report(report) => Some(report.account),
                Snapshot::Order(_) | Snapshot::Campaign(_) | Snapshot::Recipients(..) => None,
            };
            let owner = account.map_or(EventOwner::Operator, EventOwner::Account);
            (owner, target(tx, kind, url, (EVENT_SECRET, &subject, sealed.as_deref()))?)
        }
        Target::Order => {
            let mut row = row()?;
            let (url, sealed): (_, Option<Vec<u8>>) = (row.get()?, row.get()?);
            let (account, client): (Option<AccountId>, Option<String>) = (row.get()?, row.get()?);
            let client = client.map_or(EventOwner::Operator, EventOwner::Client);
            let owner = account.map_or(client, EventOwner::Account);
            (owner, target(tx, kind, url, (WEBHOOK_SECRET, &subject, sealed.as_deref()))?)
        }
        Target::Campaign => {
            let mut row = row()?;
            let (url, sealed): (_, Option<Vec<u8>>) = (row.get()?, row.get()?);
            let account: AccountId = row.get()?;
            let sealed = (account::SECRET, &account.0.to_be_bytes()[..], sealed.as_deref());
            (EventOwner::Account(account), target(tx, kind, url, sealed)?)
        }
    };
    let event = public_id(&subject, number, at);
    Ok(Delivery { id, event, owner, target, attempts, snapshot, at, since })
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
