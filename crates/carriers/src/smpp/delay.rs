//! Detects whether responses are slow because requests queue at the carrier. A longer delay alone may be network
//! latency, so a smaller window is tried: if throughput stays the same, requests were queueing; if it falls, the delay
//! was latency and the window is restored. Pure.
//!
//! ```text
//!            delay over twice the usual, full window, no more throughput
//!   steady ─────────────────────────────────────────────────────────────> queueing: smaller window
//!     ▲                                                                        │ a period later
//!     ├── same throughput: keep the window ────────────────────────────────────┤
//!     └── less: restore the window, take this delay as the usual one ──────────┘
//! ```

use std::time::Duration;

use tokio::time::Instant;

/// Length of a period; it must have at least [`ANSWERS_MIN`] responses.
const PERIOD: Duration = Duration::from_millis(500);

const ANSWERS_MIN: u32 = 16;

/// A shorter queue is harmless and makes batches of responses larger.
const EXCESS_MIN: Duration = Duration::from_millis(100);

/// Throughput in percent of the former one that keeps a smaller window.
const KEPT_PERCENT: u128 = 97;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trend {
    Steady,
    /// Requests queue at the carrier.
    Queueing,
    /// It was network latency: restore this window.
    Distance {
        window: u32,
    },
}

#[derive(Debug)]
pub(super) struct Delay {
    since: Instant,
    answers: u32,
    delays: Duration,
    in_flight_max: u32,
    /// Mean delay of the best period.
    usual: Option<Duration>,
    /// Throughput of the last period, in responses per 1,000 s.
    throughput: u128,
    long: bool,
    trial: Option<Trial>,
}

/// A trial of a smaller window, with the values before it.
#[derive(Debug, Clone, Copy)]
struct Trial {
    window: u32,
    throughput: u128,
}

impl Delay {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            since: now,
            answers: 0,
            delays: Duration::ZERO,
            in_flight_max: 0,
            usual: None,
            throughput: 0,
            long: false,
            trial: None,
        }
    }

    pub(super) fn note(&mut self, rtt: Duration) {
        self.answers += 1;
        self.delays = self.delays.saturating_add(rtt);
    }

    /// Whether the delay of the last period was so long that the window should not grow.
    pub(super) const fn is_long(&self) -> bool {
        self.long
    }

    /// The window was changed for another reason.
    pub(super) const fn forget_trial(&mut self) {
        self.trial = None;
    }

    pub(super) fn judge(&mut self, in_flight: u32, window: u32, now: Instant) -> Trend {
        self.in_flight_max = self.in_flight_max.max(in_flight);
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed < PERIOD || self.answers < ANSWERS_MIN {
            return Trend::Steady;
        }
        let delay = self.delays / self.answers;
        let throughput = u128::from(self.answers) * 1_000_000 / elapsed.as_millis();
        // A window that is not full is not too large.
        let full = self.in_flight_max >= window - window / 4;
        (self.since, self.answers, self.delays, self.in_flight_max) = (now, 0, Duration::ZERO, 0);
        let before = std::mem::replace(&mut self.throughput, throughput);
        let usual = self.usual.map_or(delay, |usual| usual.min(delay));
        let trend = match self.trial.take() {
            Some(trial) if throughput * 100 < trial.throughput * KEPT_PERCENT => {
                self.usual = Some(delay);
                self.long = false;
                return Trend::Distance { window: trial.window };
            }
            _ if full
                && delay > usual * 2
                && delay > usual + EXCESS_MIN
                && throughput * 10 <= before * 11 =>
            {
                self.trial = Some(Trial { window, throughput });
                Trend::Queueing
            }
            _ => Trend::Steady,
        };
        self.usual = Some(usual);
        self.long = delay > usual + usual / 2 && delay > usual + EXCESS_MIN;
        trend
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::pace::Pace;

    /// A carrier with a maximum rate in parts per second and a network latency; further parts queue.
    #[derive(Clone, Copy)]
    struct Carrier {
        rate: u64,
        distance_ms: u64,
    }

    impl Carrier {
        /// Runs for some seconds with an always full window; returns the parts accepted per second.
        fn run(self, pace: &mut Pace, now: &mut Instant, seconds: u64) -> u64 {
            let (begun, mut taken) = (*now, 0);
            while *now < begun + Duration::from_secs(seconds) {
                let window = pace.window();
                // Little's law: limited by the carrier's rate or by the latency.
                let busy_us = u64::from(window) * 1_000_000 / self.rate;
                let rtt = Duration::from_micros(busy_us.max(self.distance_ms * 1_000));
                for _ in 0..window {
                    pace.taken(rtt);
                }
                *now += rtt;
                taken += u64::from(window);
                pace.answered(window, *now);
            }
            taken * 1_000 / u64::try_from(now.duration_since(begun).as_millis()).unwrap()
        }
    }

    const QUICK: u64 = 1_000_000_000;

    #[test]
    fn a_smaller_window_for_a_slow_carrier_keeps_its_throughput() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        let quick = Carrier { rate: 2_000, distance_ms: 40 };
        let slow = Carrier { rate: 200, ..quick };
        quick.run(&mut pace, &mut now, 10);
        assert_eq!(pace.window(), 100);
        let taken = slow.run(&mut pace, &mut now, 60);
        assert!(pace.window() <= 30, "{}", pace.window());
        assert!(taken > 190, "{taken}");
        // The carrier is fast again.
        quick.run(&mut pace, &mut now, 60);
        assert_eq!(pace.window(), 100);
    }

    #[test]
    fn latency_does_not_shrink_the_window() {
        for distance_ms in [1, 20, 40, 100, 200, 1_000] {
            let mut now = Instant::now();
            let mut pace = Pace::new(50, now);
            Carrier { rate: QUICK, distance_ms }.run(&mut pace, &mut now, 60);
            assert_eq!(pace.window(), 50, "{distance_ms} ms");
        }
    }

    #[test]
    fn a_longer_latency_is_learned_and_costs_no_throughput() {
        let mut now = Instant::now();
        let mut pace = Pace::new(50, now);
        let near = Carrier { rate: QUICK, distance_ms: 20 };
        near.run(&mut pace, &mut now, 10);
        let far = Carrier { distance_ms: 200, ..near };
        far.run(&mut pace, &mut now, 10);
        let taken = far.run(&mut pace, &mut now, 60);
        assert_eq!(pace.window(), 50);
        assert!(taken > 237, "{taken} of 250");
    }

    #[test]
    fn a_window_that_is_not_full_is_left_alone() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        for rtt in [10, 10, 500, 500, 500, 500] {
            for _ in 0..40 {
                pace.taken(Duration::from_millis(rtt));
            }
            now += Duration::from_secs(1);
            pace.answered(20, now);
        }
        assert_eq!(pace.window(), 100);
    }
}
