//! The rate that a session keeps to after its carrier throttled. A window of any size sends volleys: a carrier that
//! allows three parts per second accepts one of each, and refuses the others. So the parts are spaced out instead. The
//! rate is learnt from what the carrier accepts. Pure: time is passed in.
//!
//! | | the rate |
//! |---|---|
//! | the carrier never throttled | none |
//! | it throttles for the first time | what it accepted in the second before |
//! | it throttles again, after it accepted parts | what it accepted since, within a half and three quarters of the rate |
//! | it throttles again, having accepted nothing | half |
//! | it accepts what the rate allows | rises: fast up to where it last throttled, then slowly; fast again a quarter above that |
//! | the rate is above [`RATE_MAX`] | none |

use std::time::Duration;

use tokio::time::Instant;

/// Rates are in parts per 1,000 seconds.
const SECOND: u64 = 1_000;

/// One part per second; the pauses handle a carrier that allows less.
const RATE_MIN: u64 = SECOND;

/// Above this rate the window is the better limit.
const RATE_MAX: u64 = 1_000 * SECOND;

/// Shortest time between two rises.
const RISE_EVERY: Duration = Duration::from_millis(500);

/// Parts that are due within this time are sent together.
const TOGETHER: Duration = Duration::from_millis(10);

/// Parts of shorter intervals than that, which were due this long ago, are still sent: timers come late.
const CAUGHT_UP: Duration = Duration::from_millis(25);

#[derive(Debug)]
pub(super) struct LearntRate {
    rate: Option<u64>,
    /// The rate at which the carrier last throttled.
    ceiling: Option<u64>,
    /// When the next part may be sent.
    next_at: Instant,
    /// Parts accepted since this second began, and the rate of the last full one.
    second: Period,
    before: u64,
    /// Parts accepted since the last throttling.
    since: Option<Period>,
    /// Parts sent since the last rise.
    rise: Period,
}

#[derive(Debug, Clone, Copy)]
struct Period {
    began: Instant,
    parts: u64,
}

impl Period {
    const fn begin(began: Instant) -> Self {
        Self { began, parts: 0 }
    }

