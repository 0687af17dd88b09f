//! The recipient of a message that has only this one, and an order: its message's row holds it, and
//! the lease of a first claim that came with the message. Such a claim has no row of a chunk; it gets
//! one when it ends with something left to do, or when its lease is lost.

use domain::id::MessageId;
use domain::message::Address;
use domain::message::chunk::{ClaimedState, Doubt, DoubtEvent, Left};
use domain::message::delivery::Delivery;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{ChunkId, Lease};
use domain::time::Timestamp;

use super::message_lock::{LockedMessage, Messages};
use super::recipients::{Recipient, RecipientKey, StoredParts, read_status};
use super::row_part::RowPart;
use crate::rows::order::OrderRow;
use crate::tx::{Result, Row, Tx, Value, params};

/// The number of a first claim, and the doubt while it lasts.
const FIRST: u32 = 1;
const DOUBT: Doubt = Doubt::None.after(DoubtEvent::Claimed);

#[derive(Debug, Clone)]
pub(crate) struct Single {
    pub(crate) recipient: Recipient,
    /// Its message may have a chunk.
    pub(crate) queued: bool,
    /// Its first claim, as long as that has no chunk.
    first_claim: Option<FirstClaim>,
    /// What its row says of the lease of its first claim.
    lease: StoredLease,
}

#[derive(Debug, Clone)]
struct FirstClaim {
    lease: Lease,
    valid_until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StoredLease {
    None,
    Held,
    /// It has ended, and is still stored.
    Ended,
}

impl Single {
    /// The next columns of a message's row; `None` where they are empty.
    pub(super) fn read(row: &mut Row) -> Result<Option<Self>> {
        let Some(address) = row.get::<Option<String>>()? else { return Ok(None) };
        let status = read_status(row)?;
        let taken = row.get()?;
        let stored = StoredParts { row: RowPart::read(row)?, others: taken };
        let queued = row.get::<i64>()? != 0;
        let valid_until = row.get()?;
        let (node, until): (Option<String>, Option<Timestamp>) = (row.get()?, row.get()?);
        let lease = node.zip(until).map(|(node, until)| Lease { node, until });
        let first_claim = lease.map(|lease| FirstClaim { lease, valid_until });
        Ok(Some(Self {
            recipient: Recipient {
                before: status.clone(),
                delivery: Delivery { status, parts: Vec::new() },
                price: Msat::ZERO,
                number: number(&address),
                stored_before: Some(stored.clone()),
                stored,
            },
            queued,
            lease: first_claim.as_ref().map_or(StoredLease::None, |_| StoredLease::Held),
            first_claim,
        }))
    }

    /// Its first claim, as a chunk's row would have it.
    pub(crate) fn first_claim(&self) -> Option<(u32, ClaimedState)> {
        let FirstClaim { valid_until, .. } = self.first_claim.as_ref()?;
        let state = ClaimedState { doubt: DOUBT, await_until: None, valid_until: *valid_until };
        Some((FIRST, state))
    }

    /// Its state before this change.
    pub(crate) const fn state_before(&self) -> RecipientState {
        self.recipient.before.state
    }

    /// Ends the lease; that is stored with the recipient, or by [`store_ended`].
    pub(crate) fn end_lease(&mut self) {
        if self.lease == StoredLease::Held {
            self.lease = StoredLease::Ended;
        }
    }

