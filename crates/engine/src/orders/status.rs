//! Reads orders, and the credit that an account bought.

use domain::id::{AccountId, OrderId};
use domain::money::Msat;
use domain::ports::{Charge, Charged, PortError};
use domain::sale::order::{Order, OrderSnapshot};

use super::Orders;

/// Funding orders in one answer.
const HISTORY_MAX: u32 = 1_000;

#[derive(Debug)]
pub struct History {
    pub total: Msat,
    /// Newest first.
    pub orders: Vec<Order>,
}

impl Orders {
    pub async fn get(&self, id: OrderId) -> Result<Option<Order>, PortError> {
        self.store.order(id).await
    }

    /// What the buyer sees of an order.
    pub async fn snapshot(&self, id: OrderId) -> Result<Option<OrderSnapshot>, PortError> {
        Ok(self.get(id).await?.map(|order| order.snapshot()))
    }

    /// What the buyer saw of it at most a second ago: for callers who ask too often.
    pub async fn recent_snapshot(&self, id: OrderId) -> Result<Option<OrderSnapshot>, PortError> {
        let now = self.clock.now();
        if let Some(known) = self.recent.get(&id, now) {
            return Ok(Some(known));
        }
        let read = self.snapshot(id).await?;
        Ok(read.inspect(|order| self.recent.keep(id, order.clone(), now)))
    }

    /// An order, and what was charged for it.
    pub async fn with_charge(&self, id: OrderId) -> Result<Option<(Order, Charged)>, PortError> {
        let Some(order) = self.store.order(id).await? else { return Ok(None) };
        let charged = self.store.charged(Charge::Order(id)).await?;
        Ok(charged.map(|charged| (order, charged)))
    }

    pub async fn funding_history(&self, account: AccountId) -> Result<History, PortError> {
        let orders = self.store.funding_history(account, HISTORY_MAX).await?;
        let total = orders.iter().map(|order| order.held.unwrap_or(order.price)).sum();
        Ok(History { total, orders })
    }
}
