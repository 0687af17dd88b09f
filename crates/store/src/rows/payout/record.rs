//! A payment ends, as the node says; its shares are paid, or due again. These keep its hash until another payment takes
//! them, so that one that arrives all the same finds them.

use domain::id::{OrderId, PaymentHash};
use domain::money::Msat;
use domain::payout::{LightningAddress, PayoutEvent, PayoutState, Trouble, next};
use domain::ports::{Payout, PayoutEnd, PayoutReport, PortError};
use domain::time::Timestamp;

use super::list::{read, select_payouts};
use super::referrer;
use super::share::{Sums, add, lock_referrers, raise_due};
use crate::rows::ledger::{self, ReferralBooking, too_much};
use crate::tx::{Result, Tx, params};

pub(crate) async fn record(tx: &mut impl Tx, report: &PayoutReport, now: Timestamp) -> Result<()> {
    let Some(payout) = lock(tx, report.hash).await? else { return Ok(()) };
    let state = payout.state;
    match report.end {
        PayoutEnd::CheckAt { at, trouble } => {
            tx.execute(
                "UPDATE payouts SET check_at = ?2, trouble = ?3
                 WHERE hash = ?1 AND check_at IS NOT NULL",
                params![&report.hash, at, trouble],
            )
            .await?;
        }
        PayoutEnd::Paid { fee } => match next(state, PayoutEvent::Paid) {
            Ok(_) if state == PayoutState::Failed && !takes_back(tx, &payout).await? => {
                paid_after_failure(tx, &payout, fee, now).await?;
            }
            Ok(ended) => pay(tx, &payout, ended, fee, now).await?,
            Err(_) => {}
        },
        PayoutEnd::Failed { trouble } => match next(state, PayoutEvent::Failed) {
            Ok(ended) => fail(tx, &payout, ended, trouble, now).await?,
            // The node never says so of a payment that it has made.
            Err(_) if state == PayoutState::Paid => {
                tracing::error!(payout = %report.hash, "the node reports a paid payment as failed");
            }
            Err(_) => {}
        },
    }
    Ok(())
}

/// Binds the shares of a failed payment to it again. False if they are no longer all due.
async fn takes_back(tx: &mut impl Tx, payout: &Payout) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT amount FROM referral_shares WHERE payout = ?1 AND state = 'due'
             ORDER BY order_id FOR UPDATE",
            params![&payout.hash],
        )
        .await?;
    let amounts = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<Msat>>>()?;
    if Msat::checked_sum(amounts) != Some(payout.amount) {
        return Ok(false);
    }
    tx.execute(
        "UPDATE referrers SET due = due - ?2 WHERE address = ?1",
        params![&payout.address, payout.amount],
    )
    .await?;
    tracing::warn!(payout = %payout.hash, "a payment that had failed was made all the same");
    Ok(true)
}

/// The money has left the node, and its shares were paid by another payment, or cancelled. Nothing is booked.
async fn paid_after_failure(
    tx: &mut impl Tx,
    payout: &Payout,
    fee: Msat,
    now: Timestamp,
) -> Result<()> {
    let trouble = Trouble::PaidAfterFailure;
    end(tx, payout, PayoutState::Failed, (Some(fee), Some(trouble)), now).await?;
    tracing::error!(payout = %payout.hash, amount_msat = payout.amount.get(),
        "a payment that had failed was made all the same; its referrer waits for the operator");
    referrer::stop(tx, &payout.address, trouble, now).await
}

/// Locks the payment and, before it, its referrer.
pub(super) async fn lock(tx: &mut impl Tx, hash: PaymentHash) -> Result<Option<Payout>> {
    let rows = tx.query("SELECT address FROM payouts WHERE hash = ?1", params![&hash]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let address: LightningAddress = row.get()?;
    lock_referrers(tx, std::iter::once(&address)).await?;
    let rows = tx.query(select_payouts!("WHERE hash = ?1 FOR UPDATE"), params![&hash]).await?;
    rows.into_iter().next().map(read).transpose()
}

async fn end(
    tx: &mut impl Tx,
    payout: &Payout,
    state: PayoutState,
    (fee, trouble): (Option<Msat>, Option<Trouble>),
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "UPDATE payouts SET state = ?2, fee = ?3, trouble = ?4, updated_at = ?5, check_at = NULL
         WHERE hash = ?1",
        params![&payout.hash, state, fee, trouble, now],
    )
    .await
    .map(drop)
}

async fn pay(
    tx: &mut impl Tx,
    payout: &Payout,
    ended: PayoutState,
    fee: Msat,
    now: Timestamp,
) -> Result<()> {
    end(tx, payout, ended, (Some(fee), None), now).await?;
    tx.execute(
        "UPDATE referral_shares SET state = 'paid' WHERE payout = ?1",
        params![&payout.hash],
    )
    .await?;
    referrer::clear(tx, &payout.address, now).await?;
    let hash = payout.hash.as_bytes();
    let mut bookings = vec![(&hash[..], ReferralBooking::Paid(payout.amount))];
    if fee > Msat::ZERO {
        bookings.push((&hash[..], ReferralBooking::Fee(fee)));
    }
    ledger::book_referrals(tx, &bookings, now).await
}

pub(super) async fn fail(
    tx: &mut impl Tx,
    payout: &Payout,
    ended: PayoutState,
    trouble: Trouble,
    now: Timestamp,
) -> Result<()> {
    end(tx, payout, ended, (None, Some(trouble)), now).await?;
    let rows = tx
        .query(
            "SELECT order_id, amount, refunded FROM referral_shares WHERE payout = ?1
             ORDER BY order_id FOR UPDATE",
            params![&payout.hash],
        )
        .await?;
    let (mut due, mut cancelled): (Sums, Vec<(OrderId, Msat)>) = Default::default();
    for mut row in rows {
        let (order, amount): (OrderId, Msat) = (row.get()?, row.get()?);
        if row.get::<i64>()? == 0 {
            add(&mut due, &payout.address, amount)?;
        } else {
            cancelled.push((order, amount));
        }
    }
    must_add_up(payout, &due, &cancelled)?;
    tx.execute(
        "UPDATE referral_shares
         SET state = CASE WHEN refunded = 0 THEN 'due' ELSE 'cancelled' END
         WHERE payout = ?1",
        params![&payout.hash],
    )
    .await?;
    raise_due(tx, &due).await?;
    referrer::fail(tx, &payout.address, trouble, now).await?;
    let bookings: Vec<_> = cancelled
        .iter()
        .map(|(order, amount)| (&order.as_bytes()[..], ReferralBooking::Cancelled(*amount)))
        .collect();
    ledger::book_referrals(tx, &bookings, now).await
}

fn must_add_up(payout: &Payout, due: &Sums, cancelled: &[(OrderId, Msat)]) -> Result<()> {
    let amounts = due.values().copied().chain(cancelled.iter().map(|(_, amount)| *amount));
    match Msat::checked_sum(amounts) {
        Some(sum) if sum == payout.amount => Ok(()),
        Some(_) => Err(PortError::Refused("a payment is not the sum of its shares".to_owned())),
        None => Err(too_much()),
    }
}
