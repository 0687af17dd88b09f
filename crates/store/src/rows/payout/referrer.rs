//! Failed tries of a referrer, and the operator's retry.

use domain::account::operator::{Action, Actor};
use domain::payout::{LightningAddress, Trouble, wait_after};
use domain::time::Timestamp;
use serde_json::json;

use super::share::lock_referrers;
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Tx, params};

pub(crate) async fn fail_referrer(
    tx: &mut impl Tx,
    address: &LightningAddress,
    trouble: Trouble,
    now: Timestamp,
) -> Result<()> {
    lock_referrers(tx, std::iter::once(address)).await?;
    fail(tx, address, trouble, now).await
}

/// Counts a failed try; the row is locked.
pub(super) async fn fail(
    tx: &mut impl Tx,
    address: &LightningAddress,
    trouble: Trouble,
    now: Timestamp,
) -> Result<()> {
    let rows =
        tx.query("SELECT failures FROM referrers WHERE address = ?1", params![address]).await?;
    let failures = rows.into_iter().next().map_or(Ok(0), |mut row| row.get::<u32>())?;
    let failures = if trouble.counts() { failures.saturating_add(1) } else { failures };
    let wait = wait_after(failures);
    let next_try_at = wait.map_or(now, |wait| now.after(wait));
    let stopped_at = wait.is_none().then_some(now);
    let changed = tx
        .execute(
            "UPDATE referrers SET failures = ?2, trouble = ?3, next_try_at = ?4, stopped_at = ?5
         WHERE address = ?1 AND stopped_at IS NULL",
            params![address, failures, trouble, next_try_at, stopped_at],
        )
        .await?;
    if changed > 0 && stopped_at.is_some() {
        tracing::warn!(
            host = address.host(),
            trouble = trouble.as_str(),
            "a referrer cannot be paid; it waits for the operator"
        );
    }
    Ok(())
}

/// It was paid twice, as far as the rows say: nothing is paid to it before the operator has looked.
pub(super) async fn stop(
    tx: &mut impl Tx,
    address: &LightningAddress,
    trouble: Trouble,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE referrers SET trouble = ?2, stopped_at = ?3 WHERE address = ?1",
        params![address, trouble, now],
    )
    .await
    .map(drop)
}

/// It was paid. What [`stop`] has stopped stays so.
pub(super) async fn clear(
    tx: &mut impl Tx,
    address: &LightningAddress,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE referrers SET failures = 0, trouble = NULL, next_try_at = ?2, stopped_at = NULL
         WHERE address = ?1 AND NOT (stopped_at IS NOT NULL AND coalesce(trouble, '') = ?3)",
        params![address, now, Trouble::PaidAfterFailure],
    )
    .await
    .map(drop)
}

/// The next try is due at once, unless a payment is under way.
pub(crate) async fn retry(
    tx: &mut impl Tx,
    address: &LightningAddress,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    lock_referrers(tx, std::iter::once(address)).await?;
    let changed = tx
        .execute(
            "UPDATE referrers SET failures = 0, next_try_at = ?2, stopped_at = NULL
             WHERE address = ?1 AND due > 0",
            params![address, now],
        )
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    let (action, on) = (Action::PayoutRetry, address.as_str());
    audit::write(tx, NewAuditEntry { action, account: None, on, detail: json!({}) }, by, now)
        .await?;
    Ok(true)
}
