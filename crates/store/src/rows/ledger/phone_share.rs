//! Shares of phones' owners: from revenue to the owner's credit when an order is settled, under the id of its loan.

use domain::id::AccountId;
use domain::money::Msat;
use domain::sale::ledger::{LedgerAccount, TransferKind};
use domain::time::Timestamp;
use uuid::Uuid;

use super::Changes;
use crate::tx::{Result, Row, Tx, params};

/// What an owner earns of a loan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhoneShare {
    pub(crate) loan: Uuid,
    pub(crate) owner: AccountId,
    pub(crate) amount: Msat,
}

pub(super) async fn post(
    tx: &mut impl Tx,
    shares: &[PhoneShare],
    now: Timestamp,
    changes: &mut Changes,
) -> Result<()> {
    if shares.is_empty() {
        return Ok(());
    }
    let (revenue, kind) = (LedgerAccount::Revenue.stored(), TransferKind::PhoneShare.as_str());
    let mut credits = Vec::with_capacity(shares.len());
    for share in shares {
        let owner = LedgerAccount::Customer(share.owner).stored();
        changes.post(&revenue, &owner, share.amount)?;
        credits.push(owner);
    }
    let rows: Vec<_> = shares
        .iter()
        .zip(&credits)
        .map(|(share, owner)| {
            params![&share.loan.as_bytes()[..], kind, &revenue, owner, share.amount, now]
        })
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

/// Shares that are not of a loan on a phone, differ from what it says, or were paid without a settled order; and loans whose
/// order is settled, without their share.
pub(super) async fn wrong(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT t.id, coalesce(o.state, 'missing') FROM transfers t
             LEFT JOIN pool_loans l ON l.id = t.id AND l.line = 'phone'
             LEFT JOIN activations a ON a.loan = t.id
             LEFT JOIN orders o ON o.id = a.order_id
             WHERE t.kind = 'phone_share' AND NOT (
                 coalesce(l.share, 0) = t.amount AND t.posted = t.amount
                     AND coalesce(o.state, 'missing') = 'settled')
             ORDER BY t.created_at, t.id LIMIT ?1",
            params![limit],
        )
        .await?;
    let unpaid = tx
        .query(
            "SELECT l.id, 'settled, and its owner has no share' FROM pool_loans l
             JOIN activations a ON a.loan = l.id AND CAST(a.number AS TEXT) = l.called
             JOIN orders o ON o.id = a.order_id
             WHERE l.line = 'phone' AND l.share > 0 AND l.owner IS NOT NULL AND o.state = 'settled'
                 AND NOT EXISTS (
                     SELECT 1 FROM transfers t WHERE t.id = l.id AND t.kind = 'phone_share')
             ORDER BY l.lent_at, l.id LIMIT ?1",
            params![limit],
        )
        .await?;
    let name = |mut row: Row| {
        let (loan, state): (Vec<u8>, String) = (row.get()?, row.get()?);
        Ok(format!("loan {}: its order is {state}", hex::encode(loan)))
    };
    rows.into_iter().chain(unpaid).map(name).collect()
}
