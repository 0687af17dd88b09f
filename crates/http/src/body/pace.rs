//! How slowly a large body may arrive: a client that sends a byte now and then is not idle, and would keep
//! its place for as long as it likes.

use std::time::Duration;

/// The least that must have arrived since the beginning, at any time after a grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub bytes_per_second: u64,
    pub grace: Duration,
}

impl Pace {
    /// How long a body may take until more than these bytes have arrived.
    pub fn time_for(self, bytes: u64) -> Duration {
        let millis = bytes.saturating_mul(1_000) / self.bytes_per_second.max(1);
        self.grace.saturating_add(Duration::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_buys_time() {
        let pace = Pace { bytes_per_second: 1_000, grace: Duration::from_secs(10) };
        for (bytes, seconds) in [(0, 10), (999, 10), (5_000, 15), (3_600_000, 3_610)] {
            assert_eq!(pace.time_for(bytes).as_secs(), seconds, "{bytes}");
        }
        let stopped = Pace { bytes_per_second: 0, ..pace };
        assert!(stopped.time_for(u64::MAX) > Duration::from_secs(1));
    }
}
