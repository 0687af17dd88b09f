//! Credit for an account, by invoice.

use domain::id::{AccountId, OrderId};
use domain::limits;
use domain::message::door::Door;
use domain::money::Msat;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment};
use domain::secret::Preimage;

use super::{OpenError, Orders};
use crate::ids::order_id;

#[derive(Debug)]
pub struct Funding {
    pub order: OrderId,
    /// BOLT 11.
    pub invoice: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FundError {
    #[error("the amount must be {min} to {max} sats", min = limits::HOLD_MIN_SATS, max = limits::HOLD_MAX_SATS)]
    BadAmount,
    #[error(transparent)]
    NotOpened(#[from] OpenError),
}

impl Orders {
    /// `client` as in [`crate::accept::Request`].
    pub async fn fund(
        &self,
        account: AccountId,
        amount_sats: i64,
        client: String,
    ) -> Result<Funding, FundError> {
        if !(limits::HOLD_MIN_SATS..=limits::HOLD_MAX_SATS).contains(&amount_sats) {
            return Err(FundError::BadAmount);
        }
        let preimage = Preimage::new(self.random.bytes32());
        let now = self.clock.now();
        let order = NewOrder {
            id: order_id(&*self.random, now),
            door: Door::Orders,
            account: Some(account),
            price: Msat::from_sats(amount_sats).ok_or(FundError::BadAmount)?,
            payment: Payment::Credit,
            fulfilment: Fulfilment::Credit,
            webhook: None,
            referral: None,
            client,
            created_at: now,
        };
        let id = order.id;
        let invoice = self.open(order, preimage).await?;
        Ok(Funding { order: id, invoice })
    }
}
