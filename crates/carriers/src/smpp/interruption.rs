//! When answers of ours may last have been lost: a message from a phone that came before that may be
//! coming again. Sessions of one carrier share it, for what one of them did not get answered comes by
//! any other.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::time::Timestamp;

pub(super) struct Interruption(AtomicI64);

impl Interruption {
    /// What an earlier process was given may not have been answered.
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
