//! Time and randomness from the operating system; nothing else reads them.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::ports::{Clock, Random};
use domain::time::Timestamp;

#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one implementation of the Clock port")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is invalid; with zero nothing is due.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Size of preimages, keys and signing secrets. They are read from the system on demand, so that a copy of this
/// machine's memory does not reveal the next ones.
const SECRET_BYTES: usize = 32;

/// Ids are shorter and needed for every message; a thread reads this many bytes at once for them.
const POOL_BYTES: usize = 4 * 1_024;

struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES }) };
}

impl Pool {
    /// Returns each byte once and erases it.
    fn give(&mut self, asked: &mut [u8]) {
        if self.used + asked.len() > POOL_BYTES {
            ask_system(&mut self.bytes);
            self.used = 0;
        }
        let given = &mut self.bytes[self.used..self.used + asked.len()];
        asked.copy_from_slice(given);
        given.fill(0);
        self.used += asked.len();
    }
}

#[derive(Debug)]
pub(crate) struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() >= SECRET_BYTES {
            ask_system(bytes);
        } else {
            POOL.with_borrow_mut(|pool| pool.give(bytes));
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "keys and preimages without randomness would be worse than no process"
)]
fn ask_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system provides randomness");
}

pub(crate) fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

pub(crate) fn os_random() -> Arc<dyn Random> {
    Arc::new(OsRandom)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn bytes_are_returned_once_and_erased() {
        let mut seen = HashSet::new();
        for _ in 0..2_000 {
            for bytes in [10, 26, 31, 32] {
                let mut id = vec![0; bytes];
                OsRandom.fill(&mut id);
                assert!(seen.insert(id[..10].to_vec()), "given twice");
            }
        }
        POOL.with_borrow(|pool| {
            assert!(pool.bytes[..pool.used].iter().all(|byte| *byte == 0), "kept");
            assert!(pool.bytes[pool.used..].iter().any(|byte| *byte != 0), "the pool is empty");
        });
    }

    #[test]
    fn threads_share_nothing() {
        let make = || {
            let mut id = [0; 16];
            OsRandom.fill(&mut id);
            id
        };
        let other = std::thread::spawn(make).join().unwrap();
        assert_ne!(make(), other);
    }
}
