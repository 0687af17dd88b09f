//! Reads orders, and the credit that an account bought.

use domain::id::{AccountId, OrderId};
use domain::money::Msat;
use domain::ports::{Charge, Charged, Granted, PortError};
use domain::sale::order::{Order, OrderSnapshot, OrderState};
use domain::time::Timestamp;

use super::Orders;

/// Credits in one answer.
const HISTORY_MAX: u32 = 1_000;

/// Credit that an account got.
#[derive(Debug)]
pub struct History {
    pub total: Msat,
    /// Newest first.
    pub credits: Vec<Credited>,
}

#[derive(Debug)]
pub enum Credited {
    /// A settled funding order.
    Funding(Box<Order>),
    /// By the operator.
    Grant(Granted),
}

impl Credited {
    pub fn amount(&self) -> Msat {
        match self {
            Self::Funding(order) => order.held.unwrap_or(order.price),
            Self::Grant(granted) => granted.amount,
        }
    }

    fn at(&self) -> Timestamp {
        match self {
            Self::Funding(order) => order.created_at,
            Self::Grant(granted) => granted.at,
        }
    }
}

impl Orders {
    pub async fn get(&self, id: OrderId) -> Result<Option<Order>, PortError> {
        self.store.order(id).await
    }

    /// What the buyer sees of an order. While it waits for its payment, the buyer does, too.
    pub async fn snapshot(&self, id: OrderId) -> Result<Option<OrderSnapshot>, PortError> {
        let Some(order) = self.get(id).await? else { return Ok(None) };
        if order.state == OrderState::Open
            && let Some(hash) = order.payment.hash()
        {
            self.lightning.follow(hash);
        }
        Ok(Some(order.snapshot()))
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

    pub async fn credit_history(&self, account: AccountId) -> Result<History, PortError> {
        let orders = self.store.funding_history(account, HISTORY_MAX).await?;
        let grants = self.store.grants(account, HISTORY_MAX).await?;
        let mut credits: Vec<_> =
            orders.into_iter().map(|order| Credited::Funding(Box::new(order))).collect();
        credits.extend(grants.into_iter().map(Credited::Grant));
        credits.sort_by_key(|credited| std::cmp::Reverse(credited.at()));
        credits.truncate(HISTORY_MAX as usize);
        let total = credits.iter().map(Credited::amount).sum();
        Ok(History { total, credits })
    }
}
