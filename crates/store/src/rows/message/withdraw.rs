//! Ends a message early, because its order was cancelled or lost.

use domain::id::MessageId;
use domain::message::chunk::Doubt;
use domain::message::recipient::RecipientState;
use domain::message::{MessageEvent, next};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::apply::apply;
use super::{message_lock, recipients};
use crate::tx::{Result, Tx, params};

/// Cancels the message unless a carrier has or may have some of it; returns whether it did.
pub(crate) async fn withdraw(
    tx: &mut impl Tx,
    message: &MessageId,
    now: Timestamp,
) -> Result<bool> {
    let Some(locked) = message_lock::lock_one(tx, *message).await? else { return Ok(false) };
    let counters = locked.counters;
    let Ok(state) = next(counters.state, MessageEvent::Cancelled) else { return Ok(false) };
    let is_claimed = locked.single.is_some_and(|single| single.first_claim().is_some());
    if is_claimed
        || counters.pending < counters.recipients
        || may_be_with_carrier(tx, message).await?
    {
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

async fn may_be_with_carrier(tx: &mut impl Tx, message: &MessageId) -> Result<bool> {
    let chunks = tx
        .query("SELECT doubt FROM chunks WHERE message = ?1 FOR UPDATE", params![message])
        .await?;
    for mut row in chunks {
        if row.get::<Doubt>()? != Doubt::None {
            return Ok(true);
        }
    }
    let submissions = tx
        .query("SELECT 1 FROM all_submissions WHERE message = ?1 LIMIT 1", params![message])
        .await?;
    Ok(!submissions.is_empty())
}

/// Times out every recipient that is not final, even those at a carrier.
pub(crate) async fn time_out(
    tx: &mut impl Tx,
    message: &MessageId,
    reason: Reason,
    now: Timestamp,
) -> Result<()> {
    let mut messages = message_lock::lock(tx, [*message]).await?;
    let all = [(*message, 0, u32::MAX)];
    let mut recipients =
        recipients::load_ranges(tx, &messages, &all, RecipientState::Pending).await?;
    let submitted = recipients::load_ranges(tx, &messages, &all, RecipientState::Submitted);
    recipients.extend(submitted.await?);
    for recipient in recipients.values_mut() {
        recipient.delivery.time_out(reason);
    }
    delete_chunks(tx, message).await?;
    apply(tx, &mut messages, &recipients, now, None).await.map(drop)
}

pub(crate) async fn delete_chunks(tx: &mut impl Tx, message: &MessageId) -> Result<()> {
    tx.execute("DELETE FROM chunks WHERE message = ?1", params![message]).await.map(drop)
}
