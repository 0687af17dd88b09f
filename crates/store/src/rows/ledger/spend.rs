//! Money for what is sold without an order (keywords, lookups): taken from the customer's credit, and booked to
//! revenue, in one change.

use domain::id::AccountId;
use domain::money::Msat;
use domain::sale::ledger::{LedgerAccount, TransferKind};
use domain::time::Timestamp;

use super::{Changes, Short, reserve};
use crate::tx::{Result, Tx, params};

/// Takes credit within the account's daily limit; `Some` when that is refused, and nothing is stored.
pub(crate) async fn spend(
    tx: &mut impl Tx,
    account: AccountId,
    amount: Msat,
    now: Timestamp,
) -> Result<Option<Short>> {
    let short = reserve(tx, account, amount, now).await?;
    if short.is_none() {
        let customer = LedgerAccount::Customer(account).stored();
        tx.execute(
            "UPDATE ledger_accounts SET reserved = reserved - ?2, balance = balance - ?2
             WHERE name = ?1",
            params![&customer, amount],
        )
        .await?;
    }
    Ok(short)
}

/// Takes credit whatever the daily limit is; false when there is not enough, and nothing is stored. Test and
/// change are one statement.
pub(crate) async fn spend_over_limit(
    tx: &mut impl Tx,
    account: AccountId,
    amount: Msat,
) -> Result<bool> {
    let customer = LedgerAccount::Customer(account).stored();
    let taken = tx
        .execute(
            "UPDATE ledger_accounts SET balance = balance - ?2
             WHERE name = ?1 AND balance - reserved >= ?2",
            params![&customer, amount],
        )
        .await?;
    Ok(taken > 0)
}

/// The transfer of what was taken.
pub(crate) async fn book_spent(
    tx: &mut impl Tx,
    id: &[u8],
    kind: TransferKind,
    (account, amount): (AccountId, Msat),
    now: Timestamp,
) -> Result<()> {
    let customer = LedgerAccount::Customer(account).stored();
    let revenue = LedgerAccount::Revenue.stored();
    tx.execute(
        "INSERT INTO transfers (id, kind, debit, credit, amount, state, posted, created_at,
             decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'posted', ?5, ?6, ?6)",
        params![id, kind.as_str(), &customer, &revenue, amount, now],
    )
    .await?;
    let mut changes = Changes::default();
    changes.of(&revenue).0 = amount;
    changes.store(tx).await
}
