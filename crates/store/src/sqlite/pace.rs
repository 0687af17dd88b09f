//! When the writer delays a commit so that more changes share it.
//!
//! A commit writes every changed page as a whole, and flushes. Pages that all commands touch (the
//! right edges of tables, the balances) are written once per commit, so while commits follow each
//! other closely, a group first collects changes for a moment. After a delay without new changes,
//! the next commits are not delayed, so that a single caller gets its reply at once, however fast
//! it calls.

use std::time::{Duration, Instant};

/// How long a group collects changes.
const MOMENT: Duration = Duration::from_millis(2);

/// Commits further apart than this have nothing to share.
const BUSY: Duration = Duration::from_millis(20);

/// A group of this size is committed without delay.
const ENOUGH: usize = 256;

/// Limit of the number of groups without delay after a useless delay; it doubles each time.
const AT_ONCE_MAX: u32 = 128;

#[derive(Debug, Default)]
pub(super) struct Pace {
    last_commit: Option<Instant>,
    /// Groups left without delay.
    at_once: u32,
    in_vain: u32,
}

impl Pace {
    /// How long to delay a group of this many changes.
    pub(super) fn moment(&mut self, commands: usize, now: Instant) -> Option<Duration> {
        let busy = self.last_commit.is_some_and(|at| now.duration_since(at) < BUSY);
        if !busy || commands >= ENOUGH {
            return None;
        }
        if self.at_once > 0 {
            self.at_once -= 1;
            return None;
        }
        Some(MOMENT)
    }

    /// Notes how many changes arrived during a delay.
    pub(super) fn came(&mut self, commands: usize) {
        if commands > 0 {
            self.in_vain = 0;
        } else {
            self.in_vain = (self.in_vain.max(1) * 2).min(AT_ONCE_MAX);
            self.at_once = self.in_vain;
        }
    }

    pub(super) const fn committed(&mut self, now: Instant) {
        self.last_commit = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_command_is_committed_at_once() {
        let mut pace = Pace::default();
        let now = Instant::now();
        assert_eq!(pace.moment(1, now), None);
        pace.committed(now);
        assert_eq!(pace.moment(1, now + BUSY), None, "the last commit is long ago");
    }

    #[test]
    fn gathers_while_others_come() {
        let mut pace = Pace::default();
        let now = Instant::now();
        for _ in 0..10 {
            pace.committed(now);
            assert_eq!(pace.moment(1, now), Some(MOMENT));
            pace.came(1);
        }
        assert_eq!(pace.moment(ENOUGH, now), None, "it is large enough");
    }

    #[test]
    fn waits_seldom_for_company_that_does_not_come() {
        let mut pace = Pace::default();
        let now = Instant::now();
        let mut waited = 0;
        for _ in 0..10_000 {
            pace.committed(now);
            if pace.moment(1, now).is_some() {
                waited += 1;
                pace.came(0);
            }
        }
        assert!((10..100).contains(&waited), "{waited}");
    }
}
