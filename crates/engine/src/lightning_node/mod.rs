//! What operators see of the Lightning node: its channels, what it holds, and payments that belong to no order.
//!
//! The functions need a store and a node alone, so that commands use them beside a running server. For metrics a worker
//! keeps what the node said last; no scrape waits for the node.

mod gauges;
mod last;
mod orphans;
mod status;

use std::sync::Arc;
use std::time::Duration;

use domain::account::operator::Actor;
use domain::id::PaymentHash;
use domain::ports::{Clock, Lightning, PortError, Store};

use crate::metrics::Gauges;
use crate::tip::LastTip;

pub(crate) use gauges::NodeGauges;
pub(crate) use last::LastNode;
pub use orphans::{CancelOrphanError, Orphan, cancel_orphan, orphans};
pub(crate) use orphans::{OrphanCount, is_ours};
pub use status::{Age, HeldSum, NextDeadline, Status, status};

/// How often the node's tip and channels are read.
const ROUND: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct LightningNode {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lightning: Arc<dyn Lightning>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tip: Arc<LastTip>,
    pub(crate) last: Arc<LastNode>,
}

impl LightningNode {
    pub async fn status(&self) -> Result<Status, PortError> {
        status(&*self.store, &*self.lightning, self.clock.now()).await
    }

    pub async fn orphans(&self) -> Result<Vec<Orphan>, PortError> {
        orphans(&*self.store, &*self.lightning).await
    }

    pub async fn cancel_orphan(
        &self,
        hash: PaymentHash,
        by: Actor,
    ) -> Result<(), CancelOrphanError> {
        cancel_orphan(&*self.store, &*self.lightning, hash, by, self.clock.now()).await
    }

    /// Reads the node in rounds. What it said last stays while it does not answer.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            if self.lightning.held_max() > 0 {
                let (tip, channels) = tokio::join!(self.lightning.tip(), self.lightning.channels());
                if let Ok(tip) = tip {
                    self.tip.set(tip);
                }
                if let Ok(channels) = channels {
                    self.last.set_channels(channels);
                }
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    pub(crate) async fn show(&self, now: &Gauges) {
        let tip = self.tip.get();
        if let Ok(load) = self.store.order_load().await {
            now.orders_open.set(gauge(load.open));
            now.orders_held.set(gauge(load.held));
            now.node.orders_lost.set(gauge(load.lost));
        }
        if let Ok(held) = status::held(&*self.store).await {
            last::show_held(&now.node, &held, tip, self.clock.now());
        }
        self.last.show(&now.node, tip, self.clock.now());
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
