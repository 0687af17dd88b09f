//! The carrier's limit of parts per second, shared by its sessions.

use std::sync::{Mutex, MutexGuard, PoisonError};

use smpp::rate::Rate;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Limit(Mutex<Rate>);

impl Limit {
    /// 0 is no limit.
    pub(super) fn new(parts_per_s: u32) -> Self {
        Self(Mutex::new(Rate::new(parts_per_s, Instant::now().into_std())))
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Parts that may go at once, at least one.
    pub(super) fn at_once(&self) -> usize {
        let available = self.rate().available(Instant::now().into_std());
        usize::try_from(available.max(1)).unwrap_or(usize::MAX)
    }

    /// Waits until `parts` may go, and counts them. Dropped early, what it counted is lost, which
    /// only slows.
    pub(super) async fn wait(&self, parts: usize) {
        let mut left = u32::try_from(parts).unwrap_or(u32::MAX);
        while left > 0 {
            let now = Instant::now().into_std();
            let pause = {
                let mut rate = self.rate();
                left -= rate.take(left, now);
                rate.wait(now)
            };
            if left > 0 {
                tokio::time::sleep(pause).await;
            }
        }
    }
}
