//! Grants credit manually, and takes it back.

use domain::account::operator::Actor;
use domain::id::AccountId;
use domain::limits::CREDIT_GIVEN_MAX;
use domain::money::Msat;
use domain::ports::{Debited, Grant, PortError};
use domain::time::Timestamp;
use sha2::{Digest, Sha256};

use super::Accounts;
use crate::ids::long_id;

#[derive(Debug, thiserror::Error)]
pub enum GiveCreditError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("must be from 1 to {}", CREDIT_GIVEN_MAX.get())]
    Amount,
    #[error("is more than the {} msat that may be spent", available.get())]
    Insufficient { available: Msat },
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
        let now = self.clock.now();
        let grant = self.checked_grant("grant", account, amount, key, now).await?;
        self.store.grant_credit(grant, by, now).await.map_err(|error| match error {
            PortError::Conflict(_) => GiveCreditError::KeyReused,
            // With what was given before it is more than there is.
            PortError::Refused(_) => GiveCreditError::Amount,
            error => GiveCreditError::Store(error),
        })?;
        Ok(self.store.balance(account).await.map_err(GiveCreditError::Store)?.available)
    }

    /// Takes back credit that may be spent. Returns the account's balance. Idempotent as
    /// [`give_credit`](Self::give_credit).
    pub async fn take_credit(
        &self,
        account: AccountId,
        amount: Msat,
        key: Option<&str>,
        by: Actor,
    ) -> Result<Msat, GiveCreditError> {
        let now = self.clock.now();
        let debit = self.checked_grant("debit", account, amount, key, now).await?;
        let taken = self.store.debit_credit(debit, by, now).await.map_err(|error| match error {
            PortError::Conflict(_) => GiveCreditError::KeyReused,
            error => GiveCreditError::Store(error),
        })?;
        if let Debited::Insufficient { available } = taken {
            return Err(GiveCreditError::Insufficient { available });
        }
        Ok(self.store.balance(account).await.map_err(GiveCreditError::Store)?.available)
    }

    async fn checked_grant(
        &self,
        word: &str,
        account: AccountId,
        amount: Msat,
        key: Option<&str>,
        now: Timestamp,
    ) -> Result<Grant, GiveCreditError> {
        if amount <= Msat::ZERO || amount > CREDIT_GIVEN_MAX {
            return Err(GiveCreditError::Amount);
        }
        if self.store.account(account).await.map_err(GiveCreditError::Store)?.is_none() {
            return Err(GiveCreditError::NoSuchAccount);
        }
        let id = match key {
            Some(key) => Sha256::digest(format!("{word} {} {key}", account.0)).into(),
            None => long_id(&*self.random, now),
        };
        Ok(Grant { id, account, amount })
    }
}
