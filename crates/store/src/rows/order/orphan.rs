//! Payments at the node that belong to no live order, which the operator has given back.

use domain::account::operator::{Action, Actor};
use domain::id::{OrderId, PaymentHash};
use domain::ports::OrphanDecision;
use domain::sale::order::OrderState;
use domain::time::Timestamp;
use serde_json::json;

use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{Result, Tx, params};

/// An order is never made of a hash that exists, and a final one stays final, so nothing is locked.
pub(crate) async fn decide_orphan(
    tx: &mut impl Tx,
    hash: PaymentHash,
    by: Actor,
    now: Timestamp,
) -> Result<OrphanDecision> {
    let rows =
        tx.query("SELECT id, state FROM orders WHERE payment_hash = ?1", params![&hash]).await?;
    let mut order = None;
    if let Some(mut row) = rows.into_iter().next() {
        let (id, state): (OrderId, OrderState) = (row.get()?, row.get()?);
        if !state.is_final() {
            return Ok(OrphanDecision::OfLiveOrder(id));
        }
        order = Some(id.to_string());
    }
    let (action, on) = (Action::OrphanCancel, hash.to_string());
    let detail = json!({ "order": order });
    audit::write(tx, NewAuditEntry { action, account: None, on: &on, detail }, by, now).await?;
    Ok(OrphanDecision::Decided)
}
