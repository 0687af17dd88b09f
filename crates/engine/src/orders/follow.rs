//! The node's hints, and the sweep over what it holds. A hint only makes the comparison come sooner.
//! The sweep finds payments for orders that have ended, and payments that belong to no order.

use std::sync::Arc;

use domain::id::PaymentHash;
use domain::ports::NodeEvent;

use super::Orders;

impl Orders {
    pub(crate) async fn follow_node(self: Arc<Self>) {
        loop {
            match self.lightning.next_event().await {
                NodeEvent::Changed(hash) => self.compare_payment(hash).await,
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

    async fn compare_payment(&self, hash: PaymentHash) {
        match self.store.order_of_payment(hash).await {
            Ok(Some(order)) => self.compare(vec![order]).await,
            Ok(None) => {
                tracing::debug!(%hash, "the node changed an invoice that belongs to no order");
            }
            Err(error) => {
                tracing::warn!(%error, "could not read an order; the next round compares it");
            }
        }
    }

    /// Compares everything that the node has open or held. A payment held for an order that has ended
    /// is cancelled. One that belongs to no order is logged and left: the node may serve others too.
    pub(crate) async fn sweep_node(&self) {
        let pending = match self.lightning.pending().await {
            Ok(pending) => pending,
            Err(error) => {
                tracing::warn!(%error, "the node's pending invoices could not be read");
                return;
            }
        };
        for invoice in pending {
            match self.store.order_of_payment(invoice.hash).await {
                Ok(Some(order)) if order.state.is_final() && invoice.held => {
                    self.compare(vec![order]).await;
                }
                Ok(None) if invoice.held && invoice.memo.starts_with("boltgram ") => {
                    tracing::error!(hash = %invoice.hash, "the node holds a payment that belongs to no order");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "could not read an order"),
            }
        }
    }
}
