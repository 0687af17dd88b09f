//! Locks activations for a change, in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};

use domain::activation::ServiceCode;
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

/// Those of orders that lend a number and have begun.
pub(crate) async fn lock_of_orders<'a>(
    tx: &mut impl Tx,
    orders: impl IntoIterator<Item = &'a OrderId>,
) -> Result<BTreeMap<OrderId, ActivationRow>> {
    let keys: Vec<_> = orders.into_iter().map(|order| params![order]).collect();
    let found = tx.query_many("SELECT id FROM activations WHERE order_id = ?1", &keys).await?;
    let ids = found.into_iter().flatten().map(|mut row| row.get().map(ActivationId));
    let locked = lock(tx, ids.collect::<Result<Vec<_>>>()?).await?;
    Ok(locked.into_values().map(|row| (row.activation.order, row)).collect())
}

pub(crate) async fn lock_of_order(
    tx: &mut impl Tx,
    order: &OrderId,
) -> Result<Option<ActivationRow>> {
    let rows = tx.query(select!("WHERE order_id = ?1 FOR UPDATE"), params![order]).await?;
    rows.into_iter().next().map(ActivationRow::read).transpose()
}

/// What never changes of a loan.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoanOf {
    pub(super) activation: ActivationId,
    /// The rental that it extends.
    pub(super) extends: Option<ActivationId>,
    /// A rental of the whole number.
    pub(super) is_full: bool,
}

pub(super) async fn of_loans(tx: &mut impl Tx, loans: &[Uuid]) -> Result<BTreeMap<Uuid, LoanOf>> {
    let keys: Vec<_> = loans.iter().map(|loan| params![loan]).collect();
    let found = tx
        .query_many("SELECT id, extends, service FROM activations WHERE loan = ?1", &keys)
        .await?;
    let mut known = BTreeMap::new();
    for (loan, rows) in loans.iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            let (id, extends) = (row.get()?, row.get::<Option<i64>>()?);
            let service: String = row.get()?;
            let is_full = service.parse::<ServiceCode>().is_ok_and(|service| service.is_full());
            let extends = extends.map(ActivationId);
            known.insert(*loan, LoanOf { activation: ActivationId(id), extends, is_full });
        }
    }
    Ok(known)
}

/// The rentals that these activations extend.
pub(super) async fn extended_by(
    tx: &mut impl Tx,
    ids: &[ActivationId],
) -> Result<Vec<ActivationId>> {
    let keys: Vec<_> = ids.iter().map(|id| params![id.0]).collect();
    let found = tx
        .query_many("SELECT extends FROM activations WHERE id = ?1 AND extends IS NOT NULL", &keys)
        .await?;
    found.into_iter().flatten().map(|mut row| row.get().map(ActivationId)).collect()
}

/// Whether the supplier may be extending this rental, for another activation than `except`.
pub(super) async fn is_being_extended(
    tx: &mut impl Tx,
    rental: ActivationId,
    except: Option<ActivationId>,
) -> Result<bool> {
    let except = except.map_or(0, |id| id.0);
    let rows = tx
        .query(
            "SELECT 1 FROM activations WHERE extends = ?1 AND id <> ?2
                 AND state IN ('acquiring', 'unknown') LIMIT 1",
            params![rental.0, except],
        )
        .await?;
    Ok(!rows.is_empty())
}
