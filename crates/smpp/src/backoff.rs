//! How long to wait before the next try: exponential, capped, with jitter from a source that is passed in, so that a
//! thousand binds cut at once do not come back in the same second. It does not wait and does not count time.

use std::time::Duration;

/// Waits that double from `first` to `most`, each drawn evenly from its upper three quarters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    tries: u32,
}

impl Backoff {
    /// Waits between a quarter of `first` and `most`.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        let first = first.max(Duration::from_millis(1));
        Self { first, most: most.max(first), tries: 0 }
    }

    /// After a connection failed or was lost: 4 s doubling to one minute.
    #[must_use]
    pub fn connection() -> Self {
        Self::new(Duration::from_secs(4), Duration::from_secs(60))
    }

    /// After a bind was refused: one minute doubling to a quarter of an hour, lest the account be locked.
    #[must_use]
    pub fn refusal() -> Self {
        Self::new(Duration::from_secs(60), Duration::from_secs(900))
    }

    /// After a peer asked to slow down (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`): half a second doubling to 16 s. Belongs to
    /// the link, not to the message.
    #[must_use]
    pub fn throttled() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(16))
    }

    /// The next wait; `random` is any evenly drawn number.
    pub fn next(&mut self, random: u64) -> Duration {
        let factor = 1u32.checked_shl(self.tries).unwrap_or(u32::MAX);
        self.tries = self.tries.saturating_add(1).min(31);
        let ceiling = self.first.saturating_mul(factor).min(self.most);
        let floor = ceiling / 4;
        let spread = u64::try_from((ceiling - floor).as_nanos()).unwrap_or(u64::MAX);
        // The product's upper half: even over the spread, with no modulo.
        let drawn = (u128::from(random) * u128::from(spread)) >> 64;
        floor + Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }

    /// Starts over: call after a bind has proved stable.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    /// Waits given since the start.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.tries
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    /// splitmix64
    fn random(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[test]
    fn waits_double_up_to_the_cap_and_start_over_after_reset() {
        let mut backoff = Backoff::connection();
        let ceilings: Vec<u64> =
            (0..6).map(|_| backoff.next(u64::MAX).as_millis() as u64).collect();
        assert_eq!(ceilings, [3_999, 7_999, 15_999, 31_999, 59_999, 59_999]);
        for _ in 0..1_000 {
            assert!(backoff.next(u64::MAX) <= Duration::from_secs(60));
        }
        backoff.reset();
        assert_eq!(backoff.next(0), Duration::from_secs(1));
    }

    #[test]
    fn a_thousand_binds_cut_at_once_do_not_come_back_in_the_same_second() {
        let mut seed = 42;
        println!("seed {seed}");
        let mut per_second = [0; 4];
        for _ in 0..1_000 {
            let wait = Backoff::connection().next(random(&mut seed));
            per_second[wait.as_secs() as usize] += 1;
        }
        assert!(per_second.iter().all(|count| *count < 400), "{per_second:?}");
    }

    #[test]
    fn a_refused_bind_waits_longer_than_a_lost_connection() {
        let (mut refused, mut lost) = (Backoff::refusal(), Backoff::connection());
        for _ in 0..10 {
            assert!(refused.next(0) > lost.next(u64::MAX));
        }
    }
}
