//! Where carriers deliver: outcomes and receipts go to the dispatcher, messages to inbound.

use std::sync::Arc;

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::ports::{Inbox, Outcome, PortError, Receipt};

use crate::dispatch::Dispatcher;
use crate::inbound::Inbound;

#[derive(Debug)]
pub(crate) struct CarrierInbox {
    pub(crate) dispatch: Arc<Dispatcher>,
    pub(crate) inbound: Arc<Inbound>,
}

#[async_trait]
impl Inbox for CarrierInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        self.dispatch.arrivals.outcomes(outcomes).await;
    }

    async fn receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        self.dispatch.arrivals.receipts(receipts).await
    }

    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        self.inbound.record(parts).await
    }
}
