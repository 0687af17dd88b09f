//! One log line for each failed attempt, a few in a second: a receiver that is down may have many events.

use std::time::Duration;

use tokio::time::Instant;

use super::attempt::Failed;

const LINES_PER_SECOND_MAX: u32 = 5;

#[derive(Debug, Default)]
pub(super) struct FailureLog {
    since: Option<Instant>,
    lines: u32,
    unlogged: u64,
}

impl FailureLog {
    /// Customers' receivers are no error of ours.
    pub(super) fn note(&mut self, host: &str, failed: &Failed) {
        let now = Instant::now();
        if self.since.is_none_or(|since| now > since + Duration::from_secs(1)) {
            (self.since, self.lines) = (Some(now), 0);
        }
        if self.lines >= LINES_PER_SECOND_MAX {
            self.unlogged += 1;
            return;
        }
        self.lines += 1;
        let Failed { event, attempts, why } = failed;
        let unlogged = std::mem::take(&mut self.unlogged);
        let unlogged = (unlogged > 0).then_some(unlogged);
        tracing::info!(%event, host, attempts, reason = %why, unlogged, "event not delivered");
    }
}
