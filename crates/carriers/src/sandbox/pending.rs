//! Pending receipts: bounded, ordered by due time, and kept until the inbox has stored them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::number::Msisdn;
use domain::ports::ReceiptState;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Limit of pending receipts. At the limit `submit` waits, like at a full window of a carrier.
pub(super) const PENDING_MAX: usize = 100_000;

/// A pending receipt, without the values shared by all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) number: u64,
    pub(super) state: ReceiptState,
    /// `None` for e-mail.
    pub(super) to: Option<Msisdn>,
}

#[derive(Debug)]
pub(super) struct Pending {
    /// Keyed by due time and number, which makes the key unique.
    queue: Mutex<BTreeMap<(Instant, u64), Due>>,
    room: Semaphore,
    changed: Notify,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self { queue: Mutex::default(), room: Semaphore::new(PENDING_MAX), changed: Notify::new() }
    }

    fn queue(&self) -> MutexGuard<'_, BTreeMap<(Instant, u64), Due>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves `count` slots if they are free.
    pub(super) fn try_reserve(&self, count: u32) -> bool {
        self.room.try_acquire_many(count).map(SemaphorePermit::forget).is_ok()
    }

    /// Waits for `count` slots and reserves them. The caller must hold no reservation meanwhile.
    pub(super) async fn reserve(&self, count: u32) {
        // The semaphore is never closed.
        let _ = self.room.acquire_many(count).await.map(SemaphorePermit::forget);
    }

    /// Adds a receipt whose slot was reserved.
    pub(super) fn add(&self, at: Instant, due: Due) {
        self.queue().insert((at, due.number), due);
        self.changed.notify_one();
    }

    /// Returns up to `limit` receipts that are due. They stay until [`Self::done`].
    pub(super) fn due(&self, now: Instant, limit: usize) -> Vec<(Instant, Due)> {
        let queue = self.queue();
        let due = queue.iter().take_while(|((at, _), _)| *at <= now);
        due.take(limit).map(|((at, _), due)| (*at, *due)).collect()
    }

    /// Removes stored receipts.
    pub(super) fn done(&self, stored: &[(Instant, Due)]) {
        let mut queue = self.queue();
        for (at, due) in stored {
            queue.remove(&(*at, due.number));
        }
        drop(queue);
        self.room.add_permits(stored.len());
    }

    /// Whether nothing is pending or reserved.
    pub(super) fn is_idle(&self) -> bool {
        self.room.available_permits() == PENDING_MAX
    }

    /// Waits until a receipt is due; it may return too early.
    pub(super) async fn wait(&self) {
        let next = self.queue().keys().next().map(|(at, _)| *at);
        match next {
            None => self.changed.notified().await,
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = self.changed.notified() => {}
            },
        }
    }
}
