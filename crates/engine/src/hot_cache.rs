//! What was read from the store a moment ago. It spares a read for each of many requests that ask for
//! the same, and is at most a second old: a busy key that was revoked is refused a second later, any
//! other at once.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::time::Timestamp;

const AGE_MAX: Duration = Duration::from_secs(1);

/// An entry that is read more often than this within [`AGE_MAX`] is busy: only then it is served from
/// memory.
const SELDOM_MAX: u32 = 20;

/// Entries kept; callers who are active in the same second are seldom so many.
const ENTRIES_MAX: usize = 4_096;

/// Not for what does not exist: strangers could ask for that without end.
pub(crate) struct HotCache<K, V> {
    entries: Mutex<HashMap<K, Entry<V>>>,
    seldom_max: u32,
}

struct Entry<V> {
    value: V,
    read_at: Timestamp,
    counted_from: Timestamp,
    /// Since then.
    asked: u32,
}

impl<K, V> Default for HotCache<K, V> {
    fn default() -> Self {
        Self { entries: Mutex::default(), seldom_max: SELDOM_MAX }
    }
}

impl<K, V> fmt::Debug for HotCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HotCache")
    }
}

impl<K: Eq + Hash, V: Clone> HotCache<K, V> {
    /// Serves every entry from memory within its second, busy or not: for what is expensive to read.
    pub(crate) fn of_expensive() -> Self {
        Self { seldom_max: 0, ..Self::default() }
    }

    /// The next read goes to the store.
    pub(crate) fn forget(&self, key: &K) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let mut known = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.get_mut(key)?;
        if !is_recent(entry.counted_from, now) {
            (entry.counted_from, entry.asked) = (now, 0);
        }
        entry.asked = entry.asked.saturating_add(1);
        let spared = entry.asked > self.seldom_max && is_recent(entry.read_at, now);
        spared.then(|| entry.value.clone())
    }

    /// Keeps what was read, as of `asked`: when the read began.
    pub(crate) fn keep(&self, key: K, value: V, asked: Timestamp) {
        let mut known = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ENTRIES_MAX {
            known.retain(|_, entry| is_recent(entry.read_at, asked));
        }
        if let Some(entry) = known.get_mut(&key) {
            (entry.value, entry.read_at) = (value, asked);
        } else if known.len() < ENTRIES_MAX {
            known.insert(key, Entry { value, read_at: asked, counted_from: asked, asked: 0 });
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
    fn knows_for_a_second_what_is_asked_for_often() {
        let recent = HotCache::default();
        let busy = |now| {
            let asked: Vec<_> = (0..=SELDOM_MAX).map(|_| recent.get(&"a", at(now))).collect();
            assert!(asked[..20].iter().all(Option::is_none), "asked for seldom it is read");
            asked[20]
        };
        recent.keep("a", 1, at(5_000));
        assert_eq!(busy(5_000), Some(1));
        assert_eq!(recent.get(&"a", at(5_999)), Some(1));
        assert_eq!(busy(6_000), None, "it is too old");
        recent.keep("a", 2, at(6_001));
        assert_eq!(recent.get(&"a", at(6_001)), Some(2));
        assert_eq!(busy(5_999), None, "the clock was set back");
        assert_eq!(recent.get(&"b", at(5_000)), None);
    }

    #[test]
    fn keeps_no_more_than_it_may() {
        let recent = HotCache::default();
        for key in 0..2 * ENTRIES_MAX {
            recent.keep(key, (), at(0));
        }
        assert_eq!(recent.entries.lock().unwrap().len(), ENTRIES_MAX);
        recent.keep(9_999_999, (), at(1_000));
        assert_eq!(recent.entries.lock().unwrap().len(), 1, "the old ones went");
    }
}
