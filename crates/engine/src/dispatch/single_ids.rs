//! The carriers' ids of recent single messages: what a customer waits for, such as a one-time password. Forgotten ids cost
//! only their receipts' precedence.

use std::collections::{HashMap, HashSet};

use domain::limits::SINGLE_IDS_MAX;
use domain::routing::CarrierName;

#[derive(Debug, Default)]
struct Generation {
    ids: HashMap<CarrierName, HashSet<String>>,
    len: usize,
}

impl Generation {
    fn has(&self, carrier: &CarrierName, id: &str) -> bool {
        self.ids.get(carrier).is_some_and(|ids| ids.contains(id))
    }
}

/// Two generations: the older one is dropped when the younger is full.
#[derive(Debug, Default)]
pub(super) struct SingleIds {
    young: Generation,
    old: Generation,
}

impl SingleIds {
    pub(super) fn add(&mut self, carrier: &CarrierName, id: &str) {
        if self.young.len >= SINGLE_IDS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let ids = self.young.ids.entry(carrier.clone()).or_default();
        self.young.len += usize::from(ids.insert(id.to_owned()));
    }

    pub(super) fn has(&self, carrier: &CarrierName, id: &str) -> bool {
        self.young.has(carrier, id) || self.old.has(carrier, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_ids_are_known_and_memory_is_bounded() {
        let (mut ids, main) = (SingleIds::default(), CarrierName::new("main"));
        for number in 0..3 * SINGLE_IDS_MAX {
            ids.add(&main, &number.to_string());
        }
        assert!(ids.young.len + ids.old.len <= SINGLE_IDS_MAX);
        assert!(ids.has(&main, &(3 * SINGLE_IDS_MAX - SINGLE_IDS_MAX / 2).to_string()));
        assert!(!ids.has(&main, "0") && !ids.has(&CarrierName::new("other"), "98303"));
    }
}
