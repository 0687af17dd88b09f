//! The node's hints, and the sweep over what it holds. A hint only makes the comparison come sooner.
//! The sweep finds payments for orders that have ended, and orphans, which belong to no order.

use std::sync::Arc;

use domain::id::PaymentHash;
use domain::ports::NodeEvent;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::Orders;
use crate::lightning_node::{OrphanCount, is_ours};

const HINTS_AT_ONCE: usize = 16;

impl Orders {
    /// Follows several hints at a time, so that none waits for a sweep.
    pub(crate) async fn follow_node(self: Arc<Self>) {
        let mut following = FuturesUnordered::new();
        loop {
            tokio::select! {
                event = self.lightning.next_event(), if following.len() < HINTS_AT_ONCE => {
                    following.push(self.follow_hint(event));
                }
                Some(()) = following.next() => {}
            }
        }
    }

    async fn follow_hint(&self, event: NodeEvent) {
        match event {
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

    async fn compare_payment(&self, hash: PaymentHash) {
        match self.store.order_of_payment(hash).await {
            Ok(Some(order)) => self.compare(vec![order]).await,
            Ok(None) => {
                tracing::debug!(%hash, "the node changed an invoice that belongs to no order");
            }
            Err(error) => {
                tracing::warn!(%error, "could not read an order; a later comparison finds it");
            }
        }
    }

    /// Compares everything that the node has open or held. What is open or held for an order that has ended is cancelled.
    /// What belongs to no order is reported and left: it may be that of another gateway at the same node.
    pub(crate) async fn sweep_node(&self) {
        let pending = match self.lightning.pending().await {
            Ok(pending) => pending,
            Err(error) => {
                tracing::warn!(%error, "the node's pending invoices could not be read");
                return;
            }
        };
        let mut orphans = OrphanCount::default();
        for invoice in pending.into_iter().filter(is_ours) {
            match self.store.order_of_payment(invoice.hash).await {
                Ok(Some(order)) if order.state.is_final() => self.compare(vec![order]).await,
                Ok(Some(_)) => {}
                Ok(None) if invoice.held => orphans.held += 1,
                Ok(None) => orphans.open += 1,
                Err(error) => {
                    tracing::warn!(%error, "could not read an order; the next sweep goes on");
                    return;
                }
            }
        }
        let is_new = self.last_node.set_orphans(orphans);
        if is_new && orphans != OrphanCount::default() {
            let OrphanCount { held, open } = orphans;
            tracing::error!(
                held,
                open,
                "the node has invoices of Boltgram that belong to no order of this store; \
                 `boltgram lightning orphans` lists them, and `--cancel HASH` gives one back"
            );
        }
    }
}
