//! A token bucket that limits a link to parts per second. The caller passes the time in and does the waiting. Integers
//! only, so that a minute at any rate is exact.

use std::time::{Duration, Instant};

const NANOS: u128 = 1_000_000_000;

/// A limit in parts (not messages) per second, with a bucket for bursts.
#[derive(Debug, Clone)]
pub struct Rate {
    /// 0 means no limit.
    parts_per_s: u32,
    bucket: u32,
    /// Parts in the bucket, in billionths.
    level: u128,
    filled: Instant,
}

impl Rate {
    /// A limit of `parts_per_s`, 0 for none. The bucket, and so the burst after idle time, holds a tenth of a second's
    /// parts, at least one.
    #[must_use]
    pub fn new(parts_per_s: u32, now: Instant) -> Self {
        Self::with_bucket(parts_per_s, (parts_per_s / 10).max(1), now)
    }

    /// A limit with a bucket of `bucket` parts (at least one), full at the start.
    #[must_use]
    pub fn with_bucket(parts_per_s: u32, bucket: u32, now: Instant) -> Self {
        let bucket = bucket.max(1);
        Self { parts_per_s, bucket, level: u128::from(bucket) * NANOS, filled: now }
    }

    /// Changes the limit. The level is kept as far as it fits the new bucket of a tenth of a second.
    pub fn set(&mut self, parts_per_s: u32, now: Instant) {
        self.fill(now);
        self.parts_per_s = parts_per_s;
        self.bucket = (parts_per_s / 10).max(1);
        self.level = self.level.min(u128::from(self.bucket) * NANOS);
    }

    /// Takes up to `wanted` parts and returns how many.
    pub fn take(&mut self, wanted: u32, now: Instant) -> u32 {
        let taken = self.available(now).min(wanted);
        if self.parts_per_s > 0 {
            self.level -= u128::from(taken) * NANOS;
        }
        taken
    }

    /// Returns parts that were taken and not sent.
    pub fn give_back(&mut self, parts: u32) {
        let full = u128::from(self.bucket) * NANOS;
        self.level = (self.level + u128::from(parts) * NANOS).min(full);
    }

    /// How many parts may be sent now; `u32::MAX` without a limit.
    pub fn available(&mut self, now: Instant) -> u32 {
        if self.parts_per_s == 0 {
            return u32::MAX;
        }
        self.fill(now);
        u32::try_from(self.level / NANOS).unwrap_or(u32::MAX)
    }

    /// Time until one part may be sent; zero if one may be sent now.
    pub fn wait(&mut self, now: Instant) -> Duration {
        if self.available(now) > 0 {
            return Duration::ZERO;
        }
        let missing = NANOS - self.level;
        let nanos = missing.div_ceil(u128::from(self.parts_per_s.max(1)));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled).as_nanos();
        self.filled = self.filled.max(now);
        let full = u128::from(self.bucket) * NANOS;
        self.level = (self.level + elapsed * u128::from(self.parts_per_s)).min(full);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Rate;

    /// Parts sent in a minute by a sender that waits `step`, or what the limiter returns, after each take.
    fn sent_in_a_minute(parts_per_s: u32, step: Option<Duration>) -> u32 {
        let start = Instant::now();
        let mut rate = Rate::new(parts_per_s, start);
        let (mut now, mut sent) = (start, 0);
        while now < start + Duration::from_secs(60) {
            sent += rate.take(u32::MAX, now);
            now += step.unwrap_or_else(|| rate.wait(now));
        }
        sent
    }

    #[test]
    fn a_minute_is_accurate_to_two_percent_at_any_rate() {
        for parts_per_s in [1, 7, 30, 100, 333, 1_000, 12_345] {
            for step in [None, Some(Duration::from_millis(1)), Some(Duration::from_micros(313))] {
                let (sent, due) = (sent_in_a_minute(parts_per_s, step), parts_per_s * 60);
                let bucket = (parts_per_s / 10).max(1);
                assert!(sent >= due - due / 50 && sent <= due + bucket, "{sent} of {due}");
            }
        }
    }

    #[test]
    fn idle_time_accumulates_no_more_than_the_bucket() {
        let start = Instant::now();
        let mut rate = Rate::with_bucket(100, 5, start);
        assert_eq!(rate.take(1_000, start + Duration::from_secs(3_600)), 5);
        assert_eq!(rate.take(1_000, start + Duration::from_secs(3_600)), 0);
        assert_eq!(rate.wait(start + Duration::from_secs(3_600)), Duration::from_millis(10));
    }

    #[test]
    fn no_limit_and_absurd_limits_do_not_divide_by_zero() {
        let start = Instant::now();
        let mut none = Rate::new(0, start);
        assert_eq!(none.take(u32::MAX, start), u32::MAX);
        assert_eq!(none.wait(start), Duration::ZERO);
        let mut absurd = Rate::new(u32::MAX, start);
        let later = start + Duration::from_secs(100 * 365 * 86_400);
        assert_eq!(absurd.take(u32::MAX, later), u32::MAX / 10);
    }

    #[test]
    fn a_stopped_clock_refills_nothing() {
        let start = Instant::now();
        let mut rate = Rate::with_bucket(10, 1, start);
        assert_eq!(rate.take(1, start), 1);
        assert_eq!(rate.take(1, start), 0);
        rate.give_back(1);
        assert_eq!(rate.take(1, start), 1);
    }
}
