//! Commits that were lost: what the writer says of them, and what they say of the store.
//!
//! While they go on being lost (a full disk), the log gets a line at most every ten seconds, with
//! their number.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::ports::PortError;

/// How long a lost commit speaks against the store when nothing else is written.
const LOSS_COUNTS: Duration = Duration::from_secs(30);

/// Between two lines of the log.
const QUIET: Duration = Duration::from_secs(10);

/// When the last commit was lost, and why; nothing once another one succeeded.
#[derive(Clone, Default)]
pub(super) struct LastLoss(Arc<Mutex<Option<(Instant, PortError)>>>);

impl LastLoss {
    /// The loss that counts now.
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
    /// When the log was told, and how many were lost since.
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

    /// What the log is told now: how many were lost since it was told last.
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