    /// What the claim `attempt` leaves.
    pub(crate) fn left(&self, attempt: u32) -> Left {
        let status = &self.recipient.delivery.status;
        let pending = status.state == RecipientState::Pending;
        Left {
            pending: u32::from(pending),
            in_doubt: u32::from(pending && status.deferred_attempt != attempt),
            submitted: u32::from(status.state == RecipientState::Submitted),
        }
    }
}

/// `None` for e-mail, and for an unreadable address, which is never submitted.
pub(super) fn number(address: &str) -> Option<u64> {
    match address.parse() {
        Ok(Address::Phone(number)) => Some(number.digits()),
        Ok(Address::Email(_)) | Err(_) => None,
    }
}

/// Writes changed recipients, and the counters and state of their messages. The columns of indices
/// (the lease, and what finds a part) are written only when they change: an engine writes an index
/// whose columns a statement names.
pub(super) async fn update(
    tx: &mut impl Tx,
    messages: &mut Messages,
    changed: &[(&RecipientKey, &Recipient)],
    now: Timestamp,
) -> Result<()> {
    let mut written = Vec::with_capacity(changed.len());
    for ((id, _), recipient) in changed {
        let Some(message) = messages.get_mut(id) else { continue };
        let is_final = message.counters.state.is_final();
        let Some(single) = &mut message.single else { continue };
        let ends =
            single.lease == StoredLease::Ended || is_final && single.lease != StoredLease::None;
        if ends {
            single.lease = StoredLease::None;
        }
        let has_part = |parts: &StoredParts| parts.row.is_some();
        let is_indexed = ends
            || recipient.stored_before.as_ref().map(has_part) != Some(has_part(&recipient.stored));
        let updated_at = is_news(recipient).then_some(now);
        single.recipient = (*recipient).clone().written();
        let tried = recipient.delivery.status.tried.stored();
        written.push((*id, Written { tried, updated_at, is_indexed }));
    }
    let (mut all, mut others) = (Vec::new(), Vec::new());
    for (id, written) in &written {
        let row = messages.get(id).and_then(|message| columns(id, message, written));
        if written.is_indexed { all.extend(row) } else { others.extend(row.map(without_indexed)) }
    }
    tx.execute_many(
        "UPDATE messages SET pending = ?2, finals = ?3, delivered = ?4, state = ?5,
             updated_at = coalesce(?6, updated_at),
             recipient = ?7, reason = ?8, code = ?9, tried = ?10, deferred_attempt = ?11,
             unanswered = ?12, attempts = ?13, taken = ?14, order_state = ?15, order_reason = ?16,
             events = ?17, last_event = ?18, part_state = ?19, part_code = ?20,
             part_decided_at = ?21, part_noted = ?22, part_noted_code = ?23, part_noted_at = ?24
         WHERE id = ?1",
        &others,
    )
    .await?;
    tx.execute_many(
        "UPDATE messages SET pending = ?2, finals = ?3, delivered = ?4, state = ?5,
             updated_at = coalesce(?6, updated_at),
             recipient = ?7, reason = ?8, code = ?9, tried = ?10, deferred_attempt = ?11,
             unanswered = ?12, attempts = ?13, taken = ?14, order_state = ?15, order_reason = ?16,
             events = ?17, last_event = ?18, part_state = ?19, part_code = ?20,
             part_decided_at = ?21, part_noted = ?22, part_noted_code = ?23, part_noted_at = ?24,
             part_carrier = ?25, part_id = ?26, part_number = ?27, part_attempt = ?28, part_at = ?29,
             part_link = ?30,
             lease_node = CASE WHEN ?31 = 1 THEN lease_node END,
             lease_until = CASE WHEN ?31 = 1 THEN lease_until END
         WHERE id = ?1",
        &all,
    )
    .await
    .map(drop)
}

struct Written {
    tried: Option<String>,
    updated_at: Option<Timestamp>,
    is_indexed: bool,
}

/// What comes after the end, and what concerns a part only, does not change when the recipient did.
fn is_news(recipient: &Recipient) -> bool {
    let status = &recipient.delivery.status;
    let is_final = status.state.is_final();
    recipient.before != *status && (recipient.moved().is_some() || !is_final)
}

/// How many columns are in no index.
const UNINDEXED: usize = 24;

fn without_indexed<'a>(columns: [Value<'a>; 31]) -> [Value<'a>; UNINDEXED] {
    let mut others = [Value::Null; UNINDEXED];
    others.copy_from_slice(&columns[..UNINDEXED]);
    others
}

fn columns<'a>(
    id: &'a MessageId,
    message: &'a LockedMessage,
    Written { tried, updated_at, .. }: &'a Written,
) -> Option<[Value<'a>; 31]> {
    let single = message.single.as_ref()?;
    let (counters, status) = (&message.counters, &single.recipient.delivery.status);
    let order = message.credit_order.as_ref().map(OrderRow::columns);
    let row = single.recipient.stored.row.as_ref();
    let part = row.map(|row| &row.part);
    let number = row.and(single.recipient.number).and_then(|number| i64::try_from(number).ok());
    Some(params![
        id,
        counters.pending,
        counters.finals,
        counters.delivered,
        counters.state,
        *updated_at,
        status.state,
        status.reason,
        status.code.as_ref(),
        tried.as_ref(),
        status.deferred_attempt,
        status.unanswered,
        status.attempts,
        single.recipient.stored.others,
        order.map(|order| order.state),
        order.and_then(|order| order.reason),
        order.map_or(0, |order| order.events),
        order.and_then(|order| order.last_event),
        part.map(|part| part.state),
        part.and_then(|part| part.code.as_ref()),
        row.and_then(|row| row.decided_at),
        part.and_then(|part| part.noted),
        row.and_then(|row| row.noted_code.as_ref()),
        row.and_then(|row| row.noted_at),
        part.map(|part| part.carrier.as_str()),
        row.map(|row| &row.carrier_id),
        number,
        part.map(|part| part.attempt),
        part.map(|part| part.at),
        part.and_then(|part| part.link),
        i64::from(single.lease == StoredLease::Held),
    ])
}

