//! Failed logins, counted so that passwords cannot be guessed and nobody can lock out another.
//!
//! | counted by | beyond the limit |
//! |---|---|
//! | network and user | refused until the period ends; a network that logged in as this user lately may fail ten times as often |
//! | user, from all networks | those that are not known are slowed; never refused |
//!
//! Each node counts for itself, in bounded memory: users are named by what was asked for, whether they exist or not.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::limits;
use domain::time::Timestamp;

/// What a login may do before its password is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Now,
    /// After [`limits::LOGIN_SLOWED_BY`].
    Slowed,
    Refused,
}

#[derive(Debug, Default)]
pub(super) struct Guesses {
    /// Keys the names: an attacker cannot choose names that collide.
    hasher: RandomState,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Failures, by network and user, and by user alone.
    failed: HashMap<u64, Failed>,
    /// The last login that succeeded, by network and user.
    known: HashMap<u64, Timestamp>,
    /// Slowed logins at present, by network.
    slowed: HashMap<u64, usize>,
    slowed_in_all: usize,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    since: Timestamp,
    times: u32,
}

impl Failed {
    /// A clock that was set back begins a new period.
    fn is_counted(&self, now: Timestamp) -> bool {
        self.since <= now && now.since(self.since) < limits::LOGINS_COUNTED_IN
    }
}

/// A slowed login; dropped when it is no longer slowed.
#[derive(Debug)]
pub(super) struct Slowed<'a> {
    guesses: &'a Guesses,
    network: u64,
}

impl Drop for Slowed<'_> {
    fn drop(&mut self) {
        let mut counts = self.guesses.counts();
        counts.slowed_in_all = counts.slowed_in_all.saturating_sub(1);
        if let Some(slowed) = counts.slowed.get_mut(&self.network) {
            *slowed -= 1;
            if *slowed == 0 {
                counts.slowed.remove(&self.network);
            }
        }
    }
}

impl Guesses {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pair(&self, network: &str, user: &str) -> u64 {
        self.hasher.hash_one((network, user))
    }

    pub(super) fn admit(&self, network: &str, user: &str, now: Timestamp) -> Admission {
        let (pair, user) = (self.pair(network, user), self.hasher.hash_one(user));
        let counts = self.counts();
        let failed = |key| {
            let failed: Option<&Failed> = counts.failed.get(&key);
            failed.filter(|failed| failed.is_counted(now)).map_or(0, |failed| failed.times)
        };
        let known = counts.known.get(&pair);
        let is_known = known.is_some_and(|at| now.since(*at) < limits::LOGIN_KNOWN_FOR);
        let max = if is_known {
            limits::LOGINS_FAILED_PER_KNOWN_NETWORK_MAX
        } else {
            limits::LOGINS_FAILED_PER_NETWORK_MAX
        };
        if failed(pair) >= max {
            Admission::Refused
        } else if !is_known && failed(user) >= limits::LOGINS_FAILED_BEFORE_SLOWING {
            Admission::Slowed
        } else {
            Admission::Now
        }
    }

    /// A place among the slowed logins; `None` when there are too many.
    pub(super) fn slow(&self, network: &str) -> Option<Slowed<'_>> {
        let network = self.hasher.hash_one(network);
        let mut counts = self.counts();
        let of_network = counts.slowed.get(&network).copied().unwrap_or(0);
        if counts.slowed_in_all >= limits::LOGINS_SLOWED_MAX
            || of_network >= limits::LOGINS_SLOWED_PER_NETWORK_MAX
        {
            return None;
        }
        counts.slowed.insert(network, of_network + 1);
        counts.slowed_in_all += 1;
        Some(Slowed { guesses: self, network })
    }

    /// Counts an attempt before it is made, so that attempts at once are counted as well.
    pub(super) fn begin(&self, network: &str, user: &str, now: Timestamp) {
        let keys = [self.pair(network, user), self.hasher.hash_one(user)];
        let mut counts = self.counts();
        make_room(&mut counts.failed, keys.len(), |failed| failed.since);
        for key in keys {
            let failed = counts.failed.entry(key).or_insert(Failed { since: now, times: 0 });
            if !failed.is_counted(now) {
                *failed = Failed { since: now, times: 0 };
            }
            failed.times = failed.times.saturating_add(1);
        }
    }

    /// The attempt was right: the failures of this network before it count no more.
    pub(super) fn succeed(&self, network: &str, user: &str, now: Timestamp) {
        let (pair, user) = (self.pair(network, user), self.hasher.hash_one(user));
        let mut counts = self.counts();
        counts.failed.remove(&pair);
        if let Some(failed) = counts.failed.get_mut(&user) {
            failed.times = failed.times.saturating_sub(1);
        }
        make_room(&mut counts.known, 1, |at| *at);
        counts.known.insert(pair, now);
    }

    /// The attempt came to no result, or was right as far as it went.
    pub(super) fn forget(&self, network: &str, user: &str) {
        let keys = [self.pair(network, user), self.hasher.hash_one(user)];
        let mut counts = self.counts();
        for key in keys {
            if let Some(failed) = counts.failed.get_mut(&key) {
                failed.times = failed.times.saturating_sub(1);
            }
        }
    }
}

