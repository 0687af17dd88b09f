//! Whether answers come later because more awaits them than the carrier works on at a time. A longer
//! delay alone says nothing: it may be the distance. So it is tried: a smaller window that costs no
//! throughput was a queue at the carrier, one that does was distance, and is taken back. Pure.
//!
//! ```text
//!            delay over twice the usual, full window, no more throughput
//!   steady ─────────────────────────────────────────────────────────────> queueing: smaller window
//!     ▲                                                                        │ a period later
//!     ├── as much throughput as before: keep it ───────────────────────────────┤
//!     └── less: the former window, and this delay is the usual one now ────────┘
//! ```

use std::time::Duration;

use tokio::time::Instant;

/// Answers are judged together that came in so long, and no fewer than [`ANSWERS_MIN`].
const PERIOD: Duration = Duration::from_millis(500);

const ANSWERS_MIN: u32 = 16;

/// A shorter queue does no harm, and answers are read in larger batches for it.
const EXCESS_MIN: Duration = Duration::from_millis(100);

/// Of a hundred parts so many must be taken still for a smaller window to be kept.
const KEPT_PERCENT: u128 = 97;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trend {
    Steady,
    /// More waits at the carrier than it needs to be busy.
    Queueing,
    /// It was the distance: back to this window.
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
    /// The mean delay of the best period.
    usual: Option<Duration>,
    /// Of the last period, in answers per thousand seconds.
    throughput: u128,
    long: bool,
    trial: Option<Trial>,
}

/// A smaller window, and what there was before it.
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

    /// Whether answers came so late in the last period that the window should not grow.
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
        // A window that is not full cannot be too large.
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

    /// A carrier that takes so many parts a second, at a distance; what it cannot take yet waits.
    #[derive(Clone, Copy)]
    struct Carrier {
        rate: u64,
        distance_ms: u64,
    }

    impl Carrier {
        /// Lives with it for a while, with a sender that fills every window; parts taken a second.
        fn live(self, pace: &mut Pace, now: &mut Instant, seconds: u64) -> u64 {
            let (begun, mut taken) = (*now, 0);
            while *now < begun + Duration::from_secs(seconds) {
                let window = pace.window();
                // Little's law, at the carrier's rate or at the distance's.
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
    fn a_carrier_that_becomes_slow_is_given_less_and_takes_as_much() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        let quick = Carrier { rate: 2_000, distance_ms: 40 };
        let slow = Carrier { rate: 200, ..quick };
        quick.live(&mut pace, &mut now, 10);
        assert_eq!(pace.window(), 100);
        let taken = slow.live(&mut pace, &mut now, 60);
        assert!(pace.window() <= 30, "{}", pace.window());
        assert!(taken > 190, "{taken}");
        // It is quick again.
        quick.live(&mut pace, &mut now, 60);
        assert_eq!(pace.window(), 100);
    }

    #[test]
    fn distance_is_no_reason_for_a_smaller_window() {
        for distance_ms in [1, 20, 40, 100, 200, 1_000] {
            let mut now = Instant::now();
            let mut pace = Pace::new(50, now);
            Carrier { rate: QUICK, distance_ms }.live(&mut pace, &mut now, 60);
            assert_eq!(pace.window(), 50, "{distance_ms} ms");
        }
    }

    #[test]
    fn a_longer_way_is_learned_and_costs_no_throughput() {
        let mut now = Instant::now();
        let mut pace = Pace::new(50, now);
        let near = Carrier { rate: QUICK, distance_ms: 20 };
        near.live(&mut pace, &mut now, 10);
        let far = Carrier { distance_ms: 200, ..near };
        far.live(&mut pace, &mut now, 10);
        let taken = far.live(&mut pace, &mut now, 60);
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
