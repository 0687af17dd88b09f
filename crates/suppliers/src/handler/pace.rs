//! The rate of requests, and the pause after failures.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// The first pause after a failure, doubled by each further one.
const PAUSE_MIN: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    /// No request waits longer than this for its turn.
    wait_max: Duration,
    next: Mutex<Option<Instant>>,
    pause: Mutex<Pause>,
}

#[derive(Debug, Default)]
struct Pause {
    until: Option<Instant>,
    failures: u32,
}

impl Pace {
    pub(super) fn new(rate: u32, wait_max: Duration) -> Self {
        let gap = Duration::from_secs(1) / rate.max(1);
        Self { gap, wait_max, next: Mutex::default(), pause: Mutex::default() }
    }

    /// Waits for this request's turn. False: too many requests wait already. Half of the time that
    /// requests wait is kept for urgent ones.
    pub(super) async fn turn(&self) -> bool {
        self.turn_within(self.wait_max / 2).await
    }

    /// The turn of a purchase or of the end of a loan.
    pub(super) async fn urgent_turn(&self) -> bool {
        self.turn_within(self.wait_max).await
    }

    async fn turn_within(&self, wait_max: Duration) -> bool {
        let at = {
            let Ok(mut next) = self.next.lock() else { return false };
            let now = Instant::now();
            let at = next.map_or(now, |next| next.max(now));
            if at.duration_since(now) > wait_max {
                return false;
            }
            *next = Some(at + self.gap);
            at
        };
        tokio::time::sleep_until(at).await;
        true
    }

    /// Whether nothing is bought for now, because the wholesaler failed lately.
    pub(super) fn is_paused(&self) -> bool {
        self.pause.lock().is_ok_and(|pause| pause.until.is_some_and(|until| Instant::now() < until))
    }

    pub(super) fn succeeded(&self) {
        if let Ok(mut pause) = self.pause.lock() {
            *pause = Pause::default();
        }
    }

    pub(super) fn failed(&self) {
        if let Ok(mut pause) = self.pause.lock() {
            let length = PAUSE_MIN * 2_u32.pow(pause.failures.min(5));
            pause.failures = pause.failures.saturating_add(1);
            pause.until = Some(Instant::now() + length.min(PAUSE_MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn spaces_requests_and_refuses_a_long_queue() {
        let pace = Pace::new(2, Duration::from_secs(2));
        let begun = Instant::now();
        for _ in 0..3 {
            assert!(pace.turn().await);
        }
        assert_eq!(begun.elapsed().as_millis(), 1_000);
        let waiting = futures_util::future::join_all((0..5).map(|_| pace.turn())).await;
        assert_eq!(waiting, [true, true, false, false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_still_gets_a_turn_when_the_queue_is_full() {
        let pace = Pace::new(2, Duration::from_secs(2));
        let polls = futures_util::future::join_all((0..9).map(|_| pace.turn()));
        let urgent = futures_util::future::join_all((0..9).map(|_| pace.urgent_turn()));
        let (polls, urgent) = tokio::join!(polls, urgent);
        let count = |turns: &[bool]| turns.iter().filter(|had| **had).count();
        assert_eq!((count(&polls), count(&urgent)), (3, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_longer_after_each_failure_and_not_after_a_success() {
        let pace = Pace::new(10, Duration::from_secs(1));
        assert!(!pace.is_paused());
        pace.failed();
        pace.failed();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(pace.is_paused());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!pace.is_paused());
        pace.failed();
        pace.succeeded();
        assert!(!pace.is_paused());
    }
}
