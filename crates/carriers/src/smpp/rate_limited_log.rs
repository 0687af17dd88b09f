//! Rate-limited logging: frequent events are counted and logged rarely.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::routing::CarrierName;
use tokio::time::Instant;

/// Minimum interval between two lines about the same incident.
const EVERY: Duration = Duration::from_secs(60);

/// An incident is over when it has not recurred for this long.
const OVER_AFTER: Duration = Duration::from_secs(10);

/// A counter whose total is logged as a warning.
#[derive(Debug, Default)]
pub(super) struct RareWarning(AtomicU64);

impl RareWarning {
    /// Counts one and logs at every power of two, so that frequent events do not fill the log.
    pub(super) fn note(&self, carrier: &CarrierName, what: &'static str) {
        let total = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        if total.is_power_of_two() {
            tracing::warn!(carrier = carrier.as_str(), total, "{what}");
        }
    }
}

/// A recurring problem: logged when it begins, once a minute while it lasts, and when it is over.
#[derive(Debug, Default)]
pub(super) struct Incident(Mutex<Option<Lasting>>);

#[derive(Debug)]
struct Lasting {
    since: Instant,
    logged: Instant,
    latest: Instant,
    times: u64,
}

/// A line to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Begun,
    Lasts { times: u64, seconds: u64 },
    Over { times: u64, seconds: u64 },
}

impl Incident {
    fn state(&self) -> MutexGuard<'_, Option<Lasting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records an occurrence.
    pub(super) fn note(&self, now: Instant) -> Option<Line> {
        let mut state = self.state();
        let Some(lasting) = &mut *state else {
            *state = Some(Lasting { since: now, logged: now, latest: now, times: 1 });
            return Some(Line::Begun);
        };
        lasting.times += 1;
        lasting.latest = now;
        if now.duration_since(lasting.logged) < EVERY {
            return None;
        }
        lasting.logged = now;
        let seconds = now.duration_since(lasting.since).as_secs();
        Some(Line::Lasts { times: lasting.times, seconds })
    }

    /// Records a success, which ends the incident unless it recurred recently.
    pub(super) fn record_success(&self, now: Instant) -> Option<Line> {
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
    fn an_incident_is_logged_at_its_start_once_a_minute_and_at_its_end() {
        let (trouble, begun) = (Incident::default(), Instant::now());
        let mut lines = Vec::new();
        for tenth in 0..1_500 {
            let now = begun + Duration::from_millis(tenth * 100);
            lines.extend(trouble.note(now));
            lines.extend(trouble.record_success(now));
        }
        let later = begun + Duration::from_secs(170);
        lines.extend(trouble.record_success(later));
        lines.extend(trouble.record_success(later));
        let lasts = |times, seconds| Line::Lasts { times, seconds };
        let over = Line::Over { times: 1_500, seconds: 149 };
        assert_eq!(lines, [Line::Begun, lasts(601, 60), lasts(1_201, 120), over]);
    }
}
