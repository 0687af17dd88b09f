//! The worker that gives up waiting for parts that never come.

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

    /// One look; repeated at once while there is more than a batch.
    async fn round(&self) {
        loop {
            let now = self.clock.now();
            let (since, limit) = (now.before(limits::INBOUND_JOIN_MAX), limits::INBOUND_JOINED_MAX);
            match self.store.join_incomplete(since, self.receivers(), now, limit).await {
                Ok(recorded) => {
                    self.after(recorded);
                    if recorded.incomplete < limit && recorded.forgotten < limit {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not join what waits for parts; trying again");
                    return;
                }
            }
        }
    }
}