    fn age(self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// Its rate, as if it had lasted for a second at least.
    fn rate(self, now: Instant) -> u64 {
        let ms = u64::try_from(self.age(now).as_millis()).unwrap_or(u64::MAX).max(SECOND);
        self.parts.saturating_mul(SECOND * SECOND) / ms
    }
}

impl LearntRate {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            rate: None,
            ceiling: None,
            next_at: now,
            second: Period::begin(now),
            before: 0,
            since: None,
            rise: Period::begin(now),
        }
    }

    /// When the next part may be sent.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.rate.map(|_| self.next_at)
    }

    /// Parts that may be sent then.
    pub(super) fn at_once(&self) -> usize {
        let Some(rate) = self.rate else { return usize::MAX };
        let parts = TOGETHER.as_nanos() / interval(rate).as_nanos().max(1);
        usize::try_from(parts).unwrap_or(usize::MAX).max(1)
    }

    pub(super) fn sent(&mut self, parts: usize, now: Instant) {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        self.rise.parts += u64::from(parts);
        if let Some(rate) = self.rate {
            let interval = interval(rate);
            let late = if interval < TOGETHER { CAUGHT_UP } else { Duration::ZERO };
            let from = now.checked_sub(late).unwrap_or(now);
            self.next_at = self.next_at.max(from) + interval.saturating_mul(parts);
        }
    }

    /// The carrier accepted a part.
    pub(super) fn accepted(&mut self) {
        self.second.parts += 1;
        if let Some(since) = &mut self.since {
            since.parts += 1;
        }
    }

    /// The carrier throttled; returns whether it had accepted anything since it did so before.
    pub(super) fn throttled(&mut self, now: Instant) -> bool {
        let since = self.since.replace(Period::begin(now)).filter(|since| since.parts > 0);
        let rate = match (self.rate, since) {
            (None, _) => self.before.max(self.second.rate(now)),
            (Some(rate), Some(since)) => {
                self.ceiling = Some(rate);
                since.rate(now).clamp(rate / 2, rate - rate / 4)
            }
            (Some(rate), None) => rate / 2,
        };
        let rate = rate.clamp(RATE_MIN, RATE_MAX);
        self.rate = Some(rate);
        self.next_at = now + interval(rate);
        self.rise = Period::begin(now);
        since.is_some()
    }

    /// Responses were read.
    pub(super) fn answered(&mut self, now: Instant) {
        if self.second.age(now) >= Duration::from_secs(1) {
            self.before = self.second.rate(now);
            self.second = Period::begin(now);
        }
        let Some(rate) = self.rate else { return };
        let accepts = self.since.is_some_and(|since| since.parts > 0);
        if !accepts || self.rise.age(now) < RISE_EVERY.max(interval(rate)) {
            return;
        }
        // What was never sent proves nothing.
        let used = self.rise.parts.saturating_mul(SECOND * SECOND)
            / u64::try_from(self.rise.age(now).as_millis()).unwrap_or(u64::MAX).max(1);
        self.rise = Period::begin(now);
        if used < rate / 2 {
            return;
        }
        let higher = match self.ceiling {
            None => rate + rate / 2,
            Some(ceiling) if rate < ceiling - ceiling / 16 => rate + (ceiling - rate) / 4,
            Some(ceiling) => {
                if rate > ceiling + ceiling / 4 {
                    self.ceiling = None;
                }
                rate + rate / 64
            }
        };
        // By one at least, so that the lowest rates rise, too.
        let higher = higher.max(rate + 1);
        self.rate = (higher <= RATE_MAX).then_some(higher);
        if self.rate.is_none() {
            (self.ceiling, self.since) = (None, None);
        }
    }
}

