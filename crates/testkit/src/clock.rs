//! A clock that only the test advances, and seeded randomness. Tokio's own clock is separate: pause it with
//! `#[tokio::test(start_paused = true)]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::ports::{Clock, Random};
use domain::time::Timestamp;

/// 2026-11-01 12:00 UTC, the usual start of tests.
pub const NOON: Timestamp = Timestamp::from_millis(1_793_534_400_000);

/// A clock that only the test moves, in either direction.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.as_millis())))
    }

    pub fn at_noon() -> Arc<Self> {
        Self::new(NOON)
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: Duration) {
        self.set(self.now().after(by));
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The same bytes for the same seed (SplitMix64). Not cryptographically secure.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(seed)))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_stream() {
        let (mut left, mut right) = ([0; 20], [0; 20]);
        SeededRandom::new(7).fill(&mut left);
        SeededRandom::new(7).fill(&mut right);
        assert_eq!(left, right);
        SeededRandom::new(8).fill(&mut right);
        assert_ne!(left, right);
    }

    #[test]
    fn time_moves_only_when_moved() {
        let clock = TestClock::at_noon();
        assert_eq!(clock.now(), NOON);
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now().since(NOON), Duration::from_millis(1_500));
    }
}
