//! Where carriers deliver: outcomes go to the recorder's queue, receipts to theirs, and what came in
//! to its own service. Of receipts and of what came in the carrier hears when they are durable.

use std::sync::Arc;

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::limits;
use domain::ports::{Inbox, Outcome, PortError, Receipt, ReceiptState};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::receipt_backpressure::ReceiptBackpressure;
use crate::inbound::Inbound;
use crate::metrics::{ByResult, Metrics};

/// Receipts of one call of a carrier, and where it waits for the store's word.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) receipts: Vec<Receipt>,
    pub(super) done: oneshot::Sender<Result<(), PortError>>,
}

#[derive(Debug)]
pub(super) struct DispatchInbox {
    metrics: Arc<Metrics>,
    outcomes: mpsc::Sender<Vec<Outcome>>,
    /// Outcomes that may wait, each a permit, whatever the batches they come in.
    room: Arc<Semaphore>,
    receipts: mpsc::Sender<Told>,
    pub(super) backpressure: ReceiptBackpressure,
    inbound: Arc<Inbound>,
}

/// What the recorders take from.
#[derive(Debug)]
pub(super) struct Queues {
    pub(super) outcomes: tokio::sync::Mutex<mpsc::Receiver<Vec<Outcome>>>,
    pub(super) room: Arc<Semaphore>,
    pub(super) receipts: tokio::sync::Mutex<mpsc::Receiver<Told>>,
}

/// Permits that a batch takes; a larger one waits until nothing else does.
pub(super) fn permits(batch: &[Outcome]) -> u32 {
    u32::try_from(batch.len().min(limits::OUTCOME_QUEUE_MAX)).unwrap_or(u32::MAX)
}

impl DispatchInbox {
    pub(super) fn new(metrics: Arc<Metrics>, inbound: Arc<Inbound>) -> (Arc<Self>, Queues) {
        let (outcomes, from_outcomes) = mpsc::channel(limits::OUTCOME_QUEUE_MAX);
        let (receipts, from_receipts) = mpsc::channel(limits::RECEIPT_QUEUE_MAX);
        let room = Arc::new(Semaphore::new(limits::OUTCOME_QUEUE_MAX));
        let queues = Queues {
            outcomes: tokio::sync::Mutex::new(from_outcomes),
            room: room.clone(),
            receipts: tokio::sync::Mutex::new(from_receipts),
        };
        let backpressure = ReceiptBackpressure::default();
        (Arc::new(Self { metrics, outcomes, room, receipts, backpressure, inbound }), queues)
    }
}

impl DispatchInbox {
    /// The store is behind with receipts: bulk has to wait.
    pub(super) fn is_behind(&self) -> bool {
        self.backpressure.is_behind()
    }

    /// Parts that seemed to be receipts.
    pub(super) async fn record_inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        self.inbound.record(parts).await
    }
}

#[async_trait]
impl Inbox for DispatchInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        if outcomes.is_empty() {
            return;
        }
        // The receivers live as long as the dispatcher; when the house falls there is nobody to
        // tell, and the chunk's lease says the rest.
        let Ok(room) = self.room.acquire_many(permits(&outcomes)).await else { return };
        room.forget();
        let _ = self.outcomes.send(outcomes).await;
    }

    async fn receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        if receipts.is_empty() {
            return Ok(());
        }
        for receipt in &receipts {
            self.metrics.receipts.get_or_create(&ByResult { result: word(receipt.state) }).inc();
        }
        let stopping = || PortError::Unknown("the house is stopping".to_owned());
        let _unanswered = self.backpressure.came(receipts.len());
        let (done, recorded) = oneshot::channel();
        self.receipts.send(Told { receipts, done }).await.map_err(|_| stopping())?;
        recorded.await.map_err(|_| stopping())?
    }

    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        self.inbound.record(parts).await
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