fn interval(rate: u64) -> Duration {
    Duration::from_micros(SECOND * 1_000_000 / rate.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::pace::Pace;

    /// A carrier that needs an interval between two parts, or allows a number per second.
    #[derive(Clone, Copy)]
    enum Rule {
        Interval(Duration),
        PerSecond(u64),
        All,
    }

    struct Carrier {
        rule: Rule,
        last: Option<Instant>,
        second: (Instant, u64),
    }

    impl Carrier {
        fn new(rule: Rule, now: Instant) -> Self {
            Self { rule, last: None, second: (now, 0) }
        }

        fn accepts(&mut self, now: Instant) -> bool {
            let accepts = match self.rule {
                Rule::Interval(interval) => self.last.is_none_or(|last| now >= last + interval),
                Rule::PerSecond(most) => {
                    if now >= self.second.0 + Duration::from_secs(1) {
                        self.second = (now, 0);
                    }
                    self.second.1 < most
                }
                Rule::All => true,
            };
            if accepts {
                self.last = Some(now);
                self.second.1 += 1;
            }
            accepts
        }
    }

    /// What a session did: parts accepted, parts refused, and how long it took.
    #[derive(Debug)]
    struct Run {
        accepted: usize,
        refused: usize,
        took: Duration,
    }

    /// Sends until `parts` are accepted, with responses after `rtt`.
    fn run(
        pace: &mut Pace,
        carrier: &mut Carrier,
        now: &mut Instant,
        parts: usize,
        rtt: Duration,
    ) -> Run {
        let begun = *now;
        let (mut run, mut flying) =
            (Run { accepted: 0, refused: 0, took: Duration::ZERO }, Vec::new());
        while run.accepted < parts {
            let due: Vec<(Instant, bool)> =
                flying.extract_if(.., |(sent, _)| *sent + rtt <= *now).collect();
            for (sent, accepted) in &due {
                if *accepted {
                    run.accepted += 1;
                    pace.taken(rtt);
                } else {
                    run.refused += 1;
                    pace.throttled(*sent, *now, u64::MAX / 2);
                }
            }
            if !due.is_empty() {
                pace.answered(u32::try_from(flying.len() + due.len()).unwrap(), *now);
            }
            let window = usize::try_from(pace.window()).unwrap();
            if pace.held_until(*now).is_none() {
                let open = parts - run.accepted - flying.len().min(parts - run.accepted);
                let burst = pace.at_once().min(window.saturating_sub(flying.len())).min(open);
                for _ in 0..burst {
                    flying.push((*now, carrier.accepts(*now)));
                }
                pace.sent(burst, *now);
            }
            *now += Duration::from_millis(1);
            assert!(now.duration_since(begun) < Duration::from_secs(600), "{run:?}");
        }
        run.took = now.duration_since(begun);
        run
    }

    #[test]
    fn parts_are_spaced_out_for_a_carrier_that_needs_an_interval() {
        for rtt in [1, 40, 300] {
            let mut now = Instant::now();
            let mut pace = Pace::new(100, now);
            let mut carrier = Carrier::new(Rule::Interval(Duration::from_millis(333)), now);
            let run = run(&mut pace, &mut carrier, &mut now, 20, Duration::from_millis(rtt));
            // 19 are refused in the first volley.
            assert!(run.refused < 30 && run.took < Duration::from_secs(14), "{rtt} ms: {run:?}");
            let more = super::tests::run(
                &mut pace,
                &mut carrier,
                &mut now,
                300,
                Duration::from_millis(rtt),
            );
            assert!(
                more.refused < 30 && more.took < Duration::from_secs(130),
                "{rtt} ms: {more:?}"
            );
        }
    }

    #[test]
    fn a_limit_per_second_is_nearly_used() {
        for most in [10, 100] {
            let mut now = Instant::now();
            let mut pace = Pace::new(50, now);
            let mut carrier = Carrier::new(Rule::PerSecond(most), now);
            let parts = usize::try_from(most * 60).unwrap();
            let run = run(&mut pace, &mut carrier, &mut now, parts, Duration::from_millis(40));
            assert!(
                run.took < Duration::from_secs(80) && run.refused < parts / 8,
                "{most}: {run:?}"
            );
        }
    }

    #[test]
    fn a_carrier_that_no_longer_throttles_has_its_full_speed_back() {
        let mut now = Instant::now();
        let mut pace = Pace::new(50, now);
        let mut carrier = Carrier::new(Rule::PerSecond(3), now);
        let rtt = Duration::from_millis(10);
        run(&mut pace, &mut carrier, &mut now, 60, rtt);
        carrier.rule = Rule::All;
        run(&mut pace, &mut carrier, &mut now, 20_000, rtt);
        let quick = run(&mut pace, &mut carrier, &mut now, 20_000, rtt);
        assert!(quick.took < Duration::from_secs(8), "{quick:?}");
        assert_eq!(pace.window(), 50);
    }

    #[test]
    fn nothing_is_spaced_out_before_the_carrier_throttles() {
        let now = Instant::now();
        let mut learnt = LearntRate::new(now);
        learnt.sent(100, now);
        assert_eq!((learnt.next_at(), learnt.at_once()), (None, usize::MAX));
        learnt.throttled(now);
        assert_eq!(learnt.next_at(), Some(now + Duration::from_secs(1)));
        assert_eq!(learnt.at_once(), 1);
    }

    #[test]
    fn idle_time_proves_no_higher_rate() {
        let mut now = Instant::now();
        let mut learnt = LearntRate::new(now);
        learnt.throttled(now);
        for _ in 0..60 {
            now += Duration::from_secs(60);
            learnt.sent(1, now);
            learnt.accepted();
            learnt.answered(now);
        }
        assert_eq!(learnt.rate, Some(RATE_MIN));
    }
}
