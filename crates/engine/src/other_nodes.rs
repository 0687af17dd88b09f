//! What this node knows of the others: which carriers they can hand over to, and whether they still
//! have time to report what they have in flight.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::routing::CarrierName;
use domain::time::Timestamp;

use crate::carriers::Carriers;

#[derive(Debug, Default)]
pub(crate) struct OtherNodes {
    /// Carriers that another node has a link to.
    carriers_up: Mutex<BTreeSet<CarrierName>>,
    /// The others have this time to report what they have in flight.
    reporting: Mutex<Range<Timestamp>>,
}

impl OtherNodes {
    /// Whether another node can hand over to this carrier.
    pub(crate) fn have_up(&self, carrier: &CarrierName) -> bool {
        self.carriers_up().contains(carrier)
    }

    /// Another node can hand over to a carrier to which this one cannot.
    pub(crate) fn have_more(&self, carriers: &Carriers) -> bool {
        let up = self.carriers_up();
        !up.is_empty()
            && carriers.iter().any(|(name, carrier)| up.contains(name) && !carrier.status().up)
    }

    pub(crate) fn set_up(&self, carriers: impl IntoIterator<Item = CarrierName>) {
        *self.carriers_up() = carriers.into_iter().collect();
    }

    /// This node's lease is renewed after its links were released; or it has a lease for the first
    /// time, and others are past theirs.
    pub(crate) fn wait_for_reports(&self, now: Timestamp, lease: Duration) {
        *self.reporting() = now..now.after(lease / 4);
    }

    /// False while others that were away too may have chunks in flight whose lease has passed.
    pub(crate) fn have_reported(&self, now: Timestamp) -> bool {
        !self.reporting().contains(&now)
    }

    fn carriers_up(&self) -> MutexGuard<'_, BTreeSet<CarrierName>> {
        self.carriers_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reporting(&self) -> MutexGuard<'_, Range<Timestamp>> {
        self.reporting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_was_away_gives_the_others_time_to_report() {
        let (others, lease) = (OtherNodes::default(), Duration::from_secs(60));
        let at = |secs: i64| Timestamp::from_millis(1_800_000_000_000 + secs * 1_000);
        assert!(others.have_reported(at(0)));
        others.wait_for_reports(at(0), lease);
        assert!(!others.have_reported(at(0)) && !others.have_reported(at(14)));
        assert!(others.have_reported(at(15)));
        assert!(others.have_reported(at(-1)), "a clock that was set back");
    }
}
