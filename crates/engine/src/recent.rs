//! What was read from the store a moment ago. It spares a read for each of many requests that ask for
//! the same, and is at most a second old: a key that was revoked is refused a second later.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::time::Timestamp;

const AGE_MAX: Duration = Duration::from_secs(1);

/// Entries kept; callers who are active in the same second are seldom so many.
const ENTRIES_MAX: usize = 4_096;

/// Not for what does not exist: strangers could ask for that without end.
pub(crate) struct Recent<K, V>(Mutex<HashMap<K, (Timestamp, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recent")
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(at, _)| is_recent(*at, now)).map(|(_, value)| value.clone())
    }

    /// Keeps what was read, as of `asked`: when the read began.
    pub(crate) fn keep(&self, key: K, value: V, asked: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ENTRIES_MAX {
            known.retain(|_, (at, _)| is_recent(*at, asked));
        }
        if known.len() < ENTRIES_MAX {
            known.insert(key, (asked, value));
        }
    }
}

/// A clock that was set back makes nothing recent.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < AGE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn knows_for_a_second_what_was_read() {
        let recent = Recent::default();
        recent.keep("a", 1, at(5_000));
        assert_eq!(recent.get(&"a", at(5_999)), Some(1));
        assert_eq!(recent.get(&"a", at(6_000)), None);
        assert_eq!(recent.get(&"a", at(4_999)), None, "the clock was set back");
        assert_eq!(recent.get(&"b", at(5_000)), None);
        recent.keep("a", 2, at(6_000));
        assert_eq!(recent.get(&"a", at(6_000)), Some(2));
    }

    #[test]
    fn keeps_no_more_than_it_may() {
        let recent = Recent::default();
        for key in 0..2 * ENTRIES_MAX {
            recent.keep(key, (), at(0));
        }
        assert_eq!(recent.0.lock().unwrap().len(), ENTRIES_MAX);
        recent.keep(9_999_999, (), at(1_000));
        assert_eq!(recent.0.lock().unwrap().len(), 1, "the old ones went");
    }
}
