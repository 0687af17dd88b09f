//! Records outcomes, many per change. While the store is unavailable it retries and the queue
//! fills, which holds back the carriers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::limits;
use domain::ports::{ChunkEnd, ChunkId, End, Outcome, PortError, Recorded};
use domain::reason::Reason;

use super::Dispatcher;
use super::arrivals::permits;
use super::in_flight::ChunkEnded;
use crate::bisect_refused::{self, Keep};
use crate::commit_progress::RETRY_PAUSE;
use crate::metrics::ByKind;

impl Dispatcher {
    /// The worker. Safe to drop: chunks with unrecorded outcomes are claimed again after their
    /// lease.
    pub(crate) async fn record(self: Arc<Self>) {
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
        let _recording = self.arrivals.recording(batch.len());
        let now = self.context.clock.now();
        let submit = &self.context.metrics.submit;
        let answered = |took: Duration| submit.observe(took.as_secs_f64());
        let ends = self.in_flight().note(&mut batch, now, answered);
        self.counters().count(&batch, &self.context.metrics);
        store_all(batch, &ends, self).await;
        if !ends.is_empty() {
            self.in_flight().end(&ends);
            let due = |end: &ChunkEnd| match end {
                ChunkEnd::Retry { at, .. } | ChunkEnd::RetryAndAwait { at, .. } => *at <= now,
                ChunkEnd::Done | ChunkEnd::AwaitReceipts { .. } => false,
            };
            // Otherwise no chunk can use the freed room.
            if self.waiting.load(Ordering::SeqCst) || ends.iter().any(|(.., end)| due(end)) {
                self.context.wake.dispatch.notify_one();
            }
            self.idle.notify_waiters();
        }
    }

    /// Retries until the store accepts or permanently refuses the change.
    async fn store_soon(&self, batch: &[Outcome], ends: &[ChunkEnded]) -> Result<(), PortError> {
        let mut trouble = None;
        loop {
            let now = self.context.clock.now();
            let (outcomes, event_lease) = (batch.to_vec(), self.context.handoff.lease(now));
            match self
                .context
                .store
                .record_outcomes(outcomes, ends.to_vec(), now, event_lease)
                .await
            {
                Ok(recorded) => {
                    self.follow_up(recorded);
                    return Ok(());
                }
                Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) => return Err(error),
                Err(error) => {
                    trouble.get_or_insert_with(|| Trouble::begin(&self.troubled));
                    self.context.metrics.store_retries.inc();
                    tracing::warn!(%error, outcomes = batch.len(), "could not record outcomes; trying again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// Logs and counts a permanent refusal; the error text holds no private data.
    pub(super) fn given_up(&self, kind: &'static str, chunk: Option<ChunkId>, error: &PortError) {
        let chunk = chunk.map(tracing::field::display);
        tracing::error!(%error, kind, chunk, "the store refuses it permanently; dropped");
        self.context.metrics.given_up.get_or_create(&ByKind { kind }).inc();
    }

    /// Wakes workers and delivers the events leased to this node.
    pub(super) fn follow_up(&self, recorded: Recorded) {
        self.context.wake.after(&recorded, &self.context.metrics);
        self.context.handoff.take(recorded.deliveries);
    }
}

/// Guard: no claims while it lives. It is dropped if the recorder panics; the next one starts
/// without it.
struct Trouble<'a>(&'a AtomicBool);

impl<'a> Trouble<'a> {
    fn begin(troubled: &'a AtomicBool) -> Self {
        troubled.store(true, Ordering::SeqCst);
        Self(troubled)
    }
}

impl Drop for Trouble<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// The store as this recorder uses it: retries until it accepts or permanently refuses.
trait Outcomes: Sync {
    fn store(
        &self,
        batch: &[Outcome],
        ends: &[ChunkEnded],
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    fn given_up(&self, kind: &'static str, chunk: ChunkId, error: &PortError);
}

impl Outcomes for Dispatcher {
    async fn store(&self, batch: &[Outcome], ends: &[ChunkEnded]) -> Result<(), PortError> {
        self.store_soon(batch, ends).await
    }

    fn given_up(&self, kind: &'static str, chunk: ChunkId, error: &PortError) {
        self.given_up(kind, Some(chunk), error);
    }
}

struct WithoutEnds<'a, S>(&'a S);

impl<S: Outcomes> Keep<Outcome> for WithoutEnds<'_, S> {
    type Kept = ();

    async fn keep(&self, batch: Vec<Outcome>) -> Result<(), PortError> {
        self.0.store(&batch, &[]).await
    }
}

/// Stores a batch. Outcomes that the store permanently refuses are isolated and dropped, so that
/// they block no others. Their chunks are not ended, and are claimed again after their lease. If a
/// carrier has the text, [`Reason::NoAnswer`] is recorded instead, which limits further attempts:
/// the recipient finally waits for a receipt, or expires and is refunded.
async fn store_all(batch: Vec<Outcome>, ends: &[ChunkEnded], store: &impl Outcomes) {
    match store.store(&batch, ends).await {
        Ok(()) => return,
        Err(error) => {
            tracing::error!(%error, outcomes = batch.len(), "a batch was refused; bisecting");
        }
    }
    let mut unrecorded = BTreeSet::new();
    for (run, stored) in bisect_refused::keep(batch, &WithoutEnds(store)).await {
        let Err(error) = stored else { continue };
        for outcome in run {
            let chunk = outcome.key.chunk;
            store.given_up("outcome", chunk, &error);
            unrecorded.insert(chunk);
            if let Some(silence) = silence(outcome)
                && let Err(error) = store.store(&[silence], &[]).await
            {
                tracing::error!(%error, %chunk, "could not record a missing answer instead");
            }
        }
    }
    // An end stored before an outcome of its chunk would have the other recipients submitted again.
    for end in ends.iter().filter(|(chunk, ..)| !unrecorded.contains(chunk)) {
        if let Err(error) = store.store(&[], &[*end]).await {
            store.given_up("chunk_end", end.0, &error);
        }
    }
}

/// The outcome to record instead of one that is refused; `None` when the carrier has nothing, or
/// its parts were recorded before.
fn silence(outcome: Outcome) -> Option<Outcome> {
    let has_it = match outcome.end {
        End::Accepted | End::Sent | End::Delivered => true,
        End::Refused { .. } | End::TryAnother { .. } | End::Deferred { .. } => {
            !outcome.accepted.is_empty()
        }
        End::Late => false,
    };
    let end = End::Deferred { reason: Reason::NoAnswer, wait: None, code: None };
    has_it.then_some(Outcome { accepted: vec![], end, ..outcome })
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
