//! What the owner of a phone earns of a number that was sold: a transfer from what we earned, in the change that records
//! the first code of an activation, or what makes a rental final.

use domain::id::AccountId;
use domain::money::Msat;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::rows::ledger;
use crate::tx::{Result, Tx, params};

/// Books the owners' shares of these loans, each once; nothing for a number on no phone, or of a phone without an owner.
pub(crate) async fn pay_owners(tx: &mut impl Tx, loans: &[Uuid], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = loans.iter().map(|loan| params![loan]).collect();
    let found = tx
        .query_many(
            "SELECT p.owner, l.share FROM pool_loans l
             JOIN phone_sims i ON i.number = l.number JOIN phones p ON p.id = i.phone
             WHERE l.id = ?1 AND l.share > 0 AND p.owner IS NOT NULL",
            &rows,
        )
        .await?;
    for (loan, rows) in loans.iter().zip(found) {
        let Some(mut row) = rows.into_iter().next() else { continue };
        let (owner, share): (AccountId, Msat) = (row.get()?, row.get()?);
        ledger::share(tx, loan.as_bytes(), owner, share, now).await?;
    }
    Ok(())
}
