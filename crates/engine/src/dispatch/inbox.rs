//! Where carriers deliver: outcomes go to the recorder's queue, receipts straight to the store,
//! because the carrier must not be answered before they are durable.

use std::sync::Arc;

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::ports::{Clock, Inbox, Outcome, PortError, Receipt, ReceiptState, Store};
use tokio::sync::mpsc;

use crate::inbound::InboundDesk;
use crate::metrics::{ByResult, Metrics};
use crate::wake::Wake;

#[derive(Debug)]
pub(super) struct DispatchInbox {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) wake: Arc<Wake>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) inbound: Arc<InboundDesk>,
    pub(super) queue: mpsc::Sender<Vec<Outcome>>,
}

#[async_trait]
impl Inbox for DispatchInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        // The receiver lives as long as the dispatcher; when the house falls there is nobody to
        // tell, and the chunk's lease says the rest.
        let _ = self.queue.send(outcomes).await;
    }

    async fn receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        for receipt in &receipts {
            self.metrics.receipts.get_or_create(&ByResult { result: word(receipt.state) }).inc();
        }
        let recorded = self.store.record_receipts(receipts, self.clock.now()).await?;
        self.wake.after(&recorded, &self.metrics);
        Ok(())
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
