//! Signals between workers: something is due, do not wait for the timer. A signal given while
//! nobody waits is kept, and many count as one.

use std::time::Duration;

use domain::ports::{Changed, Recorded};
use tokio::sync::Notify;

use crate::metrics::{ByResult, Metrics};

#[derive(Debug, Default)]
pub(crate) struct Wake {
    /// A chunk may be due.
    pub dispatch: Notify,
    /// An order was decided, or the node hinted at a change.
    pub watch: Notify,
    /// An event waits to be told.
    pub webhooks: Notify,
    /// Links are to be shared anew.
    pub links: Notify,
    /// Our numbers were changed.
    pub numbers: Notify,
}

/// Waits for the signal, at most for `timer`.
pub(crate) async fn signal_or_timer(signal: &Notify, timer: Duration) {
    // Whether the signal came or the time ran out makes no difference to a reconciler.
    let _ = tokio::time::timeout(timer, signal.notified()).await;
}

impl Wake {
    /// Another node stored something.
    pub(crate) fn changed(&self, changed: Changed) {
        let Changed { chunks, orders, events, links, numbers } = changed;
        let kinds = [(chunks, &self.dispatch), (orders, &self.watch), (events, &self.webhooks)];
        for (changed, signal) in
            kinds.into_iter().chain([(links, &self.links), (numbers, &self.numbers)])
        {
            if changed {
                signal.notify_one();
            }
        }
    }

    /// Wakes the workers that have something to do after a change, and counts what ended by it.
    pub(crate) fn after(&self, recorded: &Recorded, metrics: &Metrics) {
        for (result, count) in [("settled", recorded.settled), ("cancelled", recorded.cancelled)] {
            if count > 0 {
                metrics.orders_ended.get_or_create(&ByResult { result }).inc_by(count.into());
            }
        }
        if recorded.decided > 0 {
            self.watch.notify_one();
        }
        // Those that are handed over need not be claimed.
        if recorded.events as usize > recorded.deliveries.len() {
            self.webhooks.notify_one();
        }
    }
}
