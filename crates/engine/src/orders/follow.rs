//! The node's hints, and the sweep over what it holds. A hint only makes the comparison come sooner;
//! the sweep finds payments for orders that are over, and payments nobody here knows.

use std::sync::Arc;

use domain::id::PaymentHash;
use domain::ports::NodeEvent;

use super::Orders;

impl Orders {
    pub(crate) async fn follow_node(self: Arc<Self>) {
        loop {
            match self.lightning.next_event().await {
                NodeEvent::Changed(hash) => self.look_at(hash).await,
                NodeEvent::LookAtAll => {
                    if let Err(error) = self.store.recheck_orders(self.clock.now()).await {
                        tracing::warn!(%error, "could not make orders due");
                    }
                    self.wake.watch.notify_one();
                    self.sweep_node().await;
                }
            }
        }
    }

    async fn look_at(&self, hash: PaymentHash) {
        match self.store.order_of_payment(hash).await {
            Ok(Some(order)) => self.compare(vec![order]).await,
            Ok(None) => tracing::debug!(%hash, "the node changed an invoice that is not ours"),
            Err(error) => tracing::warn!(%error, "could not read an order; its next round will"),
        }
    }

    /// Looks at everything the node has open or held. A payment held for an order that is over goes
    /// back; one that no order knows is reported and left, since the node may serve others too.
    pub(crate) async fn sweep_node(&self) {
        let pending = match self.lightning.pending().await {
            Ok(pending) => pending,
            Err(error) => {
                tracing::warn!(%error, "the node does not tell what it holds");
                return;
            }
        };
        for invoice in pending {
            match self.store.order_of_payment(invoice.hash).await {
                Ok(Some(order)) if order.state.is_final() && invoice.held => {
                    self.compare(vec![order]).await;
                }
                Ok(None) if invoice.held && invoice.memo.starts_with("boltgram ") => {
                    tracing::error!(hash = %invoice.hash, "the node holds a payment that no order knows");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "could not read an order"),
            }
        }
    }
}
