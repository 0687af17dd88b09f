//! Queues between the carriers and the recorders. A carrier's call for receipts returns once they
//! are durable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::limits;
use domain::message::Lane;
use domain::ports::{Outcome, PortError, Receipt, ReceiptState};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::in_flight::InFlight;
use super::receipt_backpressure::ReceiptBackpressure;
use super::receipt_queue::{self, ReceiptQueue, ReceiptSender};
use super::single_ids::SingleIds;
use crate::commit_progress::CommitProgress;
use crate::metrics::{ByResult, Metrics};

/// What to do with receipts without a known submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmatched {
    /// Their outcome may be recorded soon: the caller gets them back.
    Return,
    Park,
}

/// Receipts of one call from a carrier, and the channel for its result: those that were not recorded.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) receipts: Arc<[Receipt]>,
    pub(super) unmatched: Unmatched,
    pub(super) done: oneshot::Sender<Result<Vec<Receipt>, PortError>>,
}

#[derive(Debug)]
pub(crate) struct Arrivals {
    metrics: Arc<Metrics>,
    in_flight: Arc<Mutex<InFlight>>,
    outcomes: mpsc::Sender<Vec<Outcome>>,
    /// One permit per queued outcome, however they are batched.
    room: Arc<Semaphore>,
    /// Outcomes that were ever queued.
    outcomes_queued: AtomicU64,
    /// Those of them that are recorded.
    outcomes_recorded: watch::Sender<u64>,
    receipts: ReceiptSender<Delivered>,
    singles: Mutex<SingleIds>,
    pub(super) backpressure: ReceiptBackpressure,
    pub(super) progress: CommitProgress,
}

/// The receiving ends, for the recorders.
#[derive(Debug)]
pub(super) struct Queues {
    pub(super) outcomes: tokio::sync::Mutex<mpsc::Receiver<Vec<Outcome>>>,
    pub(super) room: Arc<Semaphore>,
    pub(super) receipts: tokio::sync::Mutex<ReceiptQueue<Delivered>>,
}

pub(super) struct Recording<'a> {
    arrivals: &'a Arrivals,
    outcomes: u64,
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.arrivals.outcomes_recorded.send_modify(|recorded| *recorded += self.outcomes);
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Permits that a batch takes; a larger one waits until the queue is empty.
pub(super) fn permits(batch: &[Outcome]) -> u32 {
    u32::try_from(batch.len().min(limits::OUTCOME_QUEUE_MAX)).unwrap_or(u32::MAX)
}

impl Arrivals {
    pub(super) fn new(
        metrics: Arc<Metrics>,
        in_flight: Arc<Mutex<InFlight>>,
    ) -> (Arc<Self>, Queues) {
        let (outcomes, from_outcomes) = mpsc::channel(limits::OUTCOME_QUEUE_MAX);
        let (receipts, from_receipts) = receipt_queue::channel(limits::RECEIPT_QUEUE_MAX);
        let room = Arc::new(Semaphore::new(limits::OUTCOME_QUEUE_MAX));
        let queues = Queues {
            outcomes: tokio::sync::Mutex::new(from_outcomes),
            room: room.clone(),
            receipts: tokio::sync::Mutex::new(from_receipts),
        };
        let arrivals = Self {
            metrics,
            in_flight,
            outcomes,
            room,
            outcomes_queued: AtomicU64::new(0),
            outcomes_recorded: watch::Sender::new(0),
            receipts,
            singles: Mutex::default(),
            backpressure: ReceiptBackpressure::default(),
            progress: CommitProgress::default(),
        };
        (Arc::new(arrivals), queues)
    }

    /// Receipts are queued faster than the store records them: bulk waits.
    pub(super) fn is_behind(&self) -> bool {
        self.backpressure.is_behind()
    }

    pub(crate) async fn outcomes(&self, outcomes: Vec<Outcome>) {
        if outcomes.is_empty() {
            return;
        }
        self.note_singles(&outcomes);
        // The receivers live as long as the dispatcher. When the process ends, the chunk's lease
        // expires and it is claimed again.
        let Ok(room) = self.room.acquire_many(permits(&outcomes)).await else { return };
        room.forget();
        self.outcomes_queued.fetch_add(outcomes.len() as u64, Ordering::SeqCst);
        let _ = self.outcomes.send(outcomes).await;
    }

