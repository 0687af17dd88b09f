//! The worker that joins messages without the parts that are overdue.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;

use super::Inbound;

const ROUND: Duration = Duration::from_secs(5);

impl Inbound {
    pub(crate) async fn join(self: Arc<Self>) {
        loop {
            self.round().await;
            tokio::time::sleep(ROUND).await;
        }
    }

    /// Joins what is overdue; repeats at once while batches are full.
    async fn round(&self) {
        loop {
            let now = self.clock.now();
            let (since, limit) = (now.before(limits::INBOUND_JOIN_MAX), limits::INBOUND_JOINED_MAX);
            let joined = match self.receivers().await {
                Ok(receivers) => self.store.join_incomplete(since, receivers, now, limit).await,
                Err(error) => Err(error),
            };
            match joined {
                Ok(recorded) => {
                    self.after(&recorded);
                    if recorded.incomplete < limit && recorded.forgotten < limit {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not join incomplete messages; trying again");
                    return;
                }
            }
        }
    }
}
