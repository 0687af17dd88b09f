//! A payment begins: stored with its invoice and shares before the node is called.

use std::time::Duration;

use domain::money::Msat;
use domain::payout::PayoutState;
use domain::ports::{NewPayout, PayoutBegun, PortError};
use domain::time::Timestamp;

use super::share::lock_referrers;
use super::terms;
use crate::rows::ledger::too_much;
use crate::tx::{Result, Tx, params};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn begin(
    tx: &mut impl Tx,
    new: &NewPayout,
    per_day: Msat,
    now: Timestamp,
    check_at: Timestamp,
) -> Result<PayoutBegun> {
    if terms::lock(tx).await?.is_some() {
        return Ok(PayoutBegun::Paused);
    }
    lock_referrers(tx, std::iter::once(&new.address)).await?;
    if !is_payable(tx, new).await? || !are_due(tx, new).await? {
        return Ok(PayoutBegun::Changed);
    }
    if is_known(tx, new).await? {
        return Ok(PayoutBegun::KnownInvoice);
    }
    let wanted = new.amount.checked_add(new.fee_max).ok_or_else(too_much)?;
    let spent = spent(tx, &new.node_key, now).await?;
    let left = per_day.checked_sub(spent).unwrap_or(Msat::ZERO).max(Msat::ZERO);
    if wanted > left {
        return Ok(PayoutBegun::OverDailyLimit { left });
    }
    store(tx, new, now, check_at).await?;
    Ok(PayoutBegun::Begun)
}

/// The referrer does not wait for the operator, and no payment to it is under way.
async fn is_payable(tx: &mut impl Tx, new: &NewPayout) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT 1 FROM referrers WHERE address = ?1 AND stopped_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM payouts p
                     WHERE p.address = referrers.address AND p.state = 'attempting')",
            params![&new.address],
        )
        .await?;
    Ok(!rows.is_empty())
}

async fn is_known(tx: &mut impl Tx, new: &NewPayout) -> Result<bool> {
    let rows = tx.query("SELECT 1 FROM payouts WHERE hash = ?1", params![&new.hash]).await?;
    Ok(!rows.is_empty())
}

/// Locks the shares. Their sum is what is paid, to the millisatoshi.
async fn are_due(tx: &mut impl Tx, new: &NewPayout) -> Result<bool> {
    let mut orders: Vec<_> = new.orders.clone();
    orders.sort_unstable();
    orders.dedup();
    let rows: Vec<_> = orders.iter().map(|order| params![order, &new.address]).collect();
    let found = tx
        .query_many(
            "SELECT amount FROM referral_shares
             WHERE order_id = ?1 AND address = ?2 AND state = 'due' FOR UPDATE",
            &rows,
        )
        .await?;
    let mut sum = Msat::ZERO;
    for rows in found {
        let Some(mut row) = rows.into_iter().next() else { return Ok(false) };
        sum = sum.checked_add(row.get()?).ok_or_else(too_much)?;
    }
    if sum == new.amount && !orders.is_empty() {
        return Ok(true);
    }
    Err(PortError::Refused("a payment is the sum of its shares".to_owned()))
}

/// Of the last 24 hours, and of what is under way longer at this node, with what routes may have cost. What is under way
/// at another node may be so for ever.
async fn spent(tx: &mut impl Tx, node_key: &[u8; 33], now: Timestamp) -> Result<Msat> {
    let rows = tx
        .query(
            "SELECT CAST(coalesce(sum(amount + coalesce(fee, fee_max)), 0) AS BIGINT) FROM payouts
             WHERE (state = 'attempting' AND (node_key = ?2 OR created_at > ?1))
                 OR (state = 'paid' AND created_at > ?1)",
            params![now.before(DAY), node_key],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(Msat::ZERO), |mut row| row.get())
}

async fn store(
    tx: &mut impl Tx,
    new: &NewPayout,
    now: Timestamp,
    check_at: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO payouts (hash, address, invoice, amount, fee_max, state, expires_at, node_key,
             sends, created_at, updated_at, check_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?9, ?10)",
        params![
            &new.hash,
            &new.address,
            &new.invoice,
            new.amount,
            new.fee_max,
            PayoutState::Attempting,
            new.expires_at,
            &new.node_key,
            now,
            check_at
        ],
    )
    .await?;
    let rows: Vec<_> = new.orders.iter().map(|order| params![order, &new.hash]).collect();
    tx.execute_many(
        "UPDATE referral_shares SET state = 'paying', payout = ?2 WHERE order_id = ?1",
        &rows,
    )
    .await?;
    tx.execute(
        "UPDATE referrers SET due = due - ?2 WHERE address = ?1",
        params![&new.address, new.amount],
    )
    .await
    .map(drop)
}
