//! Things that are counted because nobody can be told of them.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::routing::CarrierName;

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// Counts one more; the total when it is to be logged, which is at every power of two, so that a
    /// carrier that sends many fills no log.
    pub(super) fn add(&self) -> Option<u64> {
        let total = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        total.is_power_of_two().then_some(total)
    }

    pub(super) fn note(&self, carrier: &CarrierName, what: &'static str) {
        if let Some(total) = self.add() {
            tracing::warn!(carrier = carrier.as_str(), total, "{what}");
        }
    }
}
