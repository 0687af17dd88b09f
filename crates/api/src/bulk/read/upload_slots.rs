//! Slots for large bodies: they bound the memory that all of them take together.
//!
//! | slots | an account without one asks | an account with one asks | with two |
//! |---|---|---|---|
//! | some are free | gets one | gets one | 429 |
//! | all are taken | takes that of the slowest body, if there is a slow one; otherwise 503 | 503 | 429 |
//!
//! A body is slow when it has arrived for a while at less than a fair rate. So accounts that send slowly
//! cannot keep others out, and one that sends as fast as its line allows keeps its slot.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::AccountId;
use domain::limits::{BULK_BODIES_READ_MAX, BULK_BODIES_READ_PER_ACCOUNT_MAX};
use http::{Pace, Refusal, too_many_at_once, unavailable};
use tokio::sync::Notify;
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct UploadSlots {
    /// A slower body loses its slot to an account that waits.
    fair: Pace,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    slots: BTreeMap<u64, Slot>,
}

#[derive(Debug)]
struct Slot {
    account: AccountId,
    begun_at: Instant,
    bytes: u64,
    /// All of the body has arrived: it is being stored.
    is_whole: bool,
    lost: Arc<Notify>,
}

impl UploadSlots {
    pub(crate) fn new(fair: Pace) -> Self {
        Self { fair, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(self: &Arc<Self>, account: AccountId) -> Result<UploadSlot, Refusal> {
        let mut taken = self.taken();
        let own = taken.slots.values().filter(|slot| slot.account == account).count();
        if own >= BULK_BODIES_READ_PER_ACCOUNT_MAX as usize {
            let error = "too many of your large requests are being read; try again shortly";
            return Err(too_many_at_once(error).unread());
        }
        if taken.slots.len() >= BULK_BODIES_READ_MAX as usize {
            let slowest = if own == 0 { self.slowest(&taken) } else { None };
            let Some(lost) = slowest.and_then(|id| taken.slots.remove(&id)) else {
                let error = "too many large requests are being read; try again shortly";
                return Err(unavailable(error).unread());
            };
            lost.lost.notify_one();
        }
        let (id, lost) = (taken.next, Arc::<Notify>::default());
        let (begun_at, bytes, is_whole) = (Instant::now(), 0, false);
        taken.slots.insert(id, Slot { account, begun_at, bytes, is_whole, lost: lost.clone() });
        taken.next += 1;
        Ok(UploadSlot { slots: self.clone(), id, lost })
    }

    /// The slot of the slowest body that is slower than is fair.
    fn slowest(&self, taken: &Taken) -> Option<u64> {
        let slow = taken.slots.iter().filter(|(_, slot)| {
            !slot.is_whole && slot.begun_at.elapsed() > self.fair.time_for(slot.bytes)
        });
        // In bytes per 1,000 s, so that slow bodies differ.
        let rate = |slot: &Slot| {
            u128::from(slot.bytes) * 1_000_000 / slot.begun_at.elapsed().as_millis().max(1)
        };
        slow.min_by_key(|(_, slot)| rate(slot)).map(|(id, _)| *id)
    }
}

/// Held until what was read is stored.
#[derive(Debug)]
pub(crate) struct UploadSlot {
    slots: Arc<UploadSlots>,
    id: u64,
    lost: Arc<Notify>,
}

impl UploadSlot {
    /// Bytes of the body have arrived.
    pub(super) fn arrived(&self, bytes: usize) {
        if let Some(slot) = self.slots.taken().slots.get_mut(&self.id) {
            slot.bytes = slot.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
    }

    /// All of the body has arrived; the slot cannot be lost any more. False when it was lost before.
    pub(super) fn is_whole(&self) -> bool {
        self.slots.taken().slots.get_mut(&self.id).map(|slot| slot.is_whole = true).is_some()
    }

    /// Ends when another account has taken the slot.
    pub(super) async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        self.slots.taken().slots.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FAIR: Pace = Pace { bytes_per_second: 1_000, grace: Duration::from_secs(10) };

    fn slots() -> Arc<UploadSlots> {
        Arc::new(UploadSlots::new(FAIR))
    }

    fn after(seconds: u64) -> impl Future<Output = ()> {
        tokio::time::advance(Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_slow_body_makes_room_for_an_account_without_one() {
        let (slots, [a, b, c, d]) = (slots(), [1, 2, 3, 4].map(AccountId));
        let take = |account| slots.take(account);
        let held = [take(a), take(a), take(b), take(b)].map(Result::unwrap);
        assert!(take(c).is_err(), "it is too early to call them slow");
        after(20).await;
        for (slot, bytes) in held.iter().zip([9_000, 3_000, 4_000, 50_000]) {
            slot.arrived(bytes);
        }
        assert!(take(a).is_err() && take(b).is_err(), "they have two");
        let _third = take(c).unwrap();
        tokio::time::timeout(Duration::from_secs(1), held[1].lost()).await.unwrap();
        assert!(!held[1].is_whole() && held[0].is_whole());
        assert!(take(c).is_err(), "it has one");
        let _fourth = take(d).unwrap();
        tokio::time::timeout(Duration::from_secs(1), held[2].lost()).await.unwrap();
        assert!(take(AccountId(5)).is_err(), "one is fast, one is stored, two are new");
        drop(held);
        let _fifth = take(AccountId(5)).unwrap();
    }
}
