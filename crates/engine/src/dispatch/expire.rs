//! Expires messages past their validity and recipients whose receipts are overdue. The order watch
//! expires unpaid invoices, because the Lightning node decides those too.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;

use super::Dispatcher;

const ROUND: Duration = Duration::from_secs(1);

/// Messages per change.
const BATCH_MAX: u32 = 500;

/// Rounds between two deletions of rows that are past their retention.
const ROUNDS_PER_DELETION: u32 = 600;

impl Dispatcher {
    /// The worker.
    pub(crate) async fn expire(self: Arc<Self>) {
        loop {
            for _ in 0..ROUNDS_PER_DELETION {
                self.expire_due().await;
                tokio::time::sleep(ROUND).await;
            }
            self.delete_old().await;
        }
    }

    async fn delete_old(&self) {
        let before = self.context.clock.now().before(limits::FORGET_AFTER);
        loop {
            match self.context.store.forget(before, BATCH_MAX).await {
                Ok(0) => return,
                Ok(rows) => tracing::debug!(rows, "deleted old rows"),
                Err(error) => {
                    tracing::warn!(%error, "could not delete old rows; trying again later");
                    return;
                }
            }
        }
    }

    /// Expires due messages; repeats at once while batches are full.
    async fn expire_due(&self) {
        loop {
            let now = self.context.clock.now();
            let parked_before = now.before(limits::PARKED_RECEIPT_AGE_MAX);
            match self.context.store.expire(now, parked_before, BATCH_MAX).await {
                Ok(recorded) => {
                    self.context.wake.after(&recorded, &self.context.metrics);
                    if recorded.recipients < BATCH_MAX {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not expire messages; trying again");
                    return;
                }
            }
        }
    }
}
