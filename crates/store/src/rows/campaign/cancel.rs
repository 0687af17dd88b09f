//! Cancelling what has not begun.

use domain::id::{AccountId, MessageId};
use domain::message::{MessageEvent, MessageState, next};
use domain::ports::CancelBulk;
use domain::time::Timestamp;

use super::rows::find;
use super::settlement;
use crate::rows::ledger;
use crate::rows::message::lock;
use crate::tx::{Result, Tx, params};

/// A claim that begins the message has its row, or finds it taken: exactly one of the two wins.
pub(crate) async fn cancel(
    tx: &mut impl Tx,
    account: AccountId,
    message: &MessageId,
    now: Timestamp,
) -> Result<CancelBulk> {
    let locked = lock(tx, *message).await?;
    let Some(bulk) = find(tx, account, message).await? else {
        return Ok(CancelBulk::NoSuchMessage);
    };
    let not = CancelBulk::Not { state: bulk.state, was_scheduled: bulk.start_at.is_some() };
    let Some(mut shares) = locked.and_then(|locked| locked.bulk) else { return Ok(not) };
    let Ok(state) = next(bulk.state, MessageEvent::Cancelled) else { return Ok(not) };
    if bulk.state != MessageState::Scheduled {
        return Ok(not);
    }
    let refunded = shares.give_all_back()?;
    shares.end(now);
    tx.execute(
        "UPDATE messages SET state = ?2, updated_at = ?3 WHERE id = ?1",
        params![message, state, now],
    )
    .await?;
    tx.execute("DELETE FROM chunks WHERE message = ?1", params![message]).await?;
    settlement::store(tx, std::iter::once((message, &shares))).await?;
    let share: Vec<_> = shares.share(message).into_iter().collect();
    ledger::book(tx, &[], &share, now).await?;
    Ok(CancelBulk::Cancelled { refunded })
}
