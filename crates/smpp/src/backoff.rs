//! Exponential back-off, capped, with jitter from a random number that the caller passes in, so that a thousand
//! lost binds do not reconnect in the same second. It computes delays; it does not sleep.

use std::time::Duration;

/// Delays that double from `first` to `most`, after some that do not. Each is drawn uniformly from the upper three quarters
/// of its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    /// Delays of up to `first` before they double.
    steady: u32,
    tries: u32,
}

impl Backoff {
    /// Delays between a quarter of `first` and `most`.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        let first = first.max(Duration::from_millis(1));
        Self { first, most: most.max(first), steady: 1, tries: 0 }
    }

    /// The first `count` delays are short: a peer that restarts is back within seconds.
    #[must_use]
    pub const fn steady(mut self, count: u32) -> Self {
        self.steady = count;
        self
    }

    /// After a connection failed or was lost: 4 s doubling to 60 s.
    #[must_use]
    pub fn connection() -> Self {
        Self::new(Duration::from_secs(4), Duration::from_secs(60))
    }

    /// After a bind was refused: 1 min doubling to 15 min, so that the account is not locked.
    #[must_use]
    pub fn refusal() -> Self {
        Self::new(Duration::from_secs(60), Duration::from_secs(900))
    }

    /// After `ESME_RTHROTTLED`: 500 ms doubling to 16 s. It applies to the link, not to the message.
    #[must_use]
    pub fn throttled() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(16))
    }

    /// The next delay; `random` is uniformly distributed over `u64`.
    pub fn next(&mut self, random: u64) -> Duration {
        let doublings = (self.tries + 1).saturating_sub(self.steady.max(1));
        let factor = 1u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.tries = self.tries.saturating_add(1).min(self.steady.saturating_add(31));
        let ceiling = self.first.saturating_mul(factor).min(self.most);
        let floor = ceiling / 4;
        let spread = u64::try_from((ceiling - floor).as_nanos()).unwrap_or(u64::MAX);
        // Upper half of the product: uniform over the spread without a modulo.
        let drawn = (u128::from(random) * u128::from(spread)) >> 64;
        floor + Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }

    /// Restarts from `first`: call it once a bind has proved stable.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    /// Delays returned since the last reset.
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
    fn the_first_delays_may_be_short() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).steady(3);
        let ceilings: Vec<u64> =
            (0..10).map(|_| backoff.next(u64::MAX).as_millis() as u64).collect();
        assert_eq!(ceilings, [999, 999, 999, 1_999, 3_999, 7_999, 15_999, 31_999, 59_999, 59_999]);
        backoff.reset();
        assert!(backoff.next(u64::MAX) < Duration::from_secs(1));
    }

    #[test]
    fn a_thousand_lost_binds_do_not_reconnect_in_the_same_second() {
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
