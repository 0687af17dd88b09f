//! What is due: referrers to be paid, and payments to be looked up.

use domain::id::PaymentHash;
use domain::limits::{PAYOUT_SENDS_MAX, PAYOUT_SHARES_MAX};
use domain::money::Msat;
use domain::payout::{DueShare, LightningAddress};
use domain::ports::{DueReferrer, Payout};
use domain::time::Timestamp;

use super::list::{read, select_payouts};
use super::terms;
use crate::tx::{Result, Tx, params};

pub(crate) async fn claim_referrers(
    tx: &mut impl Tx,
    floor: Msat,
    now: Timestamp,
    put_off: Timestamp,
    limit: u32,
) -> Result<Vec<DueReferrer>> {
    let rows = tx
        .query(
            "SELECT address FROM referrers
             WHERE stopped_at IS NULL AND due > 0 AND due >= ?1 AND next_try_at <= ?2
                 AND NOT EXISTS (SELECT 1 FROM referral_terms WHERE paused_at IS NOT NULL)
                 AND NOT EXISTS (SELECT 1 FROM payouts p
                     WHERE p.address = referrers.address AND p.state = 'attempting')
             ORDER BY next_try_at, address LIMIT ?3 FOR UPDATE SKIP LOCKED",
            params![floor, now, limit],
        )
        .await?;
    let mut due = Vec::with_capacity(rows.len());
    for mut row in rows {
        let address: LightningAddress = row.get()?;
        tx.execute(
            "UPDATE referrers SET next_try_at = ?2 WHERE address = ?1",
            params![&address, put_off],
        )
        .await?;
        let shares = due_shares(tx, &address).await?;
        due.push(DueReferrer { address, shares });
    }
    Ok(due)
}

async fn due_shares(tx: &mut impl Tx, address: &LightningAddress) -> Result<Vec<DueShare>> {
    let rows = tx
        .query(
            "SELECT order_id, amount FROM referral_shares WHERE address = ?1 AND state = 'due'
             ORDER BY at, order_id LIMIT ?2",
            params![address, PAYOUT_SHARES_MAX],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok(DueShare { order: row.get()?, amount: row.get()? })).collect()
}

pub(crate) async fn claim_payouts(
    tx: &mut impl Tx,
    node_key: &[u8; 33],
    now: Timestamp,
    put_off: Timestamp,
    limit: u32,
) -> Result<Vec<Payout>> {
    let rows = tx
        .query(
            select_payouts!(
                "WHERE check_at IS NOT NULL AND check_at <= ?1 AND node_key = ?3
                 ORDER BY check_at LIMIT ?2 FOR UPDATE SKIP LOCKED"
            ),
            params![now, limit, node_key],
        )
        .await?;
    let payouts = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let rows: Vec<_> = payouts.iter().map(|payout| params![&payout.hash, put_off]).collect();
    tx.execute_many("UPDATE payouts SET check_at = ?2 WHERE hash = ?1", &rows).await?;
    Ok(payouts)
}

/// Counts one more call of the node.
pub(crate) async fn resend(
    tx: &mut impl Tx,
    hash: &PaymentHash,
    claimed: Timestamp,
) -> Result<bool> {
    if terms::lock(tx).await?.is_some() {
        return Ok(false);
    }
    let changed = tx
        .execute(
            "UPDATE payouts SET sends = sends + 1
             WHERE hash = ?1 AND check_at = ?2 AND trouble IS NULL AND sends < ?3",
            params![hash, claimed, PAYOUT_SENDS_MAX],
        )
        .await?;
    Ok(changed > 0)
}
