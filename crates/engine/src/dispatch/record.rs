//! The recorder: takes outcomes off the queue and stores them, many in one change. While the store
//! cannot take them it tries again and the queue fills, which holds back the carriers.

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
use crate::metrics::ByKind;

/// Pause before a change that the store could not take is tried again.
const STORE_PAUSE: Duration = Duration::from_millis(500);

impl Dispatcher {
    /// The worker. Safe to drop: unrecorded outcomes are then repeated by their chunk's lease.
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
        let now = self.context.clock.now();
        let ends = self.in_flight().note(&mut batch, now);
        self.counters().count(&batch, &self.context.metrics);
        store_all(batch, &ends, self).await;
        if !ends.is_empty() {
            self.in_flight().end(&ends);
            let due = |end: &ChunkEnd| matches!(end, ChunkEnd::Retry { at, .. } if *at <= now);
            // Otherwise there is nothing that the freed room could be for.
            if self.waiting.load(Ordering::SeqCst) || ends.iter().any(|(.., end)| due(end)) {
                self.context.wake.dispatch.notify_one();
            }
            self.idle.notify_waiters();
        }
    }

    /// Tries until the store takes it or refuses it for good.
    async fn store_soon(&self, batch: &[Outcome], ends: &[ChunkEnded]) -> Result<(), PortError> {
        let mut trouble = None;
        loop {
            let now = self.context.clock.now();
            let (outcomes, tell) = (batch.to_vec(), self.context.handoff.lease(now));
            match self.context.store.record_outcomes(outcomes, ends.to_vec(), now, tell).await {
                Ok(recorded) => {
                    self.follow_up(recorded);
                    return Ok(());
                }
                Err(error @ (PortError::Refused(_) | PortError::Conflict(_))) => return Err(error),
                Err(error) => {
                    trouble.get_or_insert_with(|| Trouble::begin(&self.troubled));
                    self.context.metrics.store_retries.inc();
                    tracing::warn!(%error, outcomes = batch.len(), "could not record; again soon");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// Told and counted; the error names nobody and nothing that is private.
    pub(super) fn given_up(&self, kind: &'static str, chunk: Option<ChunkId>, error: &PortError) {
        let chunk = chunk.map(tracing::field::display);
        tracing::error!(%error, kind, chunk, "the store refuses it for good: given up");
        self.context.metrics.given_up.get_or_create(&ByKind { kind }).inc();
    }

    /// What was recorded goes on: workers are woken, and calls that are ours are made.
    pub(super) fn follow_up(&self, recorded: Recorded) {
        self.context.wake.after(&recorded, &self.context.metrics);
        self.context.handoff.take(recorded.deliveries);
    }
}

/// While it lives nothing is claimed. It falls with the recorder, should that fall: the next one
/// begins without it.
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

/// The store as the recorder asks it: until it takes what it is given, or refuses it for good.
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

/// Stores until it is stored. An outcome that the store refuses for good is found and given up, so
/// that it stops no other. Its chunk is not ended: when the lease has passed it is claimed again. Where
/// a carrier has the text, its recipient is recorded as one that the carrier did not answer for
/// ([`Reason::NoAnswer`]), which bounds how often he gets it: in the end he waits for a receipt, or his
/// time runs out and the money goes back.
async fn store_all(batch: Vec<Outcome>, ends: &[ChunkEnded], store: &impl Outcomes) {
    match store.store(&batch, ends).await {
        Ok(()) => return,
        Err(error) => tracing::error!(%error, outcomes = batch.len(), "refused; by bisect_refused"),
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
                tracing::error!(%error, %chunk, "nor can it be recorded that nobody answered");
            }
        }
    }
    // An end that came before an outcome of its chunk would have the others handed over again.
    for end in ends.iter().filter(|(chunk, ..)| !unrecorded.contains(chunk)) {
        if let Err(error) = store.store(&[], &[*end]).await {
            store.given_up("chunk_end", end.0, &error);
        }
    }
}

/// What is known of an outcome that cannot be recorded; `None` when the carrier has nothing, or when
/// that was recorded before.
fn silence(outcome: Outcome) -> Option<Outcome> {
    let has_it = match outcome.end {
        End::Accepted | End::Delivered => true,
        End::Refused { .. } | End::TryAnother { .. } | End::Deferred { .. } => {
            !outcome.accepted.is_empty()
        }
        End::Late => false,
    };
    let end = End::Deferred { reason: Reason::NoAnswer, wait: None };
    has_it.then_some(Outcome { accepted: vec![], end, ..outcome })
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
