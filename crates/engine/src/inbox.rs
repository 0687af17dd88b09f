//! Where carriers deliver: outcomes and receipts go to the dispatcher, messages to inbound.

use std::sync::Arc;

use async_trait::async_trait;
use domain::inbound::{InboundPart, Receivers};
use domain::number::Msisdn;
use domain::ports::{InboundRefusal, Inbox, Outcome, PortError, Receipt, UnreadReceipt};
use domain::routing::CarrierName;

use crate::dispatch::Dispatcher;
use crate::inbound::Inbound;
use crate::metrics::{ByRefusal, ByResult, Metrics};

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

    async fn receipts(&self, mut receipts: Arc<[Receipt]>) -> Result<(), PortError> {
        if receipts.iter().any(|receipt| receipt.unmarked.is_some()) {
            let receivers = self.inbound.receivers().await?;
            let resolved = receipts.iter().cloned().map(|receipt| resolve(receipt, &receivers));
            receipts = resolved.collect();
        }
        self.dispatch.arrivals.receipts(receipts).await
    }

    async fn unread(&self, receipts: Vec<UnreadReceipt>) -> Result<(), PortError> {
        let count = u64::try_from(receipts.len()).unwrap_or(u64::MAX);
        self.inbound.keep_unread(receipts).await?;
        self.metrics.receipts.get_or_create(&ByResult { result: "unreadable" }).inc_by(count);
        Ok(())
    }

    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        self.inbound.record(parts).await
    }

    fn refused(&self, carrier: &CarrierName, why: InboundRefusal, count: u64) {
        let refusal = ByRefusal { carrier: carrier.as_str().to_owned(), reason: why.as_str() };
        self.metrics.inbound_refused.get_or_create(&refusal).inc_by(count);
    }
}

/// An unmarked receipt counts only for a submission to the whole number that it comes from.
fn resolve(mut receipt: Receipt, receivers: &Receivers) -> Receipt {
    if let Some(part) = receipt.unmarked.take() {
        let part = receivers.resolve(*part);
        receipt.to = part.from.as_str().parse().ok().map(Msisdn::as_spelled_today);
        receipt.unmarked = Some(Box::new(part));
    }
    receipt
}
