//! Credit for an account, by invoice.

use domain::id::{AccountId, OrderId};
use domain::message::campaign::Idempotency;
use domain::message::door::Door;
use domain::money::Msat;
use domain::ports::OrderAnswer;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment};
use domain::secret::Preimage;

use super::{OpenError, Opened, Orders};
use crate::ids::order_id;

#[derive(Debug)]
pub struct Funding {
    pub order: OrderId,
    /// BOLT 11.
    pub invoice: String,
}

impl Funding {
    fn earlier(answer: OrderAnswer) -> Self {
        Self { order: answer.id, invoice: answer.invoice.unwrap_or_default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FundError {
    #[error("the amount must be {min} to {max} sats")]
    BadAmount { min: i64, max: i64 },
    #[error(transparent)]
    NotOpened(#[from] OpenError),
}

impl Orders {
    /// `client` as in [`crate::accept::Request`]; `idempotency` is the client's own key.
    pub async fn fund(
        &self,
        account: AccountId,
        amount_sats: i64,
        client: String,
        idempotency: Option<Idempotency>,
    ) -> Result<Funding, FundError> {
        if let Some(key) = &idempotency
            && let Some(earlier) = self.repeated(&client, key).await.map_err(OpenError::Repeat)?
        {
            return Ok(Funding::earlier(earlier));
        }
        let (min, max) = (self.settings.fund_min_sats, self.settings.fund_max_sats);
        if !(min..=max).contains(&amount_sats) {
            return Err(FundError::BadAmount { min, max });
        }
        let preimage = Preimage::new(self.random.bytes32());
        let now = self.clock.now();
        let order = NewOrder {
            id: order_id(&*self.random, now),
            door: Door::Orders,
            account: Some(account),
            price: Msat::from_sats(amount_sats).ok_or(FundError::BadAmount { min, max })?,
            payment: Payment::Credit,
            fulfilment: Fulfilment::Credit,
            webhook: None,
            referral: None,
            client,
            idempotency,
            created_at: now,
        };
        let id = order.id;
        match self.open(order, preimage).await? {
            Opened::Now(invoice) => Ok(Funding { order: id, invoice }),
            Opened::Earlier(earlier) => Ok(Funding::earlier(earlier)),
        }
    }
}
