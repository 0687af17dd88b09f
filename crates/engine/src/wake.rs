//! Signals that wake workers before their timers. A signal without a waiter is kept; several count
//! as one.

use std::time::Duration;

use domain::ports::{Changed, LoansRecorded, Recorded};
use tokio::sync::Notify;

use crate::metrics::{ByResult, Metrics};

#[derive(Debug, Default)]
pub(crate) struct Wake {
    /// A chunk may be due.
    pub dispatch: Notify,
    /// An order was decided, or the Lightning node hinted at a change.
    pub watch: Notify,
    /// An event may be due.
    pub webhooks: Notify,
    /// The links must be shared again.
    pub links: Notify,
    /// Our numbers were changed.
    pub numbers: Notify,
    /// A reply to a keyword is due.
    pub replies: Notify,
    /// An activation may be due.
    pub activations: Notify,
}

/// Waits for the signal, at most `timer`.
pub(crate) async fn signal_or_timer(signal: &Notify, timer: Duration) {
    // A reconciler does not care which of the two ended the wait.
    let _ = tokio::time::timeout(timer, signal.notified()).await;
}

impl Wake {
    /// Wakes workers for what another node stored.
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

    /// Wakes the workers that a change of activations concerns, and counts the orders that it ended.
    pub(crate) fn after_loans(&self, recorded: &LoansRecorded, metrics: &Metrics) {
        for (result, count) in [("settled", recorded.settled), ("cancelled", recorded.cancelled)] {
            if count > 0 {
                metrics.orders_ended.get_or_create(&ByResult { result }).inc_by(count.into());
            }
        }
        if recorded.decided > 0 {
            self.watch.notify_one();
        }
        if recorded.events > 0 {
            self.webhooks.notify_one();
        }
        if recorded.due > 0 {
            self.activations.notify_one();
        }
    }

    /// Wakes the workers that a change concerns, counts the orders that it ended, and observes how
    /// long receipts took.
    pub(crate) fn after(&self, recorded: &Recorded, metrics: &Metrics) {
        for (result, count) in [("settled", recorded.settled), ("cancelled", recorded.cancelled)] {
            if count > 0 {
                metrics.orders_ended.get_or_create(&ByResult { result }).inc_by(count.into());
            }
        }
        for wait in &recorded.receipt_waits {
            metrics.receipt.observe(wait.as_secs_f64());
        }
        if recorded.decided > 0 {
            self.watch.notify_one();
        }
        // Deliveries that the caller makes need no claim.
        if recorded.events as usize > recorded.deliveries.len() {
            self.webhooks.notify_one();
        }
    }
}
