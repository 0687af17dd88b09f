//! How fast one session may go: a window that grows while the carrier takes what it is given and
//! halves when it asks for less, and a pause after each such wish. Pure: time and chance are passed
//! in.

use std::time::Duration;

use smpp::backoff::Backoff;
use tokio::time::Instant;

/// From here on a peer calls itself congested (SMPP 5.0 §4.8.4.18: 80–89 is optimal use).
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
    congestion_heeded: Option<Instant>,
}

impl Pace {
    pub(super) fn new(window_max: u32) -> Self {
        Self {
            window: window_max,
            window_max,
            taken: 0,
            paused_until: None,
            pause: Duration::ZERO,
            backoff: Backoff::throttled(),
            congestion_heeded: None,
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
    pub(super) fn taken(&mut self) {
        self.taken += 1;
        if self.taken >= self.window {
            self.taken = 0;
            self.backoff.reset();
            self.window = (self.window + 1).min(self.window_max);
        }
    }

    /// The carrier asked for less. What was in the window together counts once.
    pub(super) fn throttled(&mut self, now: Instant, random: u64) {
        if self.paused_until(now).is_some() {
            return;
        }
        self.pause = self.backoff.next(random);
        self.paused_until = Some(now + self.pause);
        self.halve();
    }

    /// The carrier says how full it is.
    pub(super) fn congestion(&mut self, state: u8, now: Instant) {
        let heeded = self.congestion_heeded.is_some_and(|at| now < at + CONGESTION_EVERY);
        if state >= CONGESTED && !heeded {
            self.congestion_heeded = Some(now);
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.window = (self.window / 2).max(1);
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_for_less_halves_once_and_pauses_longer_each_time() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100);
        let mut pauses = Vec::new();
        for window in [50, 25, 12] {
            for _ in 0..20 {
                pace.throttled(now, u64::MAX);
            }
            assert_eq!(pace.window(), window);
            pauses.push(pace.pause());
            now = pace.paused_until(now).unwrap();
            assert_eq!(pace.paused_until(now), None);
        }
        assert!(pauses.is_sorted() && pauses[2] > pauses[0], "{pauses:?}");
    }

    #[test]
    fn the_window_comes_back_and_never_leaves_its_bounds() {
        let now = Instant::now();
        let mut pace = Pace::new(4);
        for step in 0..10 {
            pace.throttled(now + Duration::from_secs(step * 60), 0);
        }
        assert_eq!(pace.window(), 1);
        for _ in 0..1_000 {
            pace.taken();
        }
        assert_eq!(pace.window(), 4);
    }

    #[test]
    fn congestion_is_heeded_once_a_second() {
        let now = Instant::now();
        let mut pace = Pace::new(100);
        pace.congestion(89, now);
        assert_eq!(pace.window(), 100);
        pace.congestion(95, now);
        pace.congestion(95, now);
        assert_eq!(pace.window(), 50);
        pace.congestion(95, now + Duration::from_secs(1));
        assert_eq!(pace.window(), 25);
    }
}
