//! The address that each host name had when it was last resolved for a request. Whoever begins requests
//! bounds by it what goes to one address under many names; requests never use it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::limits::WEBHOOK_RECEIVERS_REMEMBERED_MAX;

#[derive(Debug, Default)]
pub(crate) struct KnownAddresses(Mutex<HashMap<Box<str>, IpAddr>>);

impl KnownAddresses {
    pub(crate) fn of(&self, name: &str) -> Option<IpAddr> {
        self.lock().get(name).copied()
    }

    /// Of several addresses the least is kept, so that the order of a name server's answer makes no
    /// difference. A full table is begun anew.
    pub(crate) fn note(&self, name: &str, found: &[IpAddr]) {
        let Some(least) = found.iter().min() else { return };
        let mut known = self.lock();
        if let Some(address) = known.get_mut(name) {
            *address = *least;
            return;
        }
        if known.len() >= WEBHOOK_RECEIVERS_REMEMBERED_MAX {
            known.clear();
        }
        known.insert(name.into(), *least);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, IpAddr>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_one_address_for_each_name_and_a_bounded_number_of_names() {
        let known = KnownAddresses::default();
        let address = |last| IpAddr::from([192, 0, 2, last]);
        known.note("a.example", &[address(2), address(1)]);
        known.note("a.example", &[address(1), address(2)]);
        assert_eq!(known.of("a.example"), Some(address(1)));
        known.note("a.example", &[address(3)]);
        assert_eq!(known.of("a.example"), Some(address(3)));
        for number in 0..WEBHOOK_RECEIVERS_REMEMBERED_MAX + 5 {
            known.note(&format!("{number}.example"), &[address(4)]);
            assert!(known.lock().len() <= WEBHOOK_RECEIVERS_REMEMBERED_MAX);
        }
    }
}
