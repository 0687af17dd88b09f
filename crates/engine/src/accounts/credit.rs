//! Grants credit manually.

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::CREDIT_GIVEN_MAX;
use domain::money::Msat;
use domain::ports::{Grant, PortError};
use sha2::{Digest, Sha256};

use super::Accounts;
use crate::ids::long_id;

#[derive(Debug, thiserror::Error)]
pub enum GiveCreditError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must be from 1 to {}", CREDIT_GIVEN_MAX.get())]
    Amount,
    #[error("the idempotency key came before, with another request")]
    KeyReused,
    #[error("the credit could not be stored")]
    Store(#[source] PortError),
}

impl Accounts {
    /// Returns the account's balance. Idempotent per account and idempotency key.
    pub async fn give_credit(
        &self,
        account: AccountId,
        amount: Msat,
        key: Option<&str>,
        by: Actor,
    ) -> Result<Msat, GiveCreditError> {
        if amount <= Msat::ZERO || amount > CREDIT_GIVEN_MAX {
            return Err(GiveCreditError::Amount);
        }
        let store_failed = GiveCreditError::Store;
        if self.store.account(account).await.map_err(store_failed)?.is_none() {
            return Err(GiveCreditError::NoSuchAccount);
        }
        let now = self.clock.now();
        let id = match key {
            Some(key) => Sha256::digest(format!("grant {} {key}", account.0)).into(),
            None => long_id(&*self.random, now),
        };
        let granted = self.store.grant_credit(Grant { id, account, amount }, by, now).await;
        granted.map_err(|error| match error {
            PortError::Conflict(_) => GiveCreditError::KeyReused,
            error => GiveCreditError::Store(error),
        })?;
        Ok(self.store.balance(account).await.map_err(store_failed)?.available)
    }
}
