//! How fast one session may go: a window that grows while the carrier takes what it is given and
//! halves when it asks for less, and a pause after each such wish. Pure: time and chance are passed
//! in.
//!
//! | the carrier | the window | |
//! |---|---|---|
//! | throttles (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`) | half | pause, doubling from half a second to 16 s |
//! | says congestion 90 or more | half, once a second | |
//! | says congestion 80 to 89 | stays | |
//! | answers later and later, and takes no more for it | three quarters (see `delay`) | |
//! | takes a window of parts | one more | earlier wishes are forgotten |

use std::time::Duration;

use smpp::backoff::Backoff;
use tokio::time::Instant;

use super::delay::{Delay, Trend};

/// From here on a peer is used as it best is (SMPP 5.0 §4.8.4.18).
const FULL: u8 = 80;

/// From here on it calls itself congested.
const CONGESTED: u8 = 90;

/// The window is not changed for congestion more often than this.
const CONGESTION_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Pace {
    window: u32,
    window_max: u32,
    /// Parts taken since the window last changed.
    taken: u32,
    paused_until: Option<Instant>,
    pause: Duration,
    backoff: Backoff,
    congestion: u8,
    congestion_heeded: Option<Instant>,
    delay: Delay,
}

impl Pace {
    pub(super) fn new(window_max: u32, now: Instant) -> Self {
        Self {
            window: window_max,
            window_max,
            taken: 0,
            paused_until: None,
            pause: Duration::ZERO,
            backoff: Backoff::throttled(),
            congestion: 0,
            congestion_heeded: None,
            delay: Delay::new(now),
        }
    }

    pub(super) const fn window(&self) -> u32 {
        self.window
    }

    /// The latest pause, as a hint for what could not be sent.
    pub(super) const fn pause(&self) -> Duration {
        self.pause
    }

    /// Until when nothing is sent.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    /// A part was taken. A whole window of them makes room for one more, and ends the memory of
    /// earlier wishes.
    pub(super) fn taken(&mut self, rtt: Duration) {
        self.delay.note(rtt);
        self.taken += 1;
        if self.taken >= self.window {
            self.taken = 0;
            self.backoff.reset();
            if self.congestion < FULL && !self.delay.is_long() {
                self.window = (self.window + 1).min(self.window_max);
            }
        }
    }

    /// Answers were read of which so many awaited theirs just before.
    pub(super) fn answered(&mut self, in_flight: u32, now: Instant) {
        match self.delay.judge(in_flight, self.window, now) {
            Trend::Steady => {}
            Trend::Queueing => {
                let least = (self.window_max / 8).max(1);
                self.window = (self.window - self.window / 4).max(least.min(self.window));
                self.taken = 0;
            }
            Trend::Distance { window } => self.window = window.min(self.window_max),
        }
    }

    /// The carrier asked for less: whether that is news. What was in the window together counts
    /// once.
    pub(super) fn throttled(&mut self, now: Instant, random: u64) -> bool {
        if self.paused_until(now).is_some() {
            return false;
        }
        self.pause = self.backoff.next(random);
        self.paused_until = Some(now + self.pause);
        self.halve();
        true
    }

    /// The carrier says how full it is.
    pub(super) fn congestion(&mut self, state: u8, now: Instant) {
        self.congestion = state;
        let heeded = self.congestion_heeded.is_some_and(|at| now < at + CONGESTION_EVERY);
        if state >= CONGESTED && !heeded {
            self.congestion_heeded = Some(now);
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.window = (self.window / 2).max(1);
        self.taken = 0;
        self.delay.forget_trial();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(40);

    #[test]
    fn a_wish_for_less_halves_once_and_pauses_longer_each_time() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        let mut pauses = Vec::new();
        for window in [50, 25, 12] {
            let news = (0..20).filter(|_| pace.throttled(now, u64::MAX)).count();
            assert_eq!((pace.window(), news), (window, 1));
            pauses.push(pace.pause());
            now = pace.paused_until(now).unwrap();
            assert_eq!(pace.paused_until(now), None);
        }
        assert!(pauses.is_sorted() && pauses[2] > pauses[0], "{pauses:?}");
    }

    #[test]
    fn pauses_have_a_bound() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        for _ in 0..100 {
            pace.throttled(now, u64::MAX);
            assert!(pace.pause() <= Duration::from_secs(16));
            now = pace.paused_until(now).unwrap();
        }
    }

    #[test]
    fn the_window_comes_back_and_never_leaves_its_bounds() {
        let now = Instant::now();
        let mut pace = Pace::new(4, now);
        for step in 0..10 {
            pace.throttled(now + Duration::from_secs(step * 60), 0);
        }
        assert_eq!(pace.window(), 1);
        for _ in 0..1_000 {
            pace.taken(RTT);
        }
        assert_eq!(pace.window(), 4);
    }

    #[test]
    fn congestion_is_heeded_once_a_second() {
        let now = Instant::now();
        let mut pace = Pace::new(100, now);
        pace.congestion(89, now);
        assert_eq!(pace.window(), 100);
        pace.congestion(95, now);
        pace.congestion(95, now);
        assert_eq!(pace.window(), 50);
        pace.congestion(95, now + Duration::from_secs(1));
        assert_eq!(pace.window(), 25);
    }

    #[test]
    fn a_carrier_that_is_full_is_given_no_more() {
        let now = Instant::now();
        let mut pace = Pace::new(100, now);
        pace.congestion(95, now);
        for (state, window) in [(85, 50), (79, 53)] {
            pace.congestion(state, now);
            for _ in 0..160 {
                pace.taken(RTT);
            }
            assert_eq!(pace.window(), window, "{state}");
        }
    }
}
