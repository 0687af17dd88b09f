//! Operators and their keys, and what they do for accounts.

use domain::account::operator::{Actor, NewOperator, Operator};
use domain::account::{Account, AccountName, Scope};
use domain::id::AccountId;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{Grant, PortError, Random, Store};
use domain::sale::tariff::Product;
use domain::secret::Secret;
use domain::time::Timestamp;
use sha2::{Digest, Sha256};

use super::Accounts;
use super::add::{NewKeyText, add_account, add_key, key_hash};
use super::authenticate::AuthError;
use crate::ids::long_id;

/// What an operator's key begins with: nobody takes it for a customer's.
const KEY_PREFIX: &str = "bgo_";

/// Longer texts are no key of ours and are not even hashed.
const KEY_CHARS_MAX: usize = 128;

/// An operator, and the text of the key, to be shown once.
#[derive(Debug)]
pub struct NewOperatorKey {
    pub operator: Operator,
    pub key: Secret,
}

/// Works on a store alone, as [`add_key`] does.
pub async fn add_operator(
    store: &dyn Store,
    random: &dyn Random,
    name: String,
    by: Actor,
    now: Timestamp,
) -> Result<NewOperatorKey, PortError> {
    let key = format!("{KEY_PREFIX}{}", hex::encode(random.bytes32()));
    let new = NewOperator { name, hash: key_hash(&key) };
    let operator = store.add_operator(new, by, now).await?;
    Ok(NewOperatorKey { operator, key: Secret::new(key) })
}

impl Accounts {
    /// Looked up each time: a key that was revoked opens nothing any more.
    pub async fn authenticate_operator(&self, key: &str) -> Result<Operator, AuthError> {
        if !key.starts_with(KEY_PREFIX) || key.len() > KEY_CHARS_MAX {
            return Err(AuthError::BadKey);
        }
        let found = self.store.operator(key_hash(key)).await.map_err(AuthError::Store)?;
        match found {
            None => Err(AuthError::BadKey),
            Some(operator) if operator.revoked_at.is_some() => Err(AuthError::Revoked),
            Some(operator) => Ok(operator),
        }
    }

    pub async fn open(
        &self,
        name: AccountName,
        credit: Msat,
        by: Actor,
    ) -> Result<Account, PortError> {
        add_account(&*self.store, &*self.random, name, credit, by, self.clock.now()).await
    }

    pub async fn open_key(
        &self,
        account: AccountId,
        scopes: Vec<Scope>,
        rate: Option<u32>,
        by: Actor,
    ) -> Result<NewKeyText, PortError> {
        let now = self.clock.now();
        add_key(&*self.store, &*self.random, account, scopes, rate, by, now).await
    }

    /// Gives credit, and says what the account has then. By one idempotency key it is given once;
    /// other credit by the same is a [`PortError::Conflict`].
    pub async fn give_credit(
        &self,
        account: AccountId,
        amount: Msat,
        key: Option<&str>,
        by: Actor,
    ) -> Result<Msat, PortError> {
        let now = self.clock.now();
        let id = match key {
            Some(key) => Sha256::digest(format!("grant {} {key}", account.0)).into(),
            None => long_id(&*self.random, now),
        };
        self.store.grant_credit(Grant { id, account, amount }, by, now).await?;
        Ok(self.store.balance(account).await?.available)
    }

    /// Of one part to this number in a message to many: by the account's prices, or by those of all.
    pub async fn price_of_part(
        &self,
        account: Option<AccountId>,
        to: Msisdn,
    ) -> Result<Msat, PortError> {
        let everybody = AccountId(0);
        let tariff = self.tariff(account.unwrap_or(everybody)).await?;
        Ok(tariff.price(Product::Part, Some(to)))
    }
}
