//! What the owner of a phone earns of a number that was sold: a transfer from what we earned, in the change that settles
//! its order. An order that is not settled earned us nothing.

use domain::id::OrderId;

use crate::rows::ledger::PhoneShare;
use crate::tx::{Result, Tx, params};

/// The owners' shares of these orders; none of a number on no phone, or of a phone without an owner.
pub(crate) async fn shares_of_owners(
    tx: &mut impl Tx,
    settled: &[OrderId],
) -> Result<Vec<PhoneShare>> {
    let rows: Vec<_> = settled.iter().map(|order| params![order]).collect();
    let found = tx
        .query_many(
            "SELECT l.id, l.owner, l.share FROM activations a
             JOIN pool_loans l ON l.id = a.loan AND l.line = 'phone'
                 AND l.called = CAST(a.number AS TEXT)
             WHERE a.order_id = ?1 AND l.share > 0 AND l.owner IS NOT NULL",
            &rows,
        )
        .await?;
    let read = |mut row: crate::tx::Row| {
        Ok(PhoneShare { loan: row.get()?, owner: row.get()?, amount: row.get()? })
    };
    found.into_iter().flatten().map(read).collect()
}
