//! Connections and requests under way, by address, so that one address cannot take every place.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Holds an entry for each address with a slot: as many as there are connections at most.
#[derive(Debug, Default)]
pub(super) struct AddressSlots {
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A slot of an address. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct AddressSlot {
    slots: Arc<AddressSlots>,
    address: IpAddr,
}

impl AddressSlots {
    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` if the address has `max` slots.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, max: usize) -> Option<AddressSlot> {
        let mut taken = self.taken();
        let count = taken.entry(address).or_default();
        if *count >= max {
            if *count == 0 {
                taken.remove(&address);
            }
            return None;
        }
        *count += 1;
        Some(AddressSlot { slots: self.clone(), address })
    }
}

impl Drop for AddressSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_slots_and_others_have_theirs() {
        let slots = Arc::new(AddressSlots::default());
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = slots.take(one, 2).unwrap();
        let _second = slots.take(one, 2).unwrap();
        assert!(slots.take(one, 2).is_none());
        assert!(slots.take(other, 2).is_some());
        drop(first);
        assert!(slots.take(one, 2).is_some());
        assert_eq!(slots.taken().len(), 1, "an address without a slot is forgotten");
        assert!(slots.take(other, 0).is_none());
        assert_eq!(slots.taken().len(), 1);
    }
}
