//! Makes due what was put off while the clock was ahead. A clock that goes back by an hour, after a wrong time server or a
//! restart, would delay all that by an hour.
//!
//! Unreadable rows are postponed by a day, and stay so for at least half of it: what is due between 12 and 24 hours from
//! now may be one.

use domain::limits::DEFERRAL_MAX;
use domain::ports::Changed;
use domain::reason::Reason;
use domain::time::Timestamp;

use crate::rows::campaign::while_paused;
use crate::tx::{Result, Tx, UNREADABLE_WAIT, params};

pub(crate) async fn reexamine(tx: &mut impl Tx, now: Timestamp) -> Result<u64> {
    let (later, paused) = (now.after(DEFERRAL_MAX), while_paused(Timestamp::from_millis(0)));
    let (half, whole) = (now.after(UNREADABLE_WAIT / 2), now.after(UNREADABLE_WAIT));
    // A chunk that was never deferred has no reason: it waits for its start.
    let chunks = tx
        .execute(
            "UPDATE chunks SET due_at = ?1
             WHERE due_at > ?2 AND due_at < ?4 AND lease_node IS NULL AND await_until IS NULL
                 AND reason IS NOT NULL AND reason <> ?3 AND (due_at < ?5 OR due_at > ?6)",
            params![now, later, Reason::QuietHours, paused, half, whole],
        )
        .await?;
    let orders = tx
        .execute(
            "UPDATE orders SET check_at = ?1
             WHERE check_at IS NOT NULL AND check_at > ?2 AND (check_at < ?3 OR check_at > ?4)",
            params![now, later, half, whole],
        )
        .await?;
    if chunks > 0 {
        tx.notify(Changed { chunks: true, ..Changed::default() });
    }
    Ok(chunks + orders)
}
