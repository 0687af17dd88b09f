//! The recorder: takes outcomes off the queue and stores them, many in one change. While the store
//! cannot take them it tries again and the queue fills, which holds back the carriers.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::limits;
use domain::ports::{ChunkEnd, Outcome, PortError, Recorded};

use super::Dispatcher;
use super::in_work::ChunkEnded;
use super::inbox::permits;

/// Pause before a change that the store could not take is tried again.
const STORE_PAUSE: Duration = Duration::from_millis(500);

impl Dispatcher {
    /// The worker. Safe to drop: unrecorded outcomes are then repeated by their chunk's lease.
    pub(crate) async fn record(&self) {
        let mut queue = self.queues.outcomes.lock().await;
        while let Some(mut batch) = queue.recv().await {
            let mut taken = permits(&batch);
            while batch.len() < limits::OUTCOME_FLUSH_MAX {
                let Ok(more) = queue.try_recv() else { break };
                taken += permits(&more);
                batch.extend(more);
            }
            self.queues.room.add_permits(usize::try_from(taken).unwrap_or(usize::MAX));
            self.flush(batch).await;
        }
    }

    async fn flush(&self, mut batch: Vec<Outcome>) {
        let now = self.clock.now();
        let ends = self.in_work().note(&mut batch, now);
        self.counters().count(&batch, &self.metrics);
        self.store_all(batch, &ends).await;
        self.troubled.store(false, Ordering::SeqCst);
        if !ends.is_empty() {
            self.in_work().end(&ends);
            let due = |end: &ChunkEnd| matches!(end, ChunkEnd::Retry { at, .. } if *at <= now);
            // Otherwise there is nothing that the freed room could be for.
            if self.waiting.load(Ordering::SeqCst) || ends.iter().any(|(.., end)| due(end)) {
                self.wake.dispatch.notify_one();
            }
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
        let mut unrecorded = BTreeSet::new();
        for outcome in batch {
            let chunk = outcome.key.chunk;
            if let Err(error) = self.store_soon(&[outcome], &[]).await {
                tracing::error!(%error, %chunk, "outcome cannot be recorded");
                unrecorded.insert(chunk);
            }
        }
        // An end that came before an outcome of its chunk would have the others handed over again.
        for end in ends.iter().filter(|(chunk, ..)| !unrecorded.contains(chunk)) {
            if let Err(error) = self.store_soon(&[], &[*end]).await {
                tracing::error!(%error, chunk = %end.0, "the end of a chunk cannot be recorded");
            }
        }
    }

    /// Tries until the store takes it or refuses it for good.
    async fn store_soon(&self, batch: &[Outcome], ends: &[ChunkEnded]) -> Result<(), PortError> {
        loop {
            let now = self.clock.now();
            let (outcomes, tell) = (batch.to_vec(), self.desk.lease(now));
            match self.store.record_outcomes(outcomes, ends.to_vec(), now, tell).await {
                Ok(recorded) => {
                    self.tell(recorded);
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

    /// What was recorded goes on: workers are woken, and calls that are ours are made.
    pub(super) fn tell(&self, recorded: Recorded) {
        self.wake.after(&recorded, &self.metrics);
        self.desk.take(recorded.webhooks);
    }
}
