//! Failed commits: how they are logged, and how long they make the store unavailable.
//!
//! While commits keep failing (a full disk), one line is logged every ten seconds at most, with their
//! number.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ports::PortError;

/// How long a failed commit makes the store unavailable when nothing else is written.
const LOSS_COUNTS: Duration = Duration::from_secs(30);

/// Between two lines of the log.
const QUIET: Duration = Duration::from_secs(10);

/// When the last commit failed, and why; empty once another one succeeded.
#[derive(Clone, Default)]
pub(super) struct LastLoss(Arc<Mutex<Option<(Instant, PortError)>>>);

impl LastLoss {
    /// The failure that counts now.
    pub(super) fn standing(&self) -> Option<PortError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() < LOSS_COUNTS).map(|(_, error)| error.clone())
    }

    fn set(&self, loss: Option<(Instant, PortError)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = loss;
    }
}

/// The writer's side of it.
#[derive(Default)]
pub(super) struct Losses {
    last: LastLoss,
    /// When the last line was logged, and how many commits failed since.
    told: Option<(Instant, u64)>,
}

impl Losses {
    pub(super) fn new(last: LastLoss) -> Self {
        Self { last, told: None }
    }

    pub(super) fn lost(&mut self, commands: usize, error: &PortError, now: Instant) {
        self.last.set(Some((now, error.clone())));
        if let Some(more) = self.due_line(now) {
            tracing::error!(commands, more, %error, "a commit failed");
        }
    }

    /// How many failed since the last line, if a line is due.
    fn due_line(&mut self, now: Instant) -> Option<u64> {
        match &mut self.told {
            Some((at, unsaid)) if now.duration_since(*at) < QUIET => {
                *unsaid += 1;
                None
            }
            told => {
                let unsaid = told.map_or(0, |(_, unsaid)| unsaid);
                *told = Some((now, 0));
                Some(unsaid)
            }
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.last.set(None);
        if let Some((_, more)) = self.told.take_if(|(_, unsaid)| *unsaid > 0) {
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
        let told: Vec<_> = (0..25)
            .filter_map(|second| losses.due_line(begin + Duration::from_secs(second)))
            .collect();
        assert_eq!(told, [0, 9, 9]);
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
