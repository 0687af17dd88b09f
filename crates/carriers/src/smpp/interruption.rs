//! The last time at which our responses may have been lost: the carrier may then repeat a mobile-originated message. The
//! sessions of a carrier share it, because the repeat may come on any of them.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::time::Timestamp;

pub(super) struct Interruption(AtomicI64);

impl Interruption {
    /// An earlier process may have left messages unanswered.
    pub(super) const fn new(begun: Timestamp) -> Self {
        Self(AtomicI64::new(begun.as_millis()))
    }

    pub(super) fn note(&self, now: Timestamp) {
        self.0.fetch_max(now.as_millis(), Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}
