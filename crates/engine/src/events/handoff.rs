//! Hands new events from the code that stores them to the deliverer, so that they need not be claimed
//! and read again.
//!
//! A change that stores events asks for a lease first. While there is room it gets one, stores the
//! events under it, and hands over the deliveries that the store returns. Without room it gets none:
//! the events are due in the store at once, and claimed later.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::ports::{Delivery, Lease};
use domain::time::Timestamp;
use tokio::sync::Notify;

/// How long events are leased to a node. After a crash of a node that does not start again, they are
/// delivered by others when the lease ends.
pub(super) const LEASE: Duration = Duration::from_secs(45);

/// A delivery that has not begun so long after its arrival goes back to the store: it must have ended,
/// and its result must be recorded, within the lease.
pub(super) const BEGIN_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Handoff {
    node: String,
    arrived: Mutex<Vec<Delivery>>,
    /// Deliveries that the deliverer has taken and not ended.
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

    /// The lease for a change that begins now; `None` while there is no room. Changes under way may
    /// together bring more than there is room for; it is accepted.
    pub(crate) fn lease(&self, now: Timestamp) -> Option<Lease> {
        let room = self.waiting() < limits::WEBHOOKS_HANDED_OVER_MAX;
        let lease = || Lease { node: self.node.clone(), until: now.after(LEASE) };
        (room && !self.is_closed()).then(lease)
    }

    /// The node that holds the leases.
    pub(super) fn node(&self) -> &str {
        &self.node
    }

    /// Takes deliveries stored under a lease of [`Handoff::lease`].
    pub(crate) fn take(&self, deliveries: Vec<Delivery>) {
        if deliveries.is_empty() {
            return;
        }
        self.lock().extend(deliveries);
        self.signal.notify_one();
    }

    pub(super) fn arrivals(&self) -> Vec<Delivery> {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn set_inside(&self, deliveries: usize) {
        self.inside.store(deliveries, Ordering::Relaxed);
    }

    pub(super) fn waiting(&self) -> usize {
        self.inside.load(Ordering::Relaxed) + self.lock().len()
    }

    /// Begins no more requests, and waits until those under way have ended and their results are
    /// recorded. Events whose lease is not given back in time are due when it ends, or when this node
    /// starts again.
    pub(crate) async fn close(&self, grace: Duration) {
        self.closed.store(true, Ordering::Relaxed);
        self.signal.notify_one();
        if tokio::time::timeout(grace, self.emptied.notified()).await.is_err() {
            tracing::warn!("deliveries did not end in time; their events will be delivered again");
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Delivery>> {
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
