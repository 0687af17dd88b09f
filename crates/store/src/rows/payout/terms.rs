//! The share of settled orders, and whether payments begin.

use domain::account::operator::{Action, Actor};
use domain::payout::ShareRate;
use domain::time::Timestamp;
use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Tx, params};

pub(crate) async fn set_share_rate(tx: &mut impl Tx, rate: ShareRate) -> Result<()> {
    tx.execute(
        "UPDATE referral_terms SET share_bps = ?1 WHERE id = 1 AND share_bps <> ?1",
        params![rate.basis_points()],
    )
    .await
    .map(drop)
}

pub(super) async fn share_rate(tx: &mut impl Tx) -> Result<ShareRate> {
    let rows = tx.query("SELECT share_bps FROM referral_terms WHERE id = 1", []).await?;
    let points = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    Ok(ShareRate::from_basis_points(points).unwrap_or_default())
}

/// When payments were paused, if they are. No other change begins one, pauses or resumes meanwhile.
pub(super) async fn lock(tx: &mut impl Tx) -> Result<Option<Timestamp>> {
    let rows = tx.query("SELECT paused_at FROM referral_terms WHERE id = 1 FOR UPDATE", []).await?;
    rows.into_iter().next().map_or(Ok(None), |mut row| row.get())
}

pub(crate) async fn pause(tx: &mut impl Tx, by: Actor, now: Timestamp) -> Result<bool> {
    set_paused(tx, Some(now), Action::PayoutPause, by, now).await
}

pub(crate) async fn resume(tx: &mut impl Tx, by: Actor, now: Timestamp) -> Result<bool> {
    set_paused(tx, None, Action::PayoutResume, by, now).await
}

async fn set_paused(
    tx: &mut impl Tx,
    paused_at: Option<Timestamp>,
    action: Action,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    if lock(tx).await?.is_some() == paused_at.is_some() {
        return Ok(false);
    }
    tx.execute("UPDATE referral_terms SET paused_at = ?1 WHERE id = 1", params![paused_at]).await?;
    let entry = NewAuditEntry { action, account: None, on: "payouts", detail: json!({}) };
    audit::write(tx, entry, by, now).await?;
    Ok(true)
}
