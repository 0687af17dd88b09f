//! The short way: messages that are being stored are leased to this node by the change that stores
//! them, and handed over from memory without a claim.
//!
//! It is taken only while nothing waits that should go first: with a backlog in the store, claims
//! bring what is due in its order and every account in turn. When the process dies between the store
//! and the hand-over, the lease passes and the messages are claimed like any others.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use domain::ports::{ClaimedChunk, Lease};
use tokio::sync::Notify;

use super::Dispatcher;
use super::in_flight::InFlight;

/// Room for single messages that are about to be stored. Dropped, it gives back its room, so a
/// change that was refused costs nothing.
#[derive(Debug)]
pub(crate) struct Reserved {
    lease: Lease,
    messages: usize,
    in_flight: Arc<Mutex<InFlight>>,
    idle: Arc<Notify>,
}

impl Reserved {
    /// What the change must store the messages under.
    pub(crate) fn lease(&self) -> Lease {
        self.lease.clone()
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        in_flight.give_back(self.messages);
        drop(in_flight);
        // Perhaps nothing came of it, and nobody else will tell that nothing is in work.
        self.idle.notify_waiters();
    }
}

impl Dispatcher {
    /// Reserves room for so many single messages of one chunk each; `None` when they must wait for
    /// their turn in the store. Then the caller stores them without a lease and wakes the
    /// dispatcher.
    pub(crate) fn lease(&self, messages: usize) -> Option<Reserved> {
        let may = !self.closed.load(Ordering::SeqCst)
            && !self.troubled.load(Ordering::SeqCst)
            && !self.behind.load(Ordering::SeqCst)
            && self.context.carriers.any_is_up();
        let now = self.context.clock.now();
        if !may || !self.in_flight().reserve(messages, now) {
            // What is stored now waits, and what comes after it must not overtake it.
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

    /// Hands over what was stored under the lease, and gives back the room that was not needed.
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
        let told = idle.notified();
        assert!(!in_flight.lock().unwrap().is_idle());
        drop(room);
        assert!(in_flight.lock().unwrap().is_idle() && told.now_or_never().is_some());
    }
}