/// Stores which leases ended, where that is not stored yet.
pub(crate) async fn store_ended(tx: &mut impl Tx, messages: &mut Messages) -> Result<()> {
    let mut ended = Vec::new();
    for (id, message) in messages.iter_mut() {
        if let Some(single) = &mut message.single
            && single.lease == StoredLease::Ended
        {
            single.lease = StoredLease::None;
            ended.push(*id);
        }
    }
    let rows: Vec<_> = ended.iter().map(|id| params![id]).collect();
    tx.execute_many(
        "UPDATE messages SET lease_node = NULL, lease_until = NULL WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}

/// Gives the first claims of these messages the chunks that they have none of, under their leases.
pub(crate) async fn make_chunks(
    tx: &mut impl Tx,
    messages: &mut Messages,
    ids: &[MessageId],
) -> Result<()> {
    let mut made = Vec::with_capacity(ids.len());
    for id in ids {
        let open = messages.get_mut(id).filter(|message| !message.counters.state.is_final());
        let Some(single) = open.and_then(|message| message.single.as_mut()) else { continue };
        if let Some(claim) = single.first_claim.take() {
            (single.queued, single.lease) = (true, StoredLease::None);
            made.push((*id, claim.lease));
        }
    }
    let new = made.iter().map(|(id, lease)| (*id, Some(&*lease.node), lease.until));
    insert_chunks(tx, &new.collect::<Vec<_>>()).await
}

/// Gives the first claims whose lease is over chunks that are due since then.
pub(crate) async fn free_lapsed(tx: &mut impl Tx, now: Timestamp, limit: u32) -> Result<()> {
    let rows = tx
        .query(
            "SELECT id, lease_until FROM messages
             WHERE lease_node IS NOT NULL AND lease_until <= ?1
             ORDER BY lease_until LIMIT ?2 FOR UPDATE SKIP LOCKED",
            params![now, limit],
        )
        .await?;
    let mut lapsed = Vec::with_capacity(rows.len());
    for mut row in rows {
        lapsed.push((row.get()?, None, row.get()?));
    }
    insert_chunks(tx, &lapsed).await
}

/// Gives the first claims of a node chunks that are due at once; returns how many.
pub(crate) async fn free_node(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT id FROM messages WHERE lease_node = ?1 FOR UPDATE SKIP LOCKED",
            params![node],
        )
        .await?;
    let mut freed = Vec::with_capacity(rows.len());
    for mut row in rows {
        freed.push((row.get()?, None, now));
    }
    insert_chunks(tx, &freed).await?;
    Ok(freed.len() as u64)
}

/// Extends the leases of these first claims, where the node still has them.
pub(crate) async fn renew(
    tx: &mut impl Tx,
    node: &str,
    claims: &[(ChunkId, u32)],
    until: Timestamp,
) -> Result<()> {
    let first = claims.iter().filter(|(id, attempt)| id.first == 0 && *attempt == FIRST);
    let rows: Vec<_> = first.clone().map(|(id, _)| params![&id.message, node]).collect();
    let found = tx
        .query_many(
            "SELECT 1 FROM messages WHERE id = ?1 AND lease_node = ?2 FOR UPDATE SKIP LOCKED",
            &rows,
        )
        .await?;
    let held = first.zip(found).filter(|(_, found)| !found.is_empty());
    let rows: Vec<_> = held.map(|((id, _), _)| params![&id.message, until]).collect();
    tx.execute_many("UPDATE messages SET lease_until = ?2 WHERE id = ?1", &rows).await.map(drop)
}

/// Chunks of first claims, each with the node that has its lease, and when it is due or its lease
/// over.
async fn insert_chunks(
    tx: &mut impl Tx,
    new: &[(MessageId, Option<&str>, Timestamp)],
) -> Result<()> {
    let rows: Vec<_> =
        new.iter().map(|(id, node, due_at)| params![id, *due_at, *node, FIRST, DOUBT]).collect();
    tx.execute_many(
        "INSERT INTO chunks (message, first_idx, last_idx, lane, account, valid_until, due_at,
             lease_node, attempt, doubt)
         SELECT id, 0, 0, lane, coalesce(account, 0), valid_until, ?2, ?3, ?4, ?5
         FROM messages WHERE id = ?1",
        &rows,
    )
    .await?;
    let rows: Vec<_> = new.iter().map(|(id, ..)| params![id]).collect();
    tx.execute_many(
        "UPDATE messages SET queued = 1, lease_node = NULL, lease_until = NULL WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}
