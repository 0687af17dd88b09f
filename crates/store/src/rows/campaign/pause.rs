//! Pauses and resumes a campaign. A pause moves the due times of its chunks without a lease to the
//! far future; a resume restores them.

use std::time::Duration;

use domain::id::{AccountId, MessageId};
use domain::time::Timestamp;

use crate::rows::message::message_lock::lock_one;
use crate::tx::{Result, Tx, params};

/// 142,000 years: later than any stored time, and small enough to be added twice.
const FAR: Duration = Duration::from_millis(1 << 52);

/// The due time of a paused campaign's chunk that would be due at `due_at`.
pub(crate) fn while_paused(due_at: Timestamp) -> Timestamp {
    due_at.after(FAR)
}

pub(crate) async fn pause(
    tx: &mut impl Tx,
    account: AccountId,
    message: &MessageId,
    paused: bool,
    now: Timestamp,
) -> Result<bool> {
    let locked = lock_one(tx, *message).await?;
    let locked = locked.filter(|message| !message.counters.state.is_final());
    let campaign = locked.and_then(|message| message.campaign);
    let Some(campaign) = campaign.filter(|campaign| campaign.account == account) else {
        return Ok(false);
    };
    if campaign.paused == paused {
        return Ok(true);
    }
    tx.execute(
        "UPDATE bulk_messages SET paused = ?2 WHERE message = ?1",
        params![message, i64::from(paused)],
    )
    .await?;
    tx.execute("UPDATE messages SET updated_at = ?2 WHERE id = ?1", params![message, now]).await?;
    let far = Timestamp::from_millis(0).after(FAR);
    // Leased chunks are postponed when their claim ends, or by the next claim.
    let sql = if paused {
        "UPDATE chunks SET due_at = due_at + ?2
         WHERE message = ?1 AND lease_node IS NULL AND due_at < ?2"
    } else {
        "UPDATE chunks SET due_at = due_at - ?2
         WHERE message = ?1 AND lease_node IS NULL AND due_at >= ?2"
    };
    tx.execute(sql, params![message, far]).await?;
    Ok(true)
}
