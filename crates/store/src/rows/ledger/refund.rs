//! Bookings of manual refunds: from revenue to the customer's balance. The referrer's share goes back to revenue.

use domain::id::{AccountId, OrderId};
use domain::money::Msat;
use domain::sale::ledger::{LedgerAccount, TransferKind};
use domain::time::Timestamp;

use super::{Changes, ReferralBooking, referral};
use crate::tx::{Result, Tx, params};

pub(crate) async fn refund(
    tx: &mut impl Tx,
    id: &[u8; 32],
    account: AccountId,
    amount: Msat,
    share: Option<(OrderId, Msat)>,
    now: Timestamp,
) -> Result<()> {
    let customer = LedgerAccount::Customer(account).stored();
    let revenue = LedgerAccount::Revenue.stored();
    let kind = TransferKind::Refund.as_str();
    tx.execute(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
             decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6)",
        params![&id[..], kind, &revenue, &customer, amount, now],
    )
    .await?;
    let mut changes = Changes::default();
    if let Some((order, share)) = share {
        let cancelled = [(&order.as_bytes()[..], ReferralBooking::Cancelled(share))];
        referral::post(tx, &cancelled, now, &mut changes).await?;
    }
    changes.post(&revenue, &customer, amount)?;
    changes.store(tx).await
}
