//! A Lightning port whose process may die at any step. Queries and hints are not steps.

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::payout::NodeIdentity;
use domain::ports::{
    Channels, HoldState, Lightning, NewHold, NewPayment, NodeEvent, PayState, PendingInvoice,
    PortError,
};
use domain::sale::hold::Tip;
use domain::secret::Preimage;

use super::Fuse;

#[derive(Debug)]
pub struct FusedLightning {
    pub inner: Arc<dyn Lightning>,
    pub fuse: Arc<Fuse>,
}

#[async_trait]
impl Lightning for FusedLightning {
    fn held_max(&self) -> u64 {
        self.inner.held_max()
    }

    async fn tip(&self) -> Result<Tip, PortError> {
        self.fuse.alive(self.inner.tip()).await
    }

    async fn create_hold(&self, hold: NewHold) -> Result<String, PortError> {
        self.fuse.through(self.inner.create_hold(hold)).await
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<HoldState, PortError> {
        self.fuse.alive(self.inner.lookup(hash)).await
    }

    async fn settle(&self, preimage: &Preimage) -> Result<(), PortError> {
        self.fuse.through(self.inner.settle(preimage)).await
    }

    async fn cancel(&self, hash: PaymentHash) -> Result<(), PortError> {
        self.fuse.through(self.inner.cancel(hash)).await
    }

    async fn identity(&self) -> Result<NodeIdentity, PortError> {
        self.fuse.alive(self.inner.identity()).await
    }

    async fn pay(&self, payment: NewPayment) -> Result<PayState, PortError> {
        self.fuse.through(self.inner.pay(payment)).await
    }

    async fn pay_status(&self, hash: PaymentHash) -> Result<PayState, PortError> {
        self.fuse.alive(self.inner.pay_status(hash)).await
    }

    async fn channels(&self) -> Result<Channels, PortError> {
        self.fuse.alive(self.inner.channels()).await
    }

    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        self.fuse.alive(self.inner.pending()).await
    }

    async fn next_event(&self) -> NodeEvent {
        self.inner.next_event().await
    }
}
