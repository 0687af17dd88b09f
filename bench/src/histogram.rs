//! Durations in buckets of about 1.5 %, from a microsecond to an hour, in a fixed 16 KiB: recording costs nanoseconds.

use std::time::Duration;

/// Buckets per doubling.
const STEPS: u64 = 64;
const STEP_BITS: u32 = 6;
/// 2^32 µs is over an hour; longer durations count as that.
const BUCKETS: usize = (33 * STEPS) as usize;

/// A distribution of durations.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, max: Duration::ZERO }
    }
}

/// A bucket is one microsecond below 64 µs, and a sixty-fourth of a doubling above.
fn bucket(us: u64) -> usize {
    let shift = us.max(1).ilog2().saturating_sub(STEP_BITS);
    let index = u64::from(shift) * STEPS + (us >> shift);
    usize::try_from(index).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The largest value of a bucket.
fn upper_us(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / STEPS).saturating_sub(1);
    ((bucket - shift * STEPS + 1) << shift) - 1
}

impl Histogram {
    pub(crate) fn record(&mut self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(us)] += 1;
        self.count += 1;
        self.max = self.max.max(took);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *ours += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn max_ms(&self) -> f64 {
        self.max.as_secs_f64() * 1e3
    }

    /// The `per_mille` quantile in milliseconds; 0 if nothing was recorded.
    pub(crate) fn quantile_ms(&self, per_mille: u64) -> f64 {
        let wanted = (self.count * per_mille).div_ceil(1_000);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return (upper_us(index) as f64 / 1e3).min(self.max_ms());
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BUCKETS, Histogram, bucket, upper_us};

    #[test]
    fn every_value_lies_in_its_bucket_and_buckets_are_narrow() {
        for us in (0..5_000).chain([1 << 20, (1 << 31) + 12_345]) {
            let bucket = bucket(us);
            let upper = upper_us(bucket);
            assert!(us <= upper && upper <= us + us / 64, "{us} {bucket} {upper}");
            assert!(bucket == 0 || upper_us(bucket - 1) < us, "{us}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_ms(500), 0.0);
        for ms in 1..=1_000 {
            histogram.record(Duration::from_millis(ms));
        }
        assert!((histogram.quantile_ms(500) / 500.0 - 1.0).abs() < 0.02);
        assert!((histogram.quantile_ms(990) / 990.0 - 1.0).abs() < 0.02);
        assert_eq!(histogram.quantile_ms(1_000), 1_000.0);
    }
}
