//! The recorder: takes outcomes off the queue and stores them, many in one change. While the store
//! cannot take them it tries again and the queue fills, which holds back the carriers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::limits;
use domain::ports::{End, Outcome, PortError};

use super::Dispatcher;
use super::in_work::ChunkEnded;
use crate::metrics::ByOutcome;

/// Pause before a change that the store could not take is tried again.
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
        self.store_all(batch, &ends).await;
        self.troubled.store(false, Ordering::SeqCst);
        if !ends.is_empty() {
            self.in_work().end(&ends);
            self.wake.dispatch.notify_one();
            self.idle.notify_waiters();
        }
    }

    /// Stores until it is stored. What the store refuses for good is found one by one, told in the
    /// log and left to its chunk's lease, so that one bad row does not stop all the others.
    async fn store_all(&self, batch: Vec<Outcome>, ends: &[ChunkEnded]) {
        match self.store_soon(&batch, ends).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, outcomes = batch.len(), "refused; one by one"),
        }
        for outcome in batch {
            let chunk = outcome.key.chunk;
            let end: Vec<_> = ends.iter().filter(|(ended, ..)| *ended == chunk).copied().collect();
            if let Err(error) = self.store_soon(&[outcome], &end).await {
                tracing::error!(%error, chunk = chunk.0, "outcome cannot be recorded");
            }
        }
    }

    /// Tries until the store takes it or refuses it for good.
    async fn store_soon(&self, batch: &[Outcome], ends: &[ChunkEnded]) -> Result<(), PortError> {
        loop {
            let now = self.clock.now();
            match self.store.record_outcomes(batch.to_vec(), ends.to_vec(), now).await {
                Ok(recorded) => {
                    self.wake.after(&recorded, &self.metrics);
                    return Ok(());
                }
                Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) => return Err(error),
                Err(error) => {
                    self.troubled.store(true, Ordering::SeqCst);
                    self.metrics.store_retries.inc();
                    tracing::warn!(%error, outcomes = batch.len(), "could not record; again soon");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    fn count(&self, outcome: &Outcome) {
        let word = match outcome.end {
            End::Accepted => "accepted",
            End::Delivered => "delivered",
            End::Refused { .. } => "refused",
            End::Deferred { .. } => "deferred",
            End::Late => "late",
        };
        let labels = ByOutcome { carrier: outcome.carrier.as_str().to_owned(), outcome: word };
        self.metrics.submissions.get_or_create(&labels).inc();
    }
}
