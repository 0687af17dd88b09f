//! Re-examines deferrals, and expires messages past their validity and recipients whose receipts are overdue. The order watch
//! expires unpaid invoices, because the Lightning node decides those too.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use domain::ports::PortError;

use super::Dispatcher;

const ROUND: Duration = Duration::from_secs(1);

/// Messages per change.
const BATCH_MAX: u32 = 500;

/// Rounds between two deletions of rows that are past their retention.
const ROUNDS_PER_DELETION: u32 = 600;

/// Rounds between two searches for what was put off while the clock was ahead; the first is at the start.
const ROUNDS_PER_REEXAMINATION: u32 = 30;

impl Dispatcher {
    /// The worker.
    pub(crate) async fn expire(self: Arc<Self>) {
        loop {
            for round in 0..ROUNDS_PER_DELETION {
                if round % ROUNDS_PER_REEXAMINATION == 0 {
                    self.reexamine_deferrals().await;
                }
                self.expire_due().await;
                tokio::time::sleep(ROUND).await;
            }
            self.delete_old().await;
        }
    }

    async fn reexamine_deferrals(&self) {
        match self.context.store.reexamine_deferrals(self.context.clock.now()).await {
            Ok(0) => {}
            Ok(rows) => {
                tracing::warn!(rows, "put off while the clock was ahead; due at once");
                self.context.wake.dispatch.notify_one();
                self.context.wake.watch.notify_one();
            }
            Err(error) => tracing::warn!(%error, "could not re-examine deferrals; trying again"),
        }
    }

    async fn delete_old(&self) {
        let (store, now) = (&self.context.store, self.context.clock.now());
        let before = now.before(limits::FORGET_AFTER);
        delete(|| store.forget(before, BATCH_MAX)).await;
        let before = now.before(self.context.orders.unpaid_kept);
        delete(|| store.forget_unpaid_orders(before, BATCH_MAX)).await;
    }

    /// Expires due messages; repeats at once while batches are full.
    async fn expire_due(&self) {
        loop {
            let now = self.context.clock.now();
            let unreceipted = self.context.orders.unreceipted;
            let parked_before = now.before(limits::PARKED_RECEIPT_AGE_MAX);
            match self.context.store.expire(now, parked_before, BATCH_MAX, unreceipted).await {
                Ok(recorded) => {
                    self.context.wake.after(&recorded, &self.context.metrics);
                    // A message that is settled as sent keeps its recipient's state.
                    if recorded.recipients.saturating_add(recorded.decided) < BATCH_MAX {
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

/// Deletes batches until there is nothing left.
async fn delete<F: Future<Output = Result<u64, PortError>>>(mut batch: impl FnMut() -> F) {
    loop {
        match batch().await {
            Ok(0) => return,
            Ok(rows) => tracing::debug!(rows, "deleted old rows"),
            Err(error) => {
                tracing::warn!(%error, "could not delete old rows; trying again later");
                return;
            }
        }
    }
}
