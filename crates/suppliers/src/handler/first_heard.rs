//! When each message was reported first: wholesalers do not say when it came, or say it in a time zone that is
//! not known.

use std::collections::HashMap;
use std::sync::Mutex;

use domain::time::Timestamp;

/// Messages that are remembered; then the memory begins anew, and open ones get the present time.
const KEPT_MAX: usize = 50_000;

#[derive(Debug, Default)]
pub(super) struct FirstHeard(Mutex<HashMap<(String, String), Timestamp>>);

impl FirstHeard {
    pub(super) fn of(&self, reference: &str, key: &str, now: Timestamp) -> Timestamp {
        let Ok(mut known) = self.0.lock() else { return now };
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        *known.entry((reference.to_owned(), key.to_owned())).or_insert(now)
    }
}
