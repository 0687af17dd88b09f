//! The port of money given back by hand, behind the fuse.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::ports::{Charge, Charged, NewRefund, PortError, Refund, RefundStore, Refunded};
use domain::time::Timestamp;

use super::store::FusedStore;

#[async_trait]
impl RefundStore for FusedStore {
    async fn refund(
        &self,
        new: NewRefund,
        by: Actor,
        now: Timestamp,
    ) -> Result<Refunded, PortError> {
        self.fuse.through(self.inner.refund(new, by, now)).await
    }

    async fn charged(&self, of: Charge) -> Result<Option<Charged>, PortError> {
        self.fuse.alive(self.inner.charged(of)).await
    }

    async fn refunds(&self, of: Charge, after: u32, limit: u32) -> Result<Vec<Refund>, PortError> {
        self.fuse.alive(self.inner.refunds(of, after, limit)).await
    }
}
