//! What is due for activations, leased to a node. A leased row's `due_at` is the end of its lease, so that
//! what a dead node had becomes due by itself.

use std::time::Duration;

use domain::activation::SupplierName;
use domain::activation::change::Event;
use domain::id::ActivationId;
use domain::ports::{Asking, DueActivation, ExtendedRental};
use domain::time::Timestamp;
use uuid::Uuid;

use super::change::write;
use super::lock::{Locked, extended_by, is_being_extended, lock};
use super::row::{ActivationRow, select};
use crate::tx::{Result, Tx, UNREADABLE_WAIT, params};

/// How long an extension waits for another one of the same rental.
const EXTENSION_WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn claim(
    tx: &mut impl Tx,
    node: &str,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<DueActivation>> {
    let rows = tx
        .query(
            "SELECT id FROM activations WHERE due_at IS NOT NULL AND due_at <= ?1
             ORDER BY due_at LIMIT ?2 FOR UPDATE SKIP LOCKED",
            params![now, limit],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<i64>>>()?;
    let leased: Vec<_> = ids.iter().map(|id| params![*id, node, lease_until]).collect();
    tx.execute_many("UPDATE activations SET lease_node = ?2, due_at = ?3 WHERE id = ?1", &leased)
        .await?;
    let keys: Vec<_> = ids.iter().map(|id| params![*id]).collect();
    let found = tx.query_many(select!("WHERE id = ?1"), &keys).await?;
    let mut due = Vec::with_capacity(ids.len());
    for (id, rows) in ids.iter().zip(found) {
        for row in rows {
            match ActivationRow::read(row) {
                Ok(row) => due.push(row),
                Err(error) => put_off(tx, *id, &error.to_string(), now).await?,
            }
        }
    }
    let mut claimed = Vec::with_capacity(due.len());
    for row in due {
        let extends = match row.activation.wanted.extends() {
            Some(rental) => extended(tx, rental).await?,
            None => None,
        };
        claimed.push(DueActivation {
            tried: row.tried(),
            releases: row.releases(),
            activation: row.activation,
            extends,
        });
    }
    Ok(claimed)
}

/// One bad row must not stop the others: an operator has to repair it.
async fn put_off(tx: &mut impl Tx, id: i64, error: &str, now: Timestamp) -> Result<()> {
    tracing::error!(activation = id, error, "an activation cannot be read and is put off");
    let due_at = now.after(UNREADABLE_WAIT);
    tx.execute("UPDATE activations SET due_at = ?2 WHERE id = ?1", params![id, due_at])
        .await
        .map(drop)
}

async fn extended(tx: &mut impl Tx, rental: ActivationId) -> Result<Option<ExtendedRental>> {
    let rows = tx
        .query(
            "SELECT loan, supplier, until FROM activations WHERE id = ?1 AND ended_at IS NULL",
            params![rental.0],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    let (loan, supplier): (Uuid, Option<String>) = (row.get()?, row.get()?);
    let until = row.get()?;
    let named = |supplier: String| SupplierName::new(&supplier);
    Ok(supplier.map(named).map(|supplier| ExtendedRental { loan, supplier, until }))
}

/// Frees the leases of a node. Returns how many.
pub(crate) async fn release_leases(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE activations SET lease_node = NULL, due_at = ?2
         WHERE lease_node IS NOT NULL AND lease_node = ?1",
        params![node, now],
    )
    .await
}

/// The supplier's name is stored before it is called. Only the node that has the lease calls it, and each
/// supplier once.
pub(crate) async fn mark_acquiring(
    tx: &mut impl Tx,
    node: &str,
    asking: &[Asking],
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<bool>> {
    let mut ids: Vec<_> = asking.iter().map(|asking| asking.activation).collect();
    ids.extend(extended_by(tx, &ids).await?);
    let mut locked = lock(tx, ids).await?;
    let mut marked = Vec::with_capacity(asking.len());
    for asking in asking {
        let waits = waits_for_extension(tx, &locked, asking).await?;
        let row = locked.get_mut(&asking.activation);
        let Some(row) = row.filter(|row| row.lease_node.as_deref() == Some(node)) else {
            marked.push(false);
            continue;
        };
        if row.tried().contains(&asking.supplier) {
            marked.push(false);
            continue;
        }
        let asked = Event::Asked(asking.supplier.clone());
        let may = !waits && now < row.activation.until && row.take(&asked, now).is_ok();
        if may {
            row.tried.push_str(asking.supplier.as_str());
            row.tried.push('\n');
            row.due_at = Some(lease_until);
        } else {
            row.look_at(if waits { now.after(EXTENSION_WAIT) } else { now });
        }
        marked.push(may);
    }
    write(tx, locked.values()).await?;
    Ok(marked)
}

/// Extensions of a rental are requested one at a time, each from the end that the one before it reached:
/// two that are under way together would be answered with one end.
async fn waits_for_extension(tx: &mut impl Tx, locked: &Locked, asking: &Asking) -> Result<bool> {
    let extension = locked.get(&asking.activation);
    let Some(rental) = extension.and_then(|row| row.activation.wanted.extends()) else {
        return Ok(false);
    };
    let has_moved =
        locked.get(&rental).is_none_or(|row| Some(row.activation.until) != asking.rental_until);
    let another = locked.values().any(|row| {
        row.activation.id != asking.activation
            && row.activation.wanted.extends() == Some(rental)
            && row.activation.state.is_acquiring()
    });
    Ok(has_moved || another || is_being_extended(tx, rental, Some(asking.activation)).await?)
}
