//! Delivers an event once more that has ended.

use domain::account::operator::{Action, Actor};
use domain::id::EventId;
use domain::ports::{Changed, Replay};
use domain::time::Timestamp;
use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::rows::search;
use crate::tx::{Result, Tx, params};

pub(crate) async fn replay(
    tx: &mut impl Tx,
    id: EventId,
    by: Actor,
    now: Timestamp,
) -> Result<Replay> {
    let rows =
        tx.query("SELECT delivered FROM events WHERE id = ?1 FOR UPDATE", params![id]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(Replay::NotFound) };
    if row.get::<Option<i64>>()?.is_none() {
        return Ok(Replay::Pending);
    }
    tx.execute(
        "INSERT INTO event_attempts (event, at, took_ms, result)
         SELECT id, attempt_at, attempt_ms, CAST(attempt_status AS TEXT) FROM events
         WHERE id = ?1 AND attempt_at IS NOT NULL",
        params![id],
    )
    .await?;
    // The event after it was made due when this one ended: nothing waits for it now. While it is
    // pending again, `ended_at` is when its new plan began.
    tx.execute(
        "UPDATE events SET delivered = NULL, ended_at = ?2, attempts = 0, due_at = ?2,
             lease_node = NULL, next = NULL, attempt_at = NULL, attempt_ms = NULL,
             attempt_status = NULL
         WHERE id = ?1",
        params![id, now],
    )
    .await?;
    let account = search::event(tx, id).await?.and_then(|event| event.account);
    let (action, on, detail) = (Action::EventReplay, &*id.0.to_string(), json!({}));
    audit::write(tx, NewAuditEntry { action, account, on, detail }, by, now).await?;
    tx.notify(Changed { events: true, ..Changed::default() });
    Ok(Replay::Replayed)
}
