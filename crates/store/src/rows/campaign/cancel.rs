//! Cancels a campaign that has not started.

use domain::id::{AccountId, MessageId};
use domain::message::changes::PackedChanges;
use domain::message::counters::MessageCounters;
use domain::message::{MessageEvent, MessageState, next};
use domain::ports::CancelBulk;
use domain::time::Timestamp;

use super::campaign_row;
use super::rows::find;
use crate::rows::event;
use crate::rows::ledger;
use crate::rows::message::message_lock::lock_one;
use crate::tx::{Result, Tx, params};

/// Either this change or the claim that starts the campaign locks the message first: exactly one of
/// them wins.
pub(crate) async fn cancel(
    tx: &mut impl Tx,
    account: AccountId,
    message: &MessageId,
    now: Timestamp,
) -> Result<CancelBulk> {
    let locked = lock_one(tx, *message).await?;
    let Some(bulk) = find(tx, account, message).await? else {
        return Ok(CancelBulk::NoSuchMessage);
    };
    let not = CancelBulk::Not { state: bulk.state, was_scheduled: bulk.start_at.is_some() };
    let Some(locked) = locked else { return Ok(not) };
    let (counters, Some(mut row)) = (locked.counters, locked.campaign) else { return Ok(not) };
    let Ok(state) = next(bulk.state, MessageEvent::Cancelled) else { return Ok(not) };
    if bulk.state != MessageState::Scheduled {
        return Ok(not);
    }
    let refunded = row.void_rest()?;
    row.ended_at = Some(now);
    tx.execute(
        "UPDATE messages SET state = ?2, updated_at = ?3 WHERE id = ?1",
        params![message, state, now],
    )
    .await?;
    tx.execute("DELETE FROM chunks WHERE message = ?1", params![message]).await?;
    campaign_row::store(tx, std::iter::once((message, &row))).await?;
    let settled: Vec<_> = row.take_change(*message).into_iter().collect();
    ledger::book(tx, &[], &settled, &[], &[], now).await?;
    let counters = MessageCounters { state, ..counters };
    let report = row.hook.and_then(|hook| {
        let ended = row.snapshot(*message, &counters, now);
        hook.report(*message, PackedChanges::default(), Some(ended))
    });
    event::add_reports(tx, report.into_iter().collect(), now).await?;
    Ok(CancelBulk::Cancelled { refunded })
}
