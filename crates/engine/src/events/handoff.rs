//! Where those who store events hand over the calls that came of them, so that they are made
//! without being claimed and read again.
//!
//! A change that stores events asks for a lease first. While there is room it gets one, stores the
//! events under it, and hands over what the store returns. Without room it gets none: the events
//! wait in the store, due at once, and are claimed later.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::ports::{Lease, WebhookCall};
use domain::time::Timestamp;
use tokio::sync::Notify;

/// For how long calls are the deliverer's alone. When this node does not start again after a crash,
/// nobody makes them before it is over.
pub(super) const LEASE: Duration = Duration::from_secs(45);

/// A call that has not begun by then, counted from its arrival here, is given back: it must have
/// ended, and that be recorded, within the lease.
pub(super) const BEGIN_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Handoff {
    node: String,
    arrived: Mutex<Vec<WebhookCall>>,
    /// Calls that the deliverer took from here and has not ended.
    inside: AtomicUsize,
    closed: AtomicBool,
    pub(super) signal: Notify,
    pub(super) emptied: Notify,
}

impl Handoff {
    pub(crate) fn new(node: String) -> Self {
        Self {
            node,
            arrived: Mutex::default(),
            inside: AtomicUsize::default(),
            closed: AtomicBool::default(),
            signal: Notify::default(),
            emptied: Notify::default(),
        }
    }

    /// What a change that begins now may lease the events it stores under; `None` while there is no
    /// room. What changes under way bring together may be more than the room: it is taken.
    pub(crate) fn lease(&self, now: Timestamp) -> Option<Lease> {
        let room = self.waiting() < limits::WEBHOOKS_HANDED_OVER_MAX;
        let lease = || Lease { node: self.node.clone(), until: now.after(LEASE) };
        (room && !self.is_closed()).then(lease)
    }

    /// Whose the leases of calls are.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    /// Takes calls stored under a lease of [`Handoff::lease`].
    pub(crate) fn take(&self, calls: Vec<WebhookCall>) {
        if calls.is_empty() {
            return;
        }
        self.lock().extend(calls);
        self.signal.notify_one();
    }

    pub(super) fn arrivals(&self) -> Vec<WebhookCall> {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn set_inside(&self, calls: usize) {
        self.inside.store(calls, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> usize {
        self.inside.load(Ordering::Relaxed) + self.lock().len()
    }

    /// Begins no more calls, and waits until those under way have ended and are recorded. What had
    /// not begun is due again when its lease is over, or when this node starts again.
    pub(crate) async fn close(&self, grace: Duration) {
        self.closed.store(true, Ordering::Relaxed);
        self.signal.notify_one();
        if tokio::time::timeout(grace, self.emptied.notified()).await.is_err() {
            tracing::warn!("webhook calls did not end in time; they are made again");
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<WebhookCall>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_leases_while_there_is_room() {
        let (handoff, now) = (Handoff::new("one".to_owned()), Timestamp::from_millis(1_000));
        let lease = Lease { node: "one".to_owned(), until: now.after(LEASE) };
        assert_eq!(handoff.lease(now), Some(lease));
        handoff.set_inside(limits::WEBHOOKS_HANDED_OVER_MAX);
        assert_eq!(handoff.lease(now), None);
        handoff.set_inside(limits::WEBHOOKS_HANDED_OVER_MAX - 1);
        assert!(handoff.lease(now).is_some());
    }
}
