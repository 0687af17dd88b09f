//! Room for requests of the peers (`deliver_sm`, `data_sm`) that were read and have no answer yet. Any number of links
//! share it. While it is full no link is read, so that the peer's window or TCP holds the peer back; nothing is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::session::Session;

/// A link that holds less than this is read even while the room is full, so that a flood on other links does not delay
/// its responses and `enquire_link`s.
const LINK_OCTETS_MIN: usize = 64 * 1024;

/// Room shared by links; see [`ClientConfig::inbound_room`](crate::client::ClientConfig::inbound_room).
///
/// A request counts with its octets and 512 more until it is answered, or until its receiver keeps less of it
/// ([`Handle::shrink`](super::Handle::shrink)). Every link checks for room before it reads, so the limit is exceeded
/// by at most one read (64 KiB of PDUs) per link.
pub struct InboundRoom {
    octets_max: usize,
    taken: AtomicUsize,
    next_link: AtomicU64,
    waiting: Mutex<BTreeMap<u64, Waker>>,
}

impl InboundRoom {
    /// Default size: 32 MiB.
    pub const OCTETS_MAX: usize = 32 * 1024 * 1024;

    /// A room of this size, in octets.
    #[must_use]
    pub fn new(octets_max: usize) -> Arc<Self> {
        Arc::new(Self {
            octets_max,
            taken: AtomicUsize::new(0),
            next_link: AtomicU64::new(0),
            waiting: Mutex::default(),
        })
    }

    /// Octets taken by requests without an answer.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Links that are not read at present.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiters().len()
    }

    fn waiters(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self) -> bool {
        self.taken() < self.octets_max
    }

    fn release(&self, octets: usize) {
        let before = self.taken.fetch_sub(octets, Ordering::SeqCst);
        // A link waits only if it found the room full, which is checked under the lock.
        if before >= self.octets_max && self.has_room() {
            let waiting = std::mem::take(&mut *self.waiters());
            waiting.into_values().for_each(Waker::wake);
        }
    }
}

impl fmt::Debug for InboundRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InboundRoom {{ {} of {} octets }}", self.taken(), self.octets_max)
    }
}

/// One link's part of the room. Dropping it frees what the link holds.
#[derive(Debug)]
pub(super) struct LinkShare {
    room: Arc<InboundRoom>,
    link: u64,
    taken: usize,
}

impl LinkShare {
    pub(super) fn new(room: Arc<InboundRoom>) -> Self {
        let link = room.next_link.fetch_add(1, Ordering::Relaxed);
        Self { room, link, taken: 0 }
    }

    /// Takes or frees room for the session's requests without an answer.
    pub(super) fn update(&mut self, session: &Session) {
        self.set(session.unanswered_octets());
    }

    fn set(&mut self, octets: usize) {
        let before = std::mem::replace(&mut self.taken, octets);
        if octets > before {
            self.room.taken.fetch_add(octets - before, Ordering::SeqCst);
        } else if octets < before {
            self.room.release(before - octets);
        }
    }

    /// Ready when the link may be read; otherwise the task is woken then.
    pub(super) fn poll_room(&self, cx: &Context<'_>) -> Poll<()> {
        if self.room.has_room() || self.taken < LINK_OCTETS_MIN {
            return Poll::Ready(());
        }
        let mut waiting = self.room.waiters();
        if self.room.has_room() {
            return Poll::Ready(());
        }
        waiting.insert(self.link, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for LinkShare {
    fn drop(&mut self) {
        self.set(0);
        self.room.waiters().remove(&self.link);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_link_is_woken_when_another_one_frees_room() {
        let room = InboundRoom::new(200_000);
        let (mut one, mut two) = (LinkShare::new(room.clone()), LinkShare::new(room.clone()));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let cx = Context::from_waker(&waker);
        one.set(120_000);
        two.set(80_000);
        assert!(one.poll_room(&cx).is_pending() && one.poll_room(&cx).is_pending());
        assert_eq!(room.waiting(), 1);
        two.set(79_999);
        assert_eq!((woken.0.load(Ordering::SeqCst), room.waiting()), (1, 0));
        assert!(one.poll_room(&cx).is_ready());
    }

    #[test]
    fn a_link_that_holds_little_is_read_while_others_fill_the_room() {
        let room = InboundRoom::new(100_000);
        let (mut flooded, mut quiet) = (LinkShare::new(room.clone()), LinkShare::new(room.clone()));
        let cx = Context::from_waker(Waker::noop());
        flooded.set(500_000);
        quiet.set(LINK_OCTETS_MIN - 1);
        assert!(flooded.poll_room(&cx).is_pending() && quiet.poll_room(&cx).is_ready());
        quiet.set(LINK_OCTETS_MIN);
        assert!(quiet.poll_room(&cx).is_pending());
        drop(flooded);
        assert!(quiet.poll_room(&cx).is_ready());
        drop(quiet);
        assert_eq!((room.taken(), room.waiting()), (0, 0));
    }
}
