//! What no door of customers asks of the store in memory: money given back by hand.

use async_trait::async_trait;
use domain::operator::Actor;
use domain::ports::{Charge, Charged, NewRefund, PortError, Refund, RefundStore, Refunded};
use domain::time::Timestamp;

use crate::store::{FakeStore, not_needed};

#[async_trait]
impl RefundStore for FakeStore {
    async fn refund(&self, _: NewRefund, _: Actor, _: Timestamp) -> Result<Refunded, PortError> {
        not_needed()
    }

    async fn charged(&self, _: Charge) -> Result<Option<Charged>, PortError> {
        not_needed()
    }

    async fn refunds(&self, _: Charge, _: u32, _: u32) -> Result<Vec<Refund>, PortError> {
        not_needed()
    }
}
