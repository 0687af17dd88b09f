//! The order watch: compares every Lightning order that is not final with the node, in rounds, and
//! drives each to its end. A round after a crash is a round like any other.

use std::time::Duration;

use domain::id::OrderId;
use domain::limits;
use domain::ports::{NodeReport, NodeVerdict};
use domain::sale::hold::Tip;
use domain::sale::order::{Order, OrderState};
use futures_util::StreamExt;
use futures_util::stream;

use super::check::check;
use crate::engine::Engine;
use crate::metrics::ByResult;
use crate::wake::signal_or_timer;

/// An unpaid invoice is looked at this often, should the node's hint be lost.
pub(super) const OPEN_POLL: Duration = Duration::from_secs(5);

/// An order whose invoice has not been stored after this was interrupted while asking for it.
pub(super) const INVOICE_GRACE: Duration = Duration::from_secs(60);

/// A node that was told but has not confirmed is asked again after this.
pub(super) const CONFIRM_POLL: Duration = Duration::from_secs(1);

/// A held payment is compared this often, whatever the node hints.
pub(super) const HELD_POLL: Duration = Duration::from_secs(30);

const ROUND: Duration = Duration::from_secs(1);

/// Orders being compared at a time.
const CONCURRENT: usize = 16;

/// While an order is being compared, no other round or node takes it.
const CLAIM: Duration = Duration::from_secs(30);

pub(crate) async fn watch(engine: &Engine) {
    loop {
        let full = round(engine).await == limits::ORDER_CHECKS_MAX as usize;
        if !full {
            signal_or_timer(&engine.wake.watch, ROUND).await;
        }
    }
}

/// Compares everything once, as a start requires before new orders are taken. What the node does
/// not answer is left to the rounds that follow.
pub(crate) async fn catch_up(engine: &Engine, unfinished: u64) {
    let mut compared = 0;
    while compared < unfinished {
        match round(engine).await {
            0 => return,
            more => compared += more as u64,
        }
    }
}

/// Compares what is due; returns how many orders that were.
async fn round(engine: &Engine) -> usize {
    let now = engine.now();
    let claimed =
        engine.store.claim_order_checks(now, now.after(CLAIM), limits::ORDER_CHECKS_MAX).await;
    let orders = match claimed {
        Ok(orders) if orders.is_empty() => return 0,
        Ok(orders) => orders,
        Err(error) => {
            tracing::warn!(%error, "could not look for orders; trying again");
            return 0;
        }
    };
    let claimed = orders.len();
    compare(engine, orders).await;
    claimed
}

/// Compares these orders with the node and records what it said.
pub(super) async fn compare(engine: &Engine, orders: Vec<Order>) {
    let tip = match engine.lightning.tip().await {
        Ok(tip) => {
            engine.remember_tip(tip);
            Some(tip)
        }
        Err(error) => {
            tracing::warn!(%error, "the node does not tell its tip");
            None
        }
    };
    let reports: Vec<NodeReport> = stream::iter(orders)
        .map(|order| report(engine, order, tip))
        .buffer_unordered(CONCURRENT)
        .collect()
        .await;
    record(engine, reports).await;
}

async fn report(engine: &Engine, order: Order, tip: Option<Tip>) -> NodeReport {
    let id = order.id;
    let (verdict, wait) = check(engine, order, tip).await.unwrap_or_else(|error| {
        tracing::warn!(order = %id, %error, "could not compare with the node; trying again");
        (NodeVerdict::Unchanged, OPEN_POLL)
    });
    NodeReport { order: id, verdict, check_at: engine.now().after(wait) }
}

async fn record(engine: &Engine, reports: Vec<NodeReport>) {
    // Unrecorded reports are made again by the next round: the node says the same.
    match engine.store.record_node_reports(reports, engine.now()).await {
        Ok(ended) => {
            for (order, state) in ended {
                tell_end(engine, order, state);
            }
            engine.wake.webhooks.notify_one();
        }
        Err(error) => tracing::warn!(%error, "could not record what the node said"),
    }
}

fn tell_end(engine: &Engine, order: OrderId, state: OrderState) {
    engine.metrics().orders_ended.get_or_create(&ByResult { result: state.as_str() }).inc();
    if state == OrderState::Lost {
        tracing::error!(%order, "lost: the node gave the payment back before it was settled");
    } else {
        tracing::info!(%order, state = state.as_str(), "order ended");
    }
}
