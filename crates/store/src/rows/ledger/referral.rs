//! Bookings of referrers' shares: from revenue to what we owe to referrers when an order is settled, back when
//! it is refunded, and from there to the node when it is paid. The route's fee is ours.

use domain::money::Msat;
use domain::sale::ledger::{LedgerAccount, TransferKind};
use domain::time::Timestamp;

use super::Changes;
use crate::tx::{Result, Tx, params};

/// What is booked, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReferralBooking {
    Accrued(Msat),
    Cancelled(Msat),
    Paid(Msat),
    Fee(Msat),
}

impl ReferralBooking {
    const fn parts(self) -> (TransferKind, LedgerAccount, LedgerAccount, Msat) {
        use LedgerAccount::{Lightning, Referrals, Revenue};
        match self {
            Self::Accrued(amount) => (TransferKind::Referral, Revenue, Referrals, amount),
            Self::Cancelled(amount) => {
                (TransferKind::ReferralCancelled, Referrals, Revenue, amount)
            }
            Self::Paid(amount) => (TransferKind::Payout, Referrals, Lightning, amount),
            Self::Fee(amount) => (TransferKind::RoutingFee, Revenue, Lightning, amount),
        }
    }
}

/// Each under the id of its order or payment.
pub(crate) async fn book_referrals(
    tx: &mut impl Tx,
    bookings: &[(&[u8], ReferralBooking)],
    now: Timestamp,
) -> Result<()> {
    let mut changes = Changes::default();
    post(tx, bookings, now, &mut changes).await?;
    changes.store(tx).await
}

pub(super) async fn post(
    tx: &mut impl Tx,
    bookings: &[(&[u8], ReferralBooking)],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    let mut sides = Vec::with_capacity(bookings.len());
    for (id, booking) in bookings {
        let (kind, debit, credit, amount) = booking.parts();
        let (debit, credit) = (debit.stored(), credit.stored());
        changes.post(&debit, &credit, amount)?;
        sides.push((id, kind.as_str(), debit, credit, amount));
    }
    let rows: Vec<_> = sides
        .iter()
        .map(|(id, kind, debit, credit, amount)| params![**id, *kind, debit, credit, *amount, now])
        .collect();
    tx.execute_many(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
             decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6)",
        &rows,
    )
    .await
    .map(drop)
}
