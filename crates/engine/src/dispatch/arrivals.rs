//! Queues between the carriers and the recorders. A carrier's call for receipts returns once they
//! are durable.

use std::sync::Arc;

use domain::limits;
use domain::ports::{Outcome, PortError, Receipt, ReceiptState};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};

use super::receipt_backpressure::ReceiptBackpressure;
use crate::metrics::{ByResult, Metrics};

/// Receipts of one call from a carrier, and the channel for its result.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) receipts: Vec<Receipt>,
    pub(super) done: oneshot::Sender<Result<(), PortError>>,
}

#[derive(Debug)]
pub(crate) struct Arrivals {
    metrics: Arc<Metrics>,
    outcomes: mpsc::Sender<Vec<Outcome>>,
    /// One permit per queued outcome, however they are batched.
    room: Arc<Semaphore>,
    receipts: mpsc::Sender<Delivered>,
    pub(super) backpressure: ReceiptBackpressure,
}

/// The receiving ends, for the recorders.
#[derive(Debug)]
pub(super) struct Queues {
    pub(super) outcomes: Mutex<mpsc::Receiver<Vec<Outcome>>>,
    pub(super) room: Arc<Semaphore>,
    pub(super) receipts: Mutex<mpsc::Receiver<Delivered>>,
}

/// Permits that a batch takes; a larger one waits until the queue is empty.
pub(super) fn permits(batch: &[Outcome]) -> u32 {
    u32::try_from(batch.len().min(limits::OUTCOME_QUEUE_MAX)).unwrap_or(u32::MAX)
}

impl Arrivals {
    pub(super) fn new(metrics: Arc<Metrics>) -> (Arc<Self>, Queues) {
        let (outcomes, from_outcomes) = mpsc::channel(limits::OUTCOME_QUEUE_MAX);
        let (receipts, from_receipts) = mpsc::channel(limits::RECEIPT_QUEUE_MAX);
        let room = Arc::new(Semaphore::new(limits::OUTCOME_QUEUE_MAX));
        let queues = Queues {
            outcomes: Mutex::new(from_outcomes),
            room: room.clone(),
            receipts: Mutex::new(from_receipts),
        };
        let backpressure = ReceiptBackpressure::default();
        (Arc::new(Self { metrics, outcomes, room, receipts, backpressure }), queues)
    }

    /// Receipts are queued faster than the store records them: bulk waits.
    pub(super) fn is_behind(&self) -> bool {
        self.backpressure.is_behind()
    }

    pub(crate) async fn outcomes(&self, outcomes: Vec<Outcome>) {
        if outcomes.is_empty() {
            return;
        }
        // The receivers live as long as the dispatcher. When the process ends, the chunk's lease
        // expires and it is claimed again.
        let Ok(room) = self.room.acquire_many(permits(&outcomes)).await else { return };
        room.forget();
        let _ = self.outcomes.send(outcomes).await;
    }

    pub(crate) async fn receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        if receipts.is_empty() {
            return Ok(());
        }
        for receipt in &receipts {
            self.metrics.receipts.get_or_create(&ByResult { result: word(receipt.state) }).inc();
        }
        let stopping = || PortError::Unknown("the engine is stopping".to_owned());
        let _unanswered = self.backpressure.came(receipts.len());
        let (done, recorded) = oneshot::channel();
        self.receipts.send(Delivered { receipts, done }).await.map_err(|_| stopping())?;
        recorded.await.map_err(|_| stopping())?
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
