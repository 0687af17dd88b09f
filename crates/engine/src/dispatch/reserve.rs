//! Direct hand-over: the change that stores messages also leases them to this node, which then
//! submits them from memory without a claim.
//!
//! Used only while no backlog takes precedence: otherwise claims preserve the order and the turns
//! of accounts. If the process dies before the hand-over, the lease expires and the messages are
//! claimed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ports::{ClaimedChunk, Lease};
use tokio::sync::Notify;

use super::Dispatcher;
use super::in_flight::InFlight;

/// Room for single messages that are being stored; released on drop.
#[derive(Debug)]
pub(crate) struct Reserved {
    lease: Lease,
    messages: usize,
    in_flight: Arc<Mutex<InFlight>>,
    idle: Arc<Notify>,
}

impl Reserved {
    /// The lease to store the messages with.
    pub(crate) fn lease(&self) -> Lease {
        self.lease.clone()
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        in_flight.give_back(self.messages);
        drop(in_flight);
        // If nothing was stored, nothing else signals that the dispatcher is idle.
        self.idle.notify_waiters();
    }
}

impl Dispatcher {
    /// Reserves room for this many single messages of one chunk each; `None` when they must queue
    /// in the store. The caller then stores them without a lease and wakes the dispatcher.
    pub(crate) fn lease(&self, messages: usize) -> Option<Reserved> {
        let may = !self.closed.load(Ordering::SeqCst)
            && !self.troubled.load(Ordering::SeqCst)
            && !self.behind.load(Ordering::SeqCst)
            && self.context.carriers.any_is_up();
        let now = self.context.clock.now();
        if !may || !self.in_flight().reserve(messages, now) {
            // These messages will queue, and later ones must not overtake them.
            self.behind.store(true, Ordering::SeqCst);
            return None;
        }
        let node = self.context.node.clone();
        let lease = Lease { node, until: now.after(self.context.lease) };
        Some(Reserved {
            lease,
            messages,
            in_flight: self.in_flight.clone(),
            idle: self.idle.clone(),
        })
    }

    /// Hands over the messages stored under the lease, and releases unused room.
    pub(crate) fn take(&self, room: Reserved, chunks: Vec<ClaimedChunk>) {
        if !chunks.is_empty() {
            self.count_handed_over("direct", chunks.len());
            self.hand_over(chunks, self.context.clock.now());
        }
        drop(room);
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn room_of_which_nothing_came_is_told_to_those_who_wait_for_the_end() {
        let (in_flight, idle) = (Arc::<Mutex<InFlight>>::default(), Arc::<Notify>::default());
        let now = Timestamp::from_millis(0);
        assert!(in_flight.lock().unwrap().reserve(3, now));
        let lease = Lease { node: "one".to_owned(), until: now };
        let room =
            Reserved { lease, messages: 3, in_flight: in_flight.clone(), idle: idle.clone() };
        let notified = idle.notified();
        assert!(!in_flight.lock().unwrap().is_idle());
        drop(room);
        assert!(in_flight.lock().unwrap().is_idle() && notified.now_or_never().is_some());
    }
}
