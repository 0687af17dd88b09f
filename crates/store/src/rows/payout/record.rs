//! A payment ends, as the node says; its shares are paid, or due again.

use domain::id::OrderId;
use domain::money::Msat;
use domain::payout::{PayoutEvent, PayoutState, Trouble, next};
use domain::ports::{Payout, PayoutEnd, PayoutReport, PortError};
use domain::time::Timestamp;

use super::list::{read, select_payouts};
use super::referrer;
use super::share::{Sums, add, lock_referrers, raise_due};
use crate::rows::ledger::{self, ReferralBooking, too_much};
use crate::tx::{Result, Tx, params};

pub(crate) async fn record(tx: &mut impl Tx, report: &PayoutReport, now: Timestamp) -> Result<()> {
    let Some(payout) = find(tx, report).await? else { return Ok(()) };
    lock_referrers(tx, std::iter::once(&payout.address)).await?;
    let rows = tx
        .query("SELECT state FROM payouts WHERE hash = ?1 FOR UPDATE", params![&report.hash])
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(()) };
    let state: PayoutState = row.get()?;
    match report.end {
        PayoutEnd::CheckAt(at) => {
            tx.execute(
                "UPDATE payouts SET check_at = ?2 WHERE hash = ?1 AND check_at IS NOT NULL",
                params![&report.hash, at],
            )
            .await?;
        }
        PayoutEnd::Paid { fee } => match next(state, PayoutEvent::Paid) {
            Ok(ended) => pay(tx, &payout, ended, fee, now).await?,
            Err(_) => note_late(state, report),
        },
        PayoutEnd::Failed { trouble, not_before } => match next(state, PayoutEvent::Failed) {
            Ok(ended) => fail(tx, &payout, ended, trouble, not_before, now).await?,
            Err(_) => note_late(state, report),
        },
    }
    Ok(())
}

/// A repeat is nothing new; the contrary must not happen.
fn note_late(state: PayoutState, report: &PayoutReport) {
    let same = matches!(
        (state, report.end),
        (PayoutState::Paid, PayoutEnd::Paid { .. })
            | (PayoutState::Failed, PayoutEnd::Failed { .. })
    );
    if !same {
        tracing::error!(payout = %report.hash, state = state.as_str(), end = ?report.end,
            "the node reports what does not fit the payment");
    }
}

async fn find(tx: &mut impl Tx, report: &PayoutReport) -> Result<Option<Payout>> {
    let rows = tx.query(select_payouts!("WHERE hash = ?1"), params![&report.hash]).await?;
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

async fn fail(
    tx: &mut impl Tx,
    payout: &Payout,
    ended: PayoutState,
    trouble: Trouble,
    not_before: Timestamp,
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
        "UPDATE referral_shares SET payout = NULL,
             state = CASE WHEN refunded = 0 THEN 'due' ELSE 'cancelled' END
         WHERE payout = ?1",
        params![&payout.hash],
    )
    .await?;
    raise_due(tx, &due).await?;
    referrer::fail(tx, &payout.address, trouble, not_before, now).await?;
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
