//! The order watch: compares every Lightning order that is not final with the node, in rounds, and
//! drives each to its end. A round after a crash is a round like any other.

use std::sync::Arc;
use std::time::Duration;

use domain::id::OrderId;
use domain::limits;
use domain::ports::{EndedOrder, NodeReport, NodeVerdict, PortError};
use domain::sale::hold::Tip;
use domain::sale::order::{Order, OrderState};
use futures_util::StreamExt;
use futures_util::stream;

use super::Orders;
use super::check::RETRY_POLL;
use crate::metrics::ByResult;
use crate::wake::signal_or_timer;

const ROUND: Duration = Duration::from_secs(1);

/// Orders being compared at a time.
const CONCURRENT: usize = 16;

/// While an order is being compared, no other round or node takes it.
const CLAIM: Duration = Duration::from_secs(30);

impl Orders {
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            let full = self.round().await == limits::ORDER_CHECKS_MAX as usize;
            if !full {
                signal_or_timer(&self.wake.watch, ROUND).await;
            }
        }
    }

    /// Compares everything once, as a start requires before new orders are accepted. What the node does
    /// not answer is left to the rounds that follow.
    pub(crate) async fn catch_up(&self, unfinished: u64) {
        let mut compared = 0;
        while compared < unfinished {
            match self.round().await {
                0 => return,
                more => compared += more as u64,
            }
        }
    }

    /// Compares what is due; returns how many orders that were.
    async fn round(&self) -> usize {
        let now = self.clock.now();
        let claimed =
            self.store.claim_order_checks(now, now.after(CLAIM), limits::ORDER_CHECKS_MAX).await;
        let orders = match claimed {
            Ok(orders) if orders.is_empty() => return 0,
            Ok(orders) => orders,
            Err(error) => {
                tracing::warn!(%error, "could not claim orders to compare; trying again");
                return 0;
            }
        };
        let claimed = orders.len();
        self.compare(orders).await;
        claimed
    }

    /// Compares these orders with the node and records the verdicts.
    pub(super) async fn compare(&self, orders: Vec<Order>) {
        let tip = match self.lightning.tip().await {
            Ok(tip) => {
                self.tip.set(tip);
                Some(tip)
            }
            Err(error) => {
                tracing::warn!(%error, "the node's tip could not be read");
                None
            }
        };
        let reports: Vec<NodeReport> = stream::iter(orders)
            .map(|order| self.report(order, tip))
            .buffer_unordered(CONCURRENT)
            .collect()
            .await;
        self.record(reports).await;
    }

    async fn report(&self, order: Order, tip: Option<Tip>) -> NodeReport {
        let id = order.id;
        let (verdict, wait) = self.check(order, tip).await.unwrap_or_else(|error| {
            tracing::warn!(order = %id, %error, "could not compare with the node; trying again");
            (NodeVerdict::Unchanged, RETRY_POLL)
        });
        NodeReport { order: id, verdict, check_at: self.clock.now().after(wait) }
    }

    async fn record(&self, reports: Vec<NodeReport>) {
        // A report that is lost is made again by the next round: the node answers the same.
        match self.store.record_node_reports(reports, self.clock.now()).await {
            Ok(ended) => {
                for EndedOrder { order, state, unpaid } in ended {
                    self.log_end(order, state);
                    if let Some(end) = unpaid {
                        self.unpaid_ends.tell(end);
                    }
                }
                self.wake.webhooks.notify_one();
            }
            Err(error) => tracing::warn!(%error, "could not record the node's verdicts"),
        }
    }

    fn log_end(&self, order: OrderId, state: OrderState) {
        self.metrics.orders_ended.get_or_create(&ByResult { result: state.as_str() }).inc();
        if state == OrderState::Lost {
            tracing::error!(
                %order,
                "lost: the node gave the payment back before it was settled; \
                 `boltgram trace {order}` shows what was done for it, \
                 `boltgram lightning status` lists the lost orders"
            );
        } else {
            tracing::info!(%order, state = state.as_str(), "order ended");
        }
    }

    /// Makes every order that is not final due for comparison; returns how many there are.
    pub(crate) async fn recheck(&self) -> Result<u64, PortError> {
        self.store.recheck_orders(self.clock.now()).await
    }
}
