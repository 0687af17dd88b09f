//! The poll of the payments that the node holds, by which those are found that no hint reported: a node may hint only at
//! the invoices that it follows. One call is far cheaper than a lookup of each open order, of which there may be thousands.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::id::PaymentHash;
use domain::limits;
use domain::ports::PortError;
use domain::sale::order::{Order, OrderState};
use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::{MissedTickBehavior, interval};

use super::Orders;

/// The longest time until a payment is found, except for the time of the calls.
const HELD_PAYMENTS_POLL: Duration = Duration::from_secs(5);

/// Orders that are read from the store at a time.
const READS: usize = 8;

impl Orders {
    /// Compares the open orders whose payments the node holds.
    pub(crate) async fn find_held(self: Arc<Self>) {
        let mut ticks = interval(HELD_PAYMENTS_POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = HashSet::new();
        loop {
            ticks.tick().await;
            match self.find_new(&known).await {
                Ok(held) => known = held,
                Err(error) => tracing::warn!(%error, "could not find what the node holds"),
            }
        }
    }

    /// Returns what the node holds now, without what was compared just now: whether that succeeded shows the next round.
    async fn find_new(
        &self,
        known: &HashSet<PaymentHash>,
    ) -> Result<HashSet<PaymentHash>, PortError> {
        let mut held: HashSet<_> = self.lightning.held().await?.into_iter().collect();
        let new: Vec<_> = held.difference(known).copied().collect();
        let orders: Vec<(PaymentHash, Result<Option<Order>, _>)> = stream::iter(new)
            .map(|hash| async move { (hash, self.store.order_of_payment(hash).await) })
            .buffer_unordered(READS)
            .collect()
            .await;
        let mut open = Vec::new();
        for (hash, order) in orders {
            if let Some(order) = order?.filter(|order| order.state == OrderState::Open) {
                held.remove(&hash);
                open.push(order);
            }
        }
        while !open.is_empty() {
            let rest = open.split_off(open.len().min(limits::ORDER_CHECKS_MAX as usize));
            self.compare(open).await;
            open = rest;
        }
        Ok(held)
    }
}
