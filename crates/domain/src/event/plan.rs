//! When an event is attempted again. A plan for each target; one function reads them.
//!
//! | target | delivered by | attempts | waits between them | ended early by |
//! |---|---|---|---|---|
//! | webhook | any 2xx | 12 in 28 hours | 5 s, 30 s, 2 min … 8 h | 410 Gone |
//! | callback | 200 | 25 in 24 hours | 1 hour | nothing |

use std::ops::RangeInclusive;
use std::time::Duration;

use super::attempt::AttemptResult;
use crate::ports::RetryAfter;
use crate::time::Timestamp;

const TOO_MANY_REQUESTS: u16 = 429;
const UNAVAILABLE: u16 = 503;

/// The longest wait that a receiver may ask for with `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    delivered: RangeInclusive<u16>,
    /// The status by which a receiver says that it wants no more.
    unwanted: Option<u16>,
    /// Seconds after the first, second, … failed attempt. After the last wait comes the last attempt.
    waits_s: &'static [u64],
    /// Whether `Retry-After` makes a wait longer.
    waits_longer: bool,
}

impl Plan {
    /// Quick at first for a receiver that restarts, then patient for an outage of a day.
    pub const WEBHOOK: Self = Self {
        delivered: 200..=299,
        unwanted: Some(410),
        waits_s: &[5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 25_200, 28_800],
        waits_longer: true,
    };

    /// As the query door's contract has it.
    pub const CALLBACK: Self =
        Self { delivered: 200..=200, unwanted: None, waits_s: &[3_600; 24], waits_longer: false };
}

/// An attempt that has ended, as far as it matters for the next one.
#[derive(Debug, Clone, Copy)]
pub struct Tried {
    /// Attempts made, this one included.
    pub attempts: u32,
    pub result: AttemptResult,
    pub retry_after: Option<RetryAfter>,
    /// Spreads over a tenth of the wait what failed at the same time. Any number, the same for every
    /// attempt of an event.
    pub salt: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Delivered,
    At(Timestamp),
    /// There is no next attempt.
    Failed,
}

pub fn next_attempt(plan: &Plan, tried: Tried, now: Timestamp) -> Next {
    let status = tried.result.status();
    if status.is_some_and(|status| plan.delivered.contains(&status)) {
        return Next::Delivered;
    }
    if status.is_some() && status == plan.unwanted {
        return Next::Failed;
    }
    let Some(wait) = wait_after(plan, tried.attempts) else { return Next::Failed };
    let spread = wait / 100 * u32::try_from(tried.salt % 11).unwrap_or(0);
    let asked = match status {
        Some(TOO_MANY_REQUESTS | UNAVAILABLE) if plan.waits_longer => match tried.retry_after {
            Some(RetryAfter::After(wait)) => wait,
            Some(RetryAfter::At(at)) => at.since(now),
            None => Duration::ZERO,
        },
        _ => Duration::ZERO,
    };
    Next::At(now.after(wait.max(asked.min(RETRY_AFTER_MAX)) + spread))
}

fn wait_after(plan: &Plan, attempts: u32) -> Option<Duration> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    plan.waits_s.get(index).copied().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::super::attempt::AttemptError;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_793_534_400_000);
    const TIMED_OUT: AttemptResult = AttemptResult::Error(AttemptError::TimedOut);

    fn tried(attempts: u32, result: AttemptResult) -> Tried {
        Tried { attempts, result, retry_after: None, salt: 0 }
    }

    const fn status(status: u16) -> AttemptResult {
        AttemptResult::Status(status)
    }

    fn after(seconds: u64) -> Next {
        Next::At(NOW.after(Duration::from_secs(seconds)))
    }

    #[test]
    fn follows_the_plan_of_the_target() {
        let (webhook, callback) = (&Plan::WEBHOOK, &Plan::CALLBACK);
        for (plan, attempts, result, next) in [
            (webhook, 1, status(200), Next::Delivered),
            (webhook, 12, status(204), Next::Delivered),
            (webhook, 1, status(302), after(5)),
            (webhook, 2, status(404), after(30)),
            (webhook, 3, TIMED_OUT, after(120)),
            (webhook, 11, status(500), after(28_800)),
            (webhook, 12, status(500), Next::Failed),
            (webhook, 1, status(410), Next::Failed),
            (callback, 1, status(200), Next::Delivered),
            (callback, 1, status(201), after(3_600)),
            (callback, 1, status(404), after(3_600)),
            (callback, 1, status(410), after(3_600)),
            (callback, 24, TIMED_OUT, after(3_600)),
            (callback, 25, TIMED_OUT, Next::Failed),
        ] {
            let tried = tried(attempts, result);
            assert_eq!(next_attempt(plan, tried, NOW), next, "{plan:?} {tried:?}");
        }
    }

    #[test]
    fn attempts_and_time_are_as_promised() {
        for (plan, attempts, hours) in [(Plan::WEBHOOK, 12, 28), (Plan::CALLBACK, 25, 24)] {
            assert_eq!(plan.waits_s.len() + 1, attempts);
            assert_eq!(plan.waits_s.iter().sum::<u64>() / 3_600, hours);
        }
        assert!(Plan::WEBHOOK.waits_s.is_sorted());
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_up_to_a_day() {
        for (code, asked, expected) in [
            (429, 60, 60),
            (503, 60, 60),
            (503, 1, 5),
            (503, u64::MAX, 24 * 3_600),
            // Of errors, only 503 and 429 define the header (RFC 9110 §10.2.3, RFC 6585 §4).
            (500, 60, 5),
        ] {
            let wait = Duration::from_secs(asked);
            for asked in [RetryAfter::After(wait), RetryAfter::At(NOW.after(wait))] {
                let tried = Tried { retry_after: Some(asked), ..tried(1, status(code)) };
                assert_eq!(next_attempt(&Plan::WEBHOOK, tried, NOW), after(expected), "{tried:?}");
            }
        }
        let past = RetryAfter::At(NOW.before(Duration::from_secs(60)));
        let tried_once = Tried { retry_after: Some(past), ..tried(1, status(503)) };
        assert_eq!(next_attempt(&Plan::WEBHOOK, tried_once, NOW), after(5));
        let now = Some(RetryAfter::After(Duration::ZERO));
        let last = Tried { retry_after: now, ..tried(12, status(503)) };
        assert_eq!(next_attempt(&Plan::WEBHOOK, last, NOW), Next::Failed);
    }

    #[test]
    fn spreads_what_failed_together_over_a_tenth_of_the_wait() {
        for (salt, millis) in [(10, 5_500), (11, 5_000), (u64::MAX, 5_200)] {
            let tried = Tried { salt, ..tried(1, TIMED_OUT) };
            let at = NOW.after(Duration::from_millis(millis));
            assert_eq!(next_attempt(&Plan::WEBHOOK, tried, NOW), Next::At(at), "{salt}");
        }
    }
}
