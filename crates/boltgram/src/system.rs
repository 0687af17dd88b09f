//! The only place that asks the operating system for time and randomness.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::ports::{Clock, Random};
use domain::time::Timestamp;

#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one implementation of the Clock port")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is no clock; zero keeps everything unpaid and undue.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[derive(Debug)]
pub(crate) struct OsRandom;

impl Random for OsRandom {
    #[expect(
        clippy::expect_used,
        reason = "keys and preimages without randomness would be worse than no process"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

pub(crate) fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

pub(crate) fn os_random() -> Arc<dyn Random> {
    Arc::new(OsRandom)
}
