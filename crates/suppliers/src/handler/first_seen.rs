//! Since when something is seen again and again, by the clock of this process, which never jumps.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// What was not seen for this long is seen anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// From here on what is forgotten is removed.
const KEPT: usize = 10_000;

/// When each was seen first, and last.
#[derive(Debug)]
pub(super) struct FirstSeen<K>(Mutex<HashMap<K, (Instant, Instant)>>);

impl<K> Default for FirstSeen<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> FirstSeen<K> {
    /// It is seen at `at`. Returns for how long it has been seen then.
    pub(super) fn see(&self, key: K, at: Instant) -> Duration {
        let Ok(mut seen) = self.0.lock() else { return Duration::ZERO };
        let is_fresh = |last: Instant| at.saturating_duration_since(last) < FORGOTTEN_AFTER;
        if seen.len() >= KEPT {
            seen.retain(|_, (_, last)| is_fresh(*last));
        }
        let times = seen.entry(key).or_insert((at, at));
        if !is_fresh(times.1) {
            times.0 = at;
        }
        times.1 = times.1.max(at);
        at.saturating_duration_since(times.0)
    }

    pub(super) fn forget(&self, key: &K) {
        if let Ok(mut seen) = self.0.lock() {
            seen.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_the_first_time_and_anew_after_an_hour() {
        let (seen, begun) = (FirstSeen::default(), Instant::now());
        let seconds = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(seen.see(1, begun), Duration::ZERO);
        assert_eq!(seen.see(1, seconds(30)), Duration::from_secs(30));
        assert_eq!(seen.see(2, seconds(30)), Duration::ZERO);
        // An older list that came later.
        assert_eq!(seen.see(1, seconds(20)), Duration::from_secs(20));
        assert_eq!(seen.see(1, seconds(3_629)), Duration::from_secs(3_629));
        assert_eq!(seen.see(1, seconds(8_000)), Duration::ZERO);
        seen.forget(&1);
        assert_eq!(seen.see(1, seconds(8_001)), Duration::ZERO);
    }
}
