//! The carrier's rate limit in parts per second, shared by its sessions.

use std::sync::{Mutex, MutexGuard, PoisonError};

use smpp::rate::Rate;
use tokio::time::Instant;

/// Burst after idle time, as a fraction of a second.
const BURST: u32 = 20;

#[derive(Debug)]
pub(super) struct Limit {
    limited: bool,
    rate: Mutex<Rate>,
}

impl Limit {
    /// 0 for no limit.
    pub(super) fn new(parts_per_s: u32) -> Self {
        let bucket = (parts_per_s / BURST).max(1);
        let rate = Rate::with_bucket(parts_per_s, bucket, Instant::now().into_std());
        Self { limited: parts_per_s > 0, rate: Mutex::new(rate) }
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Parts that may be sent in one burst, at least one.
    pub(super) fn at_once(&self) -> usize {
        if !self.limited {
            return usize::MAX;
        }
        let available = self.rate().available(Instant::now().into_std());
        usize::try_from(available.max(1)).unwrap_or(usize::MAX)
    }

    /// Waits until `parts` may be sent, and counts them. If it is dropped early they stay counted, which only slows
    /// down.
    pub(super) async fn wait(&self, parts: usize) {
        let mut left = if self.limited { u32::try_from(parts).unwrap_or(u32::MAX) } else { 0 };
        while left > 0 {
            let now = Instant::now().into_std();
            let pause = {
                let mut rate = self.rate();
                left -= rate.take(left, now);
                rate.wait(now)
            };
            if left > 0 {
                tokio::time::sleep(pause).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;

    /// Parts sent in a minute by `sessions` sessions, in jobs of one to three parts.
    async fn sent_in_a_minute(parts_per_s: u32, sessions: usize) -> usize {
        let limit = Arc::new(Limit::new(parts_per_s));
        let sent = Arc::new(AtomicUsize::new(0));
        let mut sending = JoinSet::new();
        for session in 0..sessions {
            let (limit, sent) = (limit.clone(), sent.clone());
            sending.spawn(async move {
                for number in session.. {
                    let parts = (1 + number % 3).min(limit.at_once());
                    limit.wait(parts).await;
                    sent.fetch_add(parts, Ordering::Relaxed);
                }
            });
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        sent.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_is_accurate_to_two_percent_whatever_the_number_of_sessions() {
        for parts_per_s in [10, 100, 333, 2_000] {
            for sessions in [1, 4, 16] {
                let sent = sent_in_a_minute(parts_per_s, sessions).await;
                let due = usize::try_from(parts_per_s).unwrap() * 60;
                let off = sent.abs_diff(due);
                assert!(off * 50 <= due, "{sent} of {due} by {sessions} sessions");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_accumulates_a_twentieth_of_a_second() {
        let limit = Limit::new(1_000);
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert_eq!(limit.at_once(), 50);
        limit.wait(50).await;
        let begun = Instant::now();
        limit.wait(100).await;
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_millis(100) && took < Duration::from_millis(110),
            "{took:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_never_waits() {
        let (limit, begun) = (Limit::new(0), Instant::now());
        limit.wait(limit.at_once()).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
