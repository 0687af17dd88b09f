//! Orphans: open or held invoices at the node that are ours by their memo, and belong to no order of the store, or to one
//! that is final. They come of a store that was restored from a backup, or belong to another gateway at the same node.

use domain::account::operator::Actor;
use domain::id::{OrderId, PaymentHash};
use domain::ports::{HoldState, Lightning, OrphanDecision, PendingInvoice, PortError, Store};
use domain::sale::hold::HeldPayment;
use domain::sale::order::OrderState;
use domain::time::Timestamp;

/// Whether the invoice was made by a gateway like this one. The node may serve other programs, too.
pub(crate) fn is_ours(invoice: &PendingInvoice) -> bool {
    invoice.memo.starts_with("boltgram ")
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub hash: PaymentHash,
    pub memo: String,
    /// `None`: nobody has paid it.
    pub held: Option<HeldPayment>,
    /// The final order that it belongs to.
    pub order: Option<(OrderId, OrderState)>,
}

/// As the sweep has counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OrphanCount {
    pub(crate) open: u64,
    pub(crate) held: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelOrphanError {
    #[error("the payment belongs to the order {0}, which is not final and decides about it")]
    OfLiveOrder(OrderId),
    #[error("the node has no open or held invoice with this payment hash")]
    NotPending,
    #[error("the invoice is not one of Boltgram's: its memo does not begin with \"boltgram \"")]
    NotOurs,
    #[error("the node reports the payment as settled")]
    Settled,
    #[error("the node has not given the payment back; try again")]
    StillThere,
    #[error("the node could not serve the request; try again")]
    Node(#[source] PortError),
    #[error("the store could not serve the request; try again")]
    Store(#[source] PortError),
}

/// The node is read first: an order is stored before its invoice is made.
pub async fn orphans(
    store: &dyn Store,
    lightning: &dyn Lightning,
) -> Result<Vec<Orphan>, PortError> {
    let mut orphans = Vec::new();
    for invoice in lightning.pending().await?.into_iter().filter(is_ours) {
        let order = store.order_of_payment(invoice.hash).await?;
        if order.as_ref().is_some_and(|order| !order.state.is_final()) {
            continue;
        }
        let held = if invoice.held { held(lightning, invoice.hash).await? } else { None };
        let order = order.map(|order| (order.id, order.state));
        orphans.push(Orphan { hash: invoice.hash, memo: invoice.memo, held, order });
    }
    Ok(orphans)
}

async fn held(
    lightning: &dyn Lightning,
    hash: PaymentHash,
) -> Result<Option<HeldPayment>, PortError> {
    match lightning.lookup(hash).await? {
        HoldState::Held(payment) => Ok(Some(payment)),
        _ => Ok(None),
    }
}

/// Gives a payment back, or closes its invoice, by the operator's word. What counts is the lookup afterwards.
pub async fn cancel_orphan(
    store: &dyn Store,
    lightning: &dyn Lightning,
    hash: PaymentHash,
    by: Actor,
    now: Timestamp,
) -> Result<(), CancelOrphanError> {
    let pending = lightning.pending().await.map_err(CancelOrphanError::Node)?;
    let invoice = pending.into_iter().find(|invoice| invoice.hash == hash);
    let invoice = invoice.ok_or(CancelOrphanError::NotPending)?;
    if !is_ours(&invoice) {
        return Err(CancelOrphanError::NotOurs);
    }
    match store.decide_orphan(hash, by, now).await.map_err(CancelOrphanError::Store)? {
        OrphanDecision::Decided => {}
        OrphanDecision::OfLiveOrder(order) => return Err(CancelOrphanError::OfLiveOrder(order)),
    }
    if let Err(error) = lightning.cancel(hash).await {
        tracing::warn!(%hash, %error, "cancel failed; looking up");
    }
    match lightning.lookup(hash).await.map_err(CancelOrphanError::Node)? {
        HoldState::Cancelled | HoldState::Unknown => Ok(()),
        HoldState::Settled => Err(CancelOrphanError::Settled),
        HoldState::Open | HoldState::Held(_) => Err(CancelOrphanError::StillThere),
    }
}
