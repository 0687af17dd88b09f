//! Where carriers deliver: outcomes and receipts go to the dispatcher, messages to inbound.

use std::sync::Arc;

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::ports::{InboundRefusal, Inbox, Outcome, PortError, Receipt};
use domain::routing::CarrierName;

use crate::dispatch::Dispatcher;
use crate::inbound::Inbound;
use crate::metrics::{ByRefusal, Metrics};

#[derive(Debug)]
pub(crate) struct CarrierInbox {
    pub(crate) dispatch: Arc<Dispatcher>,
    pub(crate) inbound: Arc<Inbound>,
    pub(crate) metrics: Arc<Metrics>,
}

#[async_trait]
impl Inbox for CarrierInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        self.dispatch.arrivals.outcomes(outcomes).await;
    }

    async fn receipts(&self, receipts: Arc<[Receipt]>) -> Result<(), PortError> {
        self.dispatch.arrivals.receipts(receipts).await
    }

    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        self.inbound.record(parts).await
    }

    fn refused(&self, carrier: &CarrierName, why: InboundRefusal, count: u64) {
        let refusal = ByRefusal { carrier: carrier.as_str().to_owned(), reason: why.as_str() };
        self.metrics.inbound_refused.get_or_create(&refusal).inc_by(count);
    }
}
