//! The recorder: takes outcomes off the queue and stores them, many in one change. While the store
//! cannot take them it tries again and the queue fills, which holds back the carriers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::limits;
use domain::ports::{End, Outcome};

use super::Dispatcher;
use crate::metrics::ByOutcome;

/// Pause before a refused change is tried again.
const STORE_PAUSE: Duration = Duration::from_millis(500);

impl Dispatcher {
    /// The worker. Safe to drop: unrecorded outcomes are then repeated by their chunk's lease.
    pub(crate) async fn record(&self) {
        let mut queue = self.queued.lock().await;
        while let Some(mut batch) = queue.recv().await {
            while batch.len() < limits::OUTCOME_FLUSH_MAX {
                match queue.try_recv() {
                    Ok(more) => batch.extend(more),
                    Err(_) => break,
                }
            }
            self.flush(batch).await;
        }
    }

    async fn flush(&self, batch: Vec<Outcome>) {
        for outcome in &batch {
            self.count(outcome);
        }
        let ends = self.in_work().note(&batch, self.clock.now());
        // The last clone could be spared; a batch is recorded at the first try nearly always.
        while let Err(error) =
            self.store.record_outcomes(batch.clone(), ends.clone(), self.clock.now()).await.map(
                |recorded| {
                    self.wake.after(&recorded);
                },
            )
        {
            self.metrics.store_retries.inc();
            tracing::warn!(%error, outcomes = batch.len(), "could not record outcomes; again soon");
            tokio::time::sleep(STORE_PAUSE).await;
        }
        if !ends.is_empty() {
            self.wake.dispatch.notify_one();
        }
        if self.closed.load(Ordering::SeqCst) {
            self.idle.notify_waiters();
        }
    }

    fn count(&self, outcome: &Outcome) {
        let word = match outcome.end {
            End::Accepted => "accepted",
            End::Delivered => "delivered",
            End::Refused { .. } => "refused",
            End::Deferred { .. } => "deferred",
        };
        let labels = ByOutcome { carrier: outcome.carrier.as_str().to_owned(), outcome: word };
        self.metrics.submissions.get_or_create(&labels).inc();
    }
}
