//! What happens often is counted, and told seldom.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::routing::CarrierName;
use tokio::time::Instant;

/// Between two lines about the same thing.
const EVERY: Duration = Duration::from_secs(60);

/// Without its return for so long, a thing is over.
const OVER_AFTER: Duration = Duration::from_secs(10);

/// Things that nobody can be told of.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// Logged at every power of two, so that a carrier that sends many fills no log.
    pub(super) fn note(&self, carrier: &CarrierName, what: &'static str) {
        let total = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        if total.is_power_of_two() {
            tracing::warn!(carrier = carrier.as_str(), total, "{what}");
        }
    }
}

/// A trouble that comes and goes: told when it begins, once a minute while it lasts, and when it is
/// over.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<Lasting>>);

#[derive(Debug)]
struct Lasting {
    since: Instant,
    told: Instant,
    latest: Instant,
    times: u64,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Begun,
    Lasts { times: u64, seconds: u64 },
    Over { times: u64, seconds: u64 },
}

impl Trouble {
    fn state(&self) -> MutexGuard<'_, Option<Lasting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It happened.
    pub(super) fn note(&self, now: Instant) -> Option<Line> {
        let mut state = self.state();
        let Some(lasting) = &mut *state else {
            *state = Some(Lasting { since: now, told: now, latest: now, times: 1 });
            return Some(Line::Begun);
        };
        lasting.times += 1;
        lasting.latest = now;
        if now.duration_since(lasting.told) < EVERY {
            return None;
        }
        lasting.told = now;
        let seconds = now.duration_since(lasting.since).as_secs();
        Some(Line::Lasts { times: lasting.times, seconds })
    }

    /// It did not happen where it might have. One that returns at once is not over.
    pub(super) fn well(&self, now: Instant) -> Option<Line> {
        let mut state = self.state();
        state.as_ref().filter(|lasting| now.duration_since(lasting.latest) >= OVER_AFTER)?;
        let Lasting { since, latest, times, .. } = state.take()?;
        Some(Line::Over { times, seconds: latest.duration_since(since).as_secs() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_when_it_begins_once_a_minute_and_when_it_is_over() {
        let (trouble, begun) = (Trouble::default(), Instant::now());
        let mut lines = Vec::new();
        for tenth in 0..1_500 {
            let now = begun + Duration::from_millis(tenth * 100);
            lines.extend(trouble.note(now));
            lines.extend(trouble.well(now));
        }
        let later = begun + Duration::from_secs(170);
        lines.extend(trouble.well(later));
        lines.extend(trouble.well(later));
        let lasts = |times, seconds| Line::Lasts { times, seconds };
        let over = Line::Over { times: 1_500, seconds: 149 };
        assert_eq!(lines, [Line::Begun, lasts(601, 60), lasts(1_201, 120), over]);
    }
}
