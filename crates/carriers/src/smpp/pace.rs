//! The pace of one session: a window that grows while the carrier accepts parts and is halved when it throttles, and a
//! pause after each throttling. Pure: time and randomness are passed in.
//!
//! | the carrier | the window | |
//! |---|---|---|
//! | throttles (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`) | half | pause, doubling from 500 ms to 16 s |
//! | reports congestion of 90 or more | half, once a second | |
//! | reports congestion of 80 to 89 | unchanged | |
//! | responds ever later without more throughput | three quarters (see `delay`) | |
//! | accepts a window of parts | one more | the pause is reset |

use std::time::Duration;

use smpp::backoff::Backoff;
use tokio::time::Instant;

use super::delay::{Delay, Trend};

/// Lower end of optimal load (SMPP 5.0 §4.8.4.18).
const FULL: u8 = 80;

/// From here on the peer is congested.
const CONGESTED: u8 = 90;

/// Minimum interval between changes of the window for congestion.
const CONGESTION_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Pace {
    window: u32,
    window_max: u32,
    /// Parts accepted since the window last changed.
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

    /// The latest pause, as a hint when to retry.
    pub(super) const fn pause(&self) -> Duration {
        self.pause
    }

    /// Until when nothing is sent.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    /// A part was accepted. After a whole window of them the window grows by one and the pause is reset.
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

    /// Responses were read; `in_flight` parts awaited one before.
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

    /// The carrier throttled a part. Returns whether this changes the pace; the parts of one window count once.
    pub(super) fn throttled(&mut self, now: Instant, random: u64) -> bool {
        if self.paused_until(now).is_some() {
            return false;
        }
        self.pause = self.backoff.next(random);
        self.paused_until = Some(now + self.pause);
        self.halve();
        true
    }

    /// The carrier reported its congestion.
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
    fn throttling_halves_once_and_pauses_longer_each_time() {
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
    fn pauses_are_bounded() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        for _ in 0..100 {
            pace.throttled(now, u64::MAX);
            assert!(pace.pause() <= Duration::from_secs(16));
            now = pace.paused_until(now).unwrap();
        }
    }

    #[test]
    fn the_window_recovers_within_its_bounds() {
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
    fn congestion_halves_the_window_once_a_second() {
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
    fn the_window_does_not_grow_at_optimal_load() {
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
