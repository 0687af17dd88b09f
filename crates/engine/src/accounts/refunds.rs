//! Money given back by hand.

use domain::account::operator::Actor;
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::ports::{Charge, NewRefund, PortError, Refunded};

use super::Accounts;
use crate::ids::long_id;

impl Accounts {
    /// Gives back what was charged, all that is left of it without an amount.
    pub async fn refund(
        &self,
        of: Charge,
        amount: Option<Msat>,
        note: String,
        idempotency: Idempotency,
        by: Actor,
    ) -> Result<Refunded, PortError> {
        let now = self.clock.now();
        let id = long_id(&*self.random, now);
        let new = NewRefund { id, of, amount, note, idempotency };
        self.store.refund(new, by, now).await
    }
}
