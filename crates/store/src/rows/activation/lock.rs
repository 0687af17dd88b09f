//! Locks activations for a change, in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{ActivationId, OrderId};
use uuid::Uuid;

use super::row::{ActivationRow, select};
use crate::tx::{Result, Tx, params};

pub(super) type Locked = BTreeMap<ActivationId, ActivationRow>;

/// Activations that exist.
pub(super) async fn lock(
    tx: &mut impl Tx,
    ids: impl IntoIterator<Item = ActivationId>,
) -> Result<Locked> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    let keys: Vec<_> = ids.iter().map(|id| params![id.0]).collect();
    let found = tx.query_many(select!("WHERE id = ?1 FOR UPDATE"), &keys).await?;
    let mut locked = Locked::new();
    for row in found.into_iter().flatten() {
        let row = ActivationRow::read(row)?;
        locked.insert(row.activation.id, row);
    }
    Ok(locked)
}

pub(crate) async fn lock_of_order(
    tx: &mut impl Tx,
    order: &OrderId,
) -> Result<Option<ActivationRow>> {
    let rows = tx.query(select!("WHERE order_id = ?1 FOR UPDATE"), params![order]).await?;
    rows.into_iter().next().map(ActivationRow::read).transpose()
}

/// The activation of each loan, and the rental that it extends.
pub(super) async fn of_loans(
    tx: &mut impl Tx,
    loans: &[Uuid],
) -> Result<BTreeMap<Uuid, (ActivationId, Option<ActivationId>)>> {
    let keys: Vec<_> = loans.iter().map(|loan| params![loan]).collect();
    let found = tx.query_many("SELECT id, extends FROM activations WHERE loan = ?1", &keys).await?;
    let mut ids = BTreeMap::new();
    for (loan, rows) in loans.iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            let (id, extends) = (row.get()?, row.get::<Option<i64>>()?);
            ids.insert(*loan, (ActivationId(id), extends.map(ActivationId)));
        }
    }
    Ok(ids)
}
