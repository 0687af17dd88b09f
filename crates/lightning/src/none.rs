//! A house without a Lightning node: it sells for credit alone. Orders of a time when there was a node wait until it is
//! configured again.

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::payout::NodeIdentity;
use domain::ports::{
    Channels, HoldState, Lightning, NewHold, NewPayment, NodeEvent, PayState, PendingInvoice,
    PortError,
};
use domain::sale::hold::Tip;
use domain::secret::Preimage;

#[derive(Debug, Clone, Copy, Default)]
pub struct NoNode;

fn no_node() -> PortError {
    PortError::Refused("no Lightning node is configured".to_owned())
}

#[async_trait]
impl Lightning for NoNode {
    fn held_max(&self) -> u64 {
        0
    }

    async fn tip(&self) -> Result<Tip, PortError> {
        Err(no_node())
    }

    async fn create_hold(&self, _: NewHold) -> Result<String, PortError> {
        Err(no_node())
    }

    async fn lookup(&self, _: PaymentHash) -> Result<HoldState, PortError> {
        Err(no_node())
    }

    async fn settle(&self, _: &Preimage) -> Result<(), PortError> {
        Err(no_node())
    }

    async fn cancel(&self, _: PaymentHash) -> Result<(), PortError> {
        Err(no_node())
    }

    async fn identity(&self) -> Result<NodeIdentity, PortError> {
        Err(no_node())
    }

    async fn pay(&self, _: NewPayment) -> Result<PayState, PortError> {
        Err(PortError::Unavailable("no Lightning node is configured".to_owned()))
    }

    /// Payments of a time when there was a node wait, too.
    async fn pay_status(&self, _: PaymentHash) -> Result<PayState, PortError> {
        Err(PortError::Unavailable("no Lightning node is configured".to_owned()))
    }

    async fn channels(&self) -> Result<Channels, PortError> {
        Err(no_node())
    }

    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        Ok(Vec::new())
    }

    async fn next_event(&self) -> NodeEvent {
        std::future::pending().await
    }
}
