//! Stopping and going on. What is not leased is due far away, and comes back to when it was due.

use std::time::Duration;

use domain::id::{AccountId, MessageId};
use domain::time::Timestamp;

use crate::rows::message::lock;
use crate::tx::{Result, Tx, params};

/// No moment of ours is so far away (142,000 years), and two of them can be added.
const FAR: Duration = Duration::from_millis(1 << 52);

/// When a chunk of a paused message is due that would be due then.
pub(crate) fn far(due_at: Timestamp) -> Timestamp {
    due_at.after(FAR)
}

pub(crate) async fn pause(
    tx: &mut impl Tx,
    account: AccountId,
    message: &MessageId,
    paused: bool,
    now: Timestamp,
) -> Result<bool> {
    let locked = lock(tx, *message).await?.filter(|message| !message.state.is_final());
    let bulk = locked.and_then(|message| message.bulk).filter(|bulk| bulk.account == account);
    let Some(bulk) = bulk else { return Ok(false) };
    if bulk.paused == paused {
        return Ok(true);
    }
    tx.execute(
        "UPDATE bulk_messages SET paused = ?2 WHERE message = ?1",
        params![message, i64::from(paused)],
    )
    .await?;
    tx.execute("UPDATE messages SET updated_at = ?2 WHERE id = ?1", params![message, now]).await?;
    let far = Timestamp::from_millis(0).after(FAR);
    // Those that a node has are put off when it ends them, or when somebody claims them again.
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
