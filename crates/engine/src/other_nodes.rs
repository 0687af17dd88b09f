//! What this node knows of others: which carriers they can submit to, and how long they may still
//! report what they have in flight.

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
    /// The period in which other nodes may still report what they have in flight.
    reporting: Mutex<Range<Timestamp>>,
}

impl OtherNodes {
    /// Whether another node can submit to this carrier.
    pub(crate) fn have_up(&self, carrier: &CarrierName) -> bool {
        self.carriers_up().contains(carrier)
    }

    /// Whether another node can submit to a carrier that this one cannot.
    pub(crate) fn have_more(&self, carriers: &Carriers) -> bool {
        let up = self.carriers_up();
        !up.is_empty()
            && carriers
                .set()
                .iter()
                .any(|(name, carrier)| up.contains(name) && !carrier.status().up)
    }

    pub(crate) fn set_up(&self, carriers: impl IntoIterator<Item = CarrierName>) {
        *self.carriers_up() = carriers.into_iter().collect();
    }

    /// Called when this node's lease is renewed after its links were released, or when it gets its
    /// first lease while those of others have expired.
    pub(crate) fn wait_for_reports(&self, now: Timestamp, lease: Duration) {
        *self.reporting() = now..now.after(lease / 4);
    }

    /// False while other nodes may have chunks in flight whose leases have expired.
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
