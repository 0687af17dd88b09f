//! Purchases under way in this process: their numbers may be in the wholesaler's list before their
//! answers are here, and belong to nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::activation::ServiceCode;
use domain::activation::upstream::UpstreamAsk;

type Key = (ServiceCode, bool);

#[derive(Debug, Clone, Default)]
pub(super) struct Buying {
    under_way: Arc<Mutex<HashMap<Key, usize>>>,
}

/// A purchase, until it is dropped.
#[derive(Debug)]
pub(super) struct Purchase {
    key: Key,
    under_way: Arc<Mutex<HashMap<Key, usize>>>,
}

impl Buying {
    pub(super) fn begin(&self, ask: &UpstreamAsk) -> Purchase {
        let key = key(ask);
        if let Ok(mut under_way) = self.under_way.lock() {
            *under_way.entry(key.clone()).or_default() += 1;
        }
        Purchase { key, under_way: self.under_way.clone() }
    }

    /// Whether another one of this kind is under way.
    pub(super) fn any_like(&self, ask: &UpstreamAsk) -> bool {
        self.under_way.lock().is_ok_and(|under_way| under_way.contains_key(&key(ask)))
    }
}

/// A list of rentals does not say their services.
fn key(ask: &UpstreamAsk) -> Key {
    match ask.duration {
        None => (ask.service.clone(), false),
        Some(_) => (ServiceCode::full(), true),
    }
}

impl Drop for Purchase {
    fn drop(&mut self) {
        let Ok(mut under_way) = self.under_way.lock() else { return };
        if let Some(count) = under_way.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.key);
            }
        }
    }
}
