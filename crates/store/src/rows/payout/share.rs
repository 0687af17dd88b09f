//! Shares of settled orders: stored in the change that settles them, taken back by a refund.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::OrderId;
use domain::money::Msat;
use domain::payout::LightningAddress;
use domain::time::Timestamp;

use super::terms::share_rate;
use crate::rows::ledger::too_much;
use crate::tx::{Result, Tx, params};

/// An order that this change settles.
#[derive(Debug)]
pub(crate) struct Settled<'a> {
    pub(crate) order: OrderId,
    /// As the buyer gave it.
    pub(crate) referral: &'a str,
    pub(crate) amount: Msat,
}

/// Stores the share of each order, once; returns those that were stored now, which the caller books.
/// An order of an earlier version may name what is no address: nobody gets a share of it. Also locks `others`, whose
/// shares the caller takes back later.
pub(crate) async fn accrue(
    tx: &mut impl Tx,
    settled: &[Settled<'_>],
    others: &[LightningAddress],
    now: Timestamp,
) -> Result<Vec<(OrderId, Msat)>> {
    if settled.is_empty() {
        lock_referrers(tx, others.iter()).await?;
        return Ok(Vec::new());
    }
    let rate = share_rate(tx).await?;
    let due: Vec<(OrderId, LightningAddress, Msat)> = settled
        .iter()
        .filter_map(|it| Some((it.order, it.referral.parse().ok()?, rate.of(it.amount)?)))
        .collect();
    let addresses: BTreeSet<_> = due.iter().map(|(_, address, _)| address).collect();
    let rows: Vec<_> = addresses.into_iter().map(|address| params![address, now]).collect();
    tx.execute_many(
        "INSERT INTO referrers (address, due, next_try_at) VALUES (?1, 0, ?2)
         ON CONFLICT (address) DO NOTHING",
        &rows,
    )
    .await?;
    lock_referrers(tx, due.iter().map(|(_, address, _)| address).chain(others)).await?;
    let rows: Vec<_> =
        due.iter().map(|(order, address, amount)| params![order, address, *amount, now]).collect();
    let stored = tx
        .execute_many(
            "INSERT INTO referral_shares (order_id, address, amount, state, at)
             VALUES (?1, ?2, ?3, 'due', ?4) ON CONFLICT (order_id) DO NOTHING",
            &rows,
        )
        .await?;
    let mut new = Vec::with_capacity(due.len());
    let mut sums = BTreeMap::new();
    for ((order, address, amount), stored) in due.iter().zip(stored) {
        if stored > 0 {
            new.push((*order, *amount));
            add(&mut sums, address, *amount)?;
        }
    }
    raise_due(tx, &sums).await?;
    Ok(new)
}

/// In the order of addresses, so that concurrent changes do not deadlock.
pub(super) async fn lock_referrers<'a>(
    tx: &mut impl Tx,
    addresses: impl Iterator<Item = &'a LightningAddress>,
) -> Result<()> {
    let addresses: BTreeSet<_> = addresses.collect();
    let rows: Vec<_> = addresses.into_iter().map(|address| params![address]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.query_many("SELECT 1 FROM referrers WHERE address = ?1 FOR UPDATE", &rows).await.map(drop)
}

pub(super) type Sums = BTreeMap<LightningAddress, Msat>;

pub(super) fn add(sums: &mut Sums, address: &LightningAddress, amount: Msat) -> Result<()> {
    let sum = sums.entry(address.clone()).or_default();
    *sum = sum.checked_add(amount).ok_or_else(too_much)?;
    Ok(())
}

/// Adds to what is due to these referrers, whose rows are locked.
pub(super) async fn raise_due(tx: &mut impl Tx, sums: &Sums) -> Result<()> {
    let rows: Vec<_> = sums.iter().map(|(address, sum)| params![address, *sum]).collect();
    tx.execute_many("UPDATE referrers SET due = due + ?2 WHERE address = ?1", &rows).await.map(drop)
}

/// The order was refunded: a share that is due is cancelled, and its amount is returned, which the caller books. One
/// that is being paid is marked: it is cancelled if that fails. One that is paid stays.
pub(crate) async fn cancel(tx: &mut impl Tx, order: &OrderId) -> Result<Option<Msat>> {
    let rows =
        tx.query("SELECT address FROM referral_shares WHERE order_id = ?1", params![order]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let address: LightningAddress = row.get()?;
    lock_referrers(tx, std::iter::once(&address)).await?;
    let rows = tx
        .query(
            "SELECT amount, state FROM referral_shares WHERE order_id = ?1 FOR UPDATE",
            params![order],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (amount, state): (Msat, String) = (row.get()?, row.get()?);
    match state.as_str() {
        "due" => {
            tx.execute(
                "UPDATE referral_shares SET state = 'cancelled', refunded = 1 WHERE order_id = ?1",
                params![order],
            )
            .await?;
            tx.execute(
                "UPDATE referrers SET due = due - ?2 WHERE address = ?1",
                params![&address, amount],
            )
            .await?;
            Ok(Some(amount))
        }
        "paying" => {
            tx.execute(
                "UPDATE referral_shares SET refunded = 1 WHERE order_id = ?1",
                params![order],
            )
            .await?;
            Ok(None)
        }
        _ => Ok(None),
    }
}