    /// Dropped when this many outcomes are recorded, or will never be.
    pub(super) const fn recording(&self, outcomes: usize) -> Recording<'_> {
        Recording { arrivals: self, outcomes: outcomes as u64 }
    }

    fn note_singles(&self, outcomes: &[Outcome]) {
        let in_flight = lock(&self.in_flight);
        let mut singles = lock(&self.singles);
        for outcome in outcomes {
            if in_flight.lane(outcome.key.chunk) == Some(Lane::Single) {
                for part in &outcome.accepted {
                    singles.add(&outcome.carrier, &part.carrier_id);
                }
            }
        }
    }

    /// Returns when all are recorded. They wait in memory for the outcomes that they may have
    /// overtaken: for those that are queued, and if their submission is unknown then, a moment for
    /// those that are about to be. What is still unknown after that is parked.
    pub(crate) async fn receipts(&self, receipts: Arc<[Receipt]>) -> Result<(), PortError> {
        if receipts.is_empty() {
            return Ok(());
        }
        for receipt in receipts.iter() {
            self.metrics.receipts.get_or_create(&ByResult { result: word(receipt.state) }).inc();
        }
        let unanswered = self.backpressure.came(receipts.len());
        self.queued_outcomes().await;
        let early = self.record(receipts, Unmatched::Return).await?;
        drop(unanswered);
        if early.is_empty() {
            return Ok(());
        }
        if self.may_be_early(&early) {
            tokio::time::sleep(limits::EARLY_RECEIPT_WAIT).await;
            self.queued_outcomes().await;
        }
        let _unanswered = self.backpressure.came(early.len());
        self.record(early.into(), Unmatched::Park).await.map(drop)
    }

    async fn record(
        &self,
        receipts: Arc<[Receipt]>,
        unmatched: Unmatched,
    ) -> Result<Vec<Receipt>, PortError> {
        let stopping = || PortError::Unknown("the engine is stopping".to_owned());
        let call = self.progress.begin();
        // What was returned has waited already.
        let is_urgent = unmatched == Unmatched::Park || self.has_single(&receipts);
        let queue = if is_urgent { &self.receipts.urgent } else { &self.receipts.others };
        let recorded = async {
            let (done, recorded) = oneshot::channel();
            let delivered = Delivered { receipts, unmatched, done };
            queue.send(delivered).await.map_err(|_| stopping())?;
            recorded.await.map_err(|_| stopping())?
        };
        tokio::select! {
            recorded = recorded => recorded,
            () = call.stalled() => Err(CommitProgress::error()),
        }
    }

    fn has_single(&self, receipts: &[Receipt]) -> bool {
        let singles = lock(&self.singles);
        receipts.iter().any(|receipt| singles.has(&receipt.carrier, &receipt.carrier_id))
    }

    /// Whether one of their carriers has messages of this node without a recorded outcome.
    fn may_be_early(&self, receipts: &[Receipt]) -> bool {
        let in_flight = lock(&self.in_flight);
        receipts.iter().any(|receipt| in_flight.has_any_at(&receipt.carrier))
    }

    /// Waits until the outcomes that are queued now are recorded. If that takes long, recording the
    /// receipts finds what was recorded until then.
    async fn queued_outcomes(&self) {
        let queued = self.outcomes_queued.load(Ordering::SeqCst);
        let mut recorded = self.outcomes_recorded.subscribe();
        let all = recorded.wait_for(|recorded| *recorded >= queued);
        let _ = tokio::time::timeout(limits::OUTCOMES_BEFORE_RECEIPTS_MAX, all).await;
    }
}

const fn word(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Delivered => "delivered",
        ReceiptState::Failed => "failed",
        ReceiptState::Expired => "expired",
        ReceiptState::Intermediate => "intermediate",
    }
}

#[cfg(test)]
#[path = "arrivals_tests.rs"]
mod tests;
