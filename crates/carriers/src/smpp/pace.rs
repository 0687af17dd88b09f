//! The pace of one session: a window that grows while the carrier accepts parts and is halved when it throttles, a pause
//! after each throttling, and then a rate (see `learnt_rate`). Pure: time and randomness are passed in.
//!
//! | the carrier | the window | |
//! |---|---|---|
//! | throttles (`ESME_RTHROTTLED`) | half, unless the rate suffices | pause, doubling from 500 ms to 16 s |
//! | has a full queue (`ESME_RMSGQFUL`) for some destinations | unchanged | |
//! | has a full queue for several destinations, and accepts nothing between | as throttling | as throttling |
//! | reports congestion of 90 or more | half, once a second | |
//! | reports congestion of 80 to 89 | unchanged | |
//! | responds ever later without more throughput | three quarters (see `delay`) | |
//! | accepts a window of parts | one more | |
//! | accepts a part after a pause | | the pauses start again |

use std::time::Duration;

use domain::number::Msisdn;
use smpp::backoff::Backoff;
use tokio::time::Instant;

use super::delay::{Delay, Trend};
use super::learnt_rate::LearntRate;

/// Lower end of optimal load (SMPP 5.0 §4.8.4.18).
const FULL: u8 = 80;

/// From here on the peer is congested.
const CONGESTED: u8 = 90;

/// Minimum interval between changes of the window for congestion.
const CONGESTION_EVERY: Duration = Duration::from_secs(1);

/// Destinations with full queues, and no accepted part between them, that make it the carrier's queue. One or two are
/// phones that are switched off.
const FULL_QUEUES: usize = 5;

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
    learnt: LearntRate,
    throttled_at: Option<Instant>,
    /// Destinations with full queues since a part was accepted.
    full_queues: Vec<Msisdn>,
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
            learnt: LearntRate::new(now),
            throttled_at: None,
            full_queues: Vec::new(),
        }
    }

    pub(super) const fn window(&self) -> u32 {
        self.window
    }

    /// The latest pause, as a hint when to retry.
    pub(super) const fn pause(&self) -> Duration {
        self.pause
    }

    /// Until when nothing is sent, because of a pause or the rate.
    pub(super) fn held_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.max(self.learnt.next_at()).filter(|until| *until > now)
    }

    /// Parts that may then be sent at once, as far as the window allows.
    pub(super) fn at_once(&self) -> usize {
        self.learnt.at_once()
    }

    pub(super) fn sent(&mut self, parts: usize, now: Instant) {
        self.learnt.sent(parts, now);
    }

    /// A part was accepted. After a whole window of them the window grows by one.
    pub(super) fn taken(&mut self, rtt: Duration) {
        self.delay.note(rtt);
        self.learnt.accepted();
        self.full_queues.clear();
        self.taken += 1;
        if self.taken >= self.window {
            self.taken = 0;
            if self.congestion < FULL && !self.delay.is_long() {
                self.window = (self.window + 1).min(self.window_max);
            }
        }
    }

    /// Responses were read; `in_flight` parts awaited one before.
    pub(super) fn answered(&mut self, in_flight: u32, now: Instant) {
        self.learnt.answered(now);
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

    /// The carrier throttled a part that was sent at `sent_at`. Returns whether this changes the pace; parts that were sent
    /// before the last change count once.
    pub(super) fn throttled(&mut self, sent_at: Instant, now: Instant, random: u64) -> bool {
        let known = self.throttled_at.is_some_and(|at| sent_at < at);
        if known || self.paused_until.is_some_and(|until| until > now) {
            return false;
        }
        self.throttled_at = Some(now);
        let has_rate = self.learnt.next_at().is_some();
        let accepted_some = self.learnt.throttled(now);
        if accepted_some {
            self.backoff.reset();
        }
        if !(has_rate && accepted_some) {
            self.halve();
        }
        self.pause = self.backoff.next(random);
        self.paused_until = Some(now + self.pause);
        true
    }

    /// The carrier has a full queue for a destination. Returns whether this changes the pace: if several have, it is the
    /// carrier's own queue.
    pub(super) fn queue_full(
        &mut self,
        to: Msisdn,
        sent_at: Instant,
        now: Instant,
        random: u64,
    ) -> bool {
        if self.full_queues.len() < FULL_QUEUES && !self.full_queues.contains(&to) {
            self.full_queues.push(to);
        }
        self.full_queues.len() >= FULL_QUEUES && self.throttled(sent_at, now, random)
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
            let news = (0..20).filter(|_| pace.throttled(now, now, u64::MAX)).count();
            assert_eq!((pace.window(), news), (window, 1));
            pauses.push(pace.pause());
            now = pace.paused_until.unwrap().max(pace.held_until(now).unwrap());
            assert_eq!(pace.held_until(now), None);
        }
        assert!(pauses.is_sorted() && pauses[2] > pauses[0], "{pauses:?}");
    }

    #[test]
    fn pauses_are_bounded() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        for _ in 0..100 {
            pace.throttled(now, now, u64::MAX);
            assert!(pace.pause() <= Duration::from_secs(16));
            now = pace.held_until(now).unwrap();
        }
    }

    #[test]
    fn the_window_recovers_within_its_bounds() {
        let now = Instant::now();
        let mut pace = Pace::new(4, now);
        for step in 0..10 {
            let later = now + Duration::from_secs(step * 60);
            pace.throttled(later, later, 0);
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

    fn phone(number: u32) -> Msisdn {
        format!("45201234{number:02}").parse().unwrap()
    }

    #[test]
    fn the_full_queues_of_some_destinations_change_nothing() {
        let now = Instant::now();
        let mut pace = Pace::new(100, now);
        for _ in 0..1_000 {
            assert!(!pace.queue_full(phone(1), now, now, 0));
        }
        for number in 0..90 {
            assert!(!pace.queue_full(phone(number % 4), now, now, 0));
            pace.taken(RTT);
            assert!(!pace.queue_full(phone(number), now, now, 0));
        }
        assert_eq!((pace.window(), pace.held_until(now)), (100, None));
    }

    #[test]
    fn the_full_queues_of_several_destinations_are_the_carriers() {
        let mut now = Instant::now();
        let mut pace = Pace::new(100, now);
        let slowed = (0..20).filter(|number| pace.queue_full(phone(*number), now, now, u64::MAX));
        assert_eq!(slowed.count(), 1);
        assert_eq!(pace.window(), 50);
        let pause = pace.pause();
        now = pace.held_until(now).unwrap();
        assert!(pace.queue_full(phone(0), now, now, u64::MAX), "it is still full");
        assert!(pace.pause() > pause);
        now = pace.held_until(now).unwrap();
        pace.taken(RTT);
        assert!(!pace.queue_full(phone(1), now, now, u64::MAX), "it accepts again");
    }

    #[test]
    fn late_refusals_of_one_volley_count_once() {
        let begun = Instant::now();
        let mut pace = Pace::new(100, begun);
        for late in [1, 2, 5, 20] {
            let now = begun + Duration::from_secs(late);
            assert_eq!(pace.throttled(begun, now, 0), late == 1, "{late}");
        }
        assert_eq!(pace.window(), 50);
    }
}
