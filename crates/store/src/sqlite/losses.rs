//! Failed commits: how they are logged, and how long they make the store unavailable.
//!
//! While commits keep failing (a full disk), at most one line is logged every ten seconds, with
//! their number.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ports::PortError;

/// How long a failed commit makes the store unavailable without a later success.
const LOSS_COUNTS: Duration = Duration::from_secs(30);

/// Minimum interval between log lines.
const QUIET: Duration = Duration::from_secs(10);

/// Time and error of the last failed commit; empty after a successful one.
#[derive(Clone, Default)]
pub(super) struct LastLoss(Arc<Mutex<Option<(Instant, PortError)>>>);

impl LastLoss {
    /// The failure that still counts.
    pub(super) fn standing(&self) -> Option<PortError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() < LOSS_COUNTS).map(|(_, error)| error.clone())
    }

    fn set(&self, loss: Option<(Instant, PortError)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = loss;
    }
}

/// The flusher's side of it.
#[derive(Default)]
pub(super) struct Losses {
    last: LastLoss,
    /// Time of the last log line, and failures since.
    logged: Option<(Instant, u64)>,
}

impl Losses {
    pub(super) fn new(last: LastLoss) -> Self {
        Self { last, logged: None }
    }

    pub(super) fn lost(&mut self, commands: usize, error: &PortError, now: Instant) {
        self.last.set(Some((now, error.clone())));
        if let Some(more) = self.due_line(now) {
            tracing::error!(commands, more, %error, "a commit failed");
        }
    }

    /// Failures since the last line, if a line is due.
    fn due_line(&mut self, now: Instant) -> Option<u64> {
        match &mut self.logged {
            Some((at, unlogged)) if now.duration_since(*at) < QUIET => {
                *unlogged += 1;
                None
            }
            logged => {
                let unlogged = logged.map_or(0, |(_, unlogged)| unlogged);
                *logged = Some((now, 0));
                Some(unlogged)
            }
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.last.set(None);
        if let Some((_, more)) = self.logged.take_if(|(_, unlogged)| *unlogged > 0) {
            tracing::info!(more, "commits succeed again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_of_the_first_and_then_every_ten_seconds() {
        let mut losses = Losses::default();
        let begin = Instant::now();
        let logged: Vec<_> = (0..25)
            .filter_map(|second| losses.due_line(begin + Duration::from_secs(second)))
            .collect();
        assert_eq!(logged, [0, 9, 9]);
    }

    #[test]
    fn a_loss_stands_until_a_commit_succeeds() {
        let last = LastLoss::default();
        let mut losses = Losses::new(last.clone());
        let full = PortError::Unavailable("full".to_owned());
        losses.lost(1, &full, Instant::now());
        assert_eq!(last.standing(), Some(full));
        losses.succeeded();
        assert_eq!(last.standing(), None);
    }
}