/// Removes the older half when there is no room for `more`.
fn make_room<V>(map: &mut HashMap<u64, V>, more: usize, at: impl Fn(&V) -> Timestamp) {
    if map.len() + more <= limits::LOGINS_REMEMBERED_MAX {
        return;
    }
    let mut times: Vec<_> = map.values().map(&at).collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    map.retain(|_, value| at(value) > median);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).after(Duration::from_secs(secs))
    }

    #[test]
    fn a_network_that_guesses_is_refused_and_others_are_not() {
        let guesses = Guesses::default();
        for _ in 0..limits::LOGINS_FAILED_PER_NETWORK_MAX {
            assert_eq!(guesses.admit("one", "ida", at(0)), Admission::Now);
            guesses.begin("one", "ida", at(0));
        }
        assert_eq!(guesses.admit("one", "ida", at(899)), Admission::Refused);
        assert_eq!(guesses.admit("one", "bo", at(0)), Admission::Now);
        assert_eq!(guesses.admit("two", "ida", at(0)), Admission::Now);
        assert_eq!(guesses.admit("one", "ida", at(900)), Admission::Now, "the period ended");
    }

    #[test]
    fn guesses_from_everywhere_slow_strangers_and_lock_nobody_out() {
        let guesses = Guesses::default();
        guesses.begin("office", "ida", at(0));
        guesses.succeed("office", "ida", at(0));
        for number in 0..10_000 {
            guesses.begin(&format!("net {number}"), "ida", at(1));
        }
        assert_eq!(guesses.admit("office", "ida", at(2)), Admission::Now);
        assert_eq!(guesses.admit("home", "ida", at(2)), Admission::Slowed);
        for _ in 0..limits::LOGINS_FAILED_PER_NETWORK_MAX {
            guesses.begin("office", "ida", at(2));
        }
        assert_eq!(guesses.admit("office", "ida", at(2)), Admission::Now);
        let month = limits::LOGIN_KNOWN_FOR.as_secs();
        assert_eq!(guesses.admit("office", "ida", at(month)), Admission::Now, "counts ended, too");
    }

    #[test]
    fn slowed_logins_are_bounded_by_network() {
        let guesses = Guesses::default();
        let (one, two) = (guesses.slow("one").unwrap(), guesses.slow("one").unwrap());
        assert!(guesses.slow("one").is_none());
        assert!(guesses.slow("two").is_some());
        drop(one);
        assert!(guesses.slow("one").is_some());
        drop(two);
        assert!(guesses.counts().slowed.is_empty() && guesses.counts().slowed_in_all == 0);
    }

    #[test]
    fn keeps_no_more_than_it_may() {
        let guesses = Guesses::default();
        for number in 0..3 * limits::LOGINS_REMEMBERED_MAX as u64 {
            guesses.begin("one", &number.to_string(), at(number));
            guesses.succeed("one", &number.to_string(), at(number));
        }
        let counts = guesses.counts();
        assert!(counts.failed.len() <= limits::LOGINS_REMEMBERED_MAX);
        assert!(counts.known.len() <= limits::LOGINS_REMEMBERED_MAX);
        assert!(!counts.known.is_empty());
    }
}
