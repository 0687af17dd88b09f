//! Ending a message before its time, because its order was cancelled or lost.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{MessageId, OrderId};
use domain::message::recipient::{RecipientEvent, RecipientState};
use domain::message::{MessageEvent, next};
use domain::ports::{Lease, Recorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::apply::apply;
use super::message_lock::{self, Messages};
use super::recipients::{self, Range};
use crate::rows::queue::finish_claim::sum;
use crate::tx::{Result, Tx, params};

/// Cancels the message unless a carrier has or may have some of it; true when it did.
pub(crate) async fn withdraw(
    tx: &mut impl Tx,
    message: &MessageId,
    now: Timestamp,
) -> Result<bool> {
    let mut messages = message_lock::lock(tx, [*message]).await?;
    let Some(locked) = messages.remove(message) else { return Ok(false) };
    let Ok(state) = next(locked.state, MessageEvent::Cancelled) else { return Ok(false) };
    if locked.pending < locked.recipients || may_be_out(tx, message).await? {
        return Ok(false);
    }
    tx.execute(
        "UPDATE messages SET state = ?2, updated_at = ?3 WHERE id = ?1",
        params![message, state, now],
    )
    .await?;
    delete_chunks(tx, message).await?;
    Ok(true)
}

async fn may_be_out(tx: &mut impl Tx, message: &MessageId) -> Result<bool> {
    let chunks = tx
        .query("SELECT unsure FROM chunks WHERE message = ?1 FOR UPDATE", params![message])
        .await?;
    for mut row in chunks {
        if row.get::<i64>()? != 0 {
            return Ok(true);
        }
    }
    let submissions =
        tx.query("SELECT 1 FROM submissions WHERE message = ?1 LIMIT 1", params![message]).await?;
    Ok(!submissions.is_empty())
}

/// Times out every recipient that is not final, whoever has it.
pub(crate) async fn time_out(
    tx: &mut impl Tx,
    message: &MessageId,
    reason: Reason,
    now: Timestamp,
) -> Result<()> {
    let mut messages = message_lock::lock(tx, [*message]).await?;
    let all = [(*message, 0, u32::MAX)];
    let mut recipients = recipients::load_ranges(tx, &all, RecipientState::Pending).await?;
    recipients.extend(recipients::load_ranges(tx, &all, RecipientState::Submitted).await?);
    for recipient in recipients.values_mut() {
        recipient.step(RecipientEvent::TimedOut, Some(reason), None);
    }
    delete_chunks(tx, message).await?;
    apply(tx, &mut messages, &recipients, now, None).await.map(drop)
}

/// Of these orders those that are final without a delivery, and why: nobody pays for handing over
/// (again) what they bought.
pub(crate) async fn unpaid(
    tx: &mut impl Tx,
    orders: BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, Reason>> {
    let rows: Vec<_> = orders.iter().map(|order| params![order]).collect();
    let found = tx
        .query_many(
            "SELECT reason FROM orders WHERE id = ?1 AND state IN ('lost', 'cancelled')",
            &rows,
        )
        .await?;
    let mut unpaid = BTreeMap::new();
    for (order, rows) in orders.into_iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            unpaid.insert(order, row.get::<Option<Reason>>()?.unwrap_or(Reason::NodeRefunded));
        }
    }
    Ok(unpaid)
}

/// Times out what is still pending in these runs of locked messages.
pub(crate) async fn withdraw_unpaid(
    tx: &mut impl Tx,
    messages: &mut Messages,
    runs: &[(Range, Reason)],
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Recorded> {
    let mut recorded = Recorded::default();
    for (range, reason) in runs {
        let mut recipients =
            recipients::load_ranges(tx, &[*range], RecipientState::Pending).await?;
        for recipient in recipients.values_mut() {
            recipient.step(RecipientEvent::TimedOut, Some(*reason), None);
        }
        recorded = sum(recorded, apply(tx, messages, &recipients, now, tell).await?);
    }
    Ok(recorded)
}

async fn delete_chunks(tx: &mut impl Tx, message: &MessageId) -> Result<()> {
    tx.execute("DELETE FROM chunks WHERE message = ?1", params![message]).await.map(drop)
}
