//! Accounts and keys in the store. Every change is audited in the same commit.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::account::{Account, AccountName, Balance, Key, KeyHash, Scope};
use crate::id::{AccountId, KeyId};
use crate::money::Msat;
use crate::ports::PortError;
use crate::secret::Secret;
use crate::time::Timestamp;

#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: AccountName,
    pub webhook_secret: Secret,
    /// Credit granted in the same change.
    pub credit: Msat,
}

#[derive(Debug, Clone)]
pub struct NewKey {
    pub account: AccountId,
    pub hash: KeyHash,
    pub scopes: Vec<Scope>,
    pub rate: Option<u32>,
    /// What its owner calls it.
    pub description: Option<String>,
}

#[async_trait]
pub trait AccountStore: Send + Sync {
    /// [`PortError::Conflict`] when the name is taken.
    async fn add_account(
        &self,
        new: NewAccount,
        by: Actor,
        now: Timestamp,
    ) -> Result<Account, PortError>;

    /// All accounts by name, with their balances.
    async fn accounts(&self) -> Result<Vec<(Account, Balance)>, PortError>;

    async fn account(&self, id: AccountId) -> Result<Option<Account>, PortError>;

    async fn account_named(&self, name: &AccountName) -> Result<Option<Account>, PortError>;

    /// Disables or enables an account. False when there is none. Idempotent.
    async fn set_disabled(
        &self,
        id: AccountId,
        disabled: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn add_key(&self, new: NewKey, by: Actor, now: Timestamp) -> Result<KeyId, PortError>;

    /// Number of keys of an account that are not revoked.
    async fn key_count(&self, account: AccountId) -> Result<u32, PortError>;

    /// The key with this hash, revoked or not.
    async fn key(&self, hash: KeyHash) -> Result<Option<Key>, PortError>;

    /// Keys of one account, or of all, oldest first.
    async fn keys(&self, account: Option<AccountId>) -> Result<Vec<Key>, PortError>;

    /// False when there is no such key. Idempotent.
    async fn revoke_key(&self, key: KeyId, by: Actor, now: Timestamp) -> Result<bool, PortError>;
}
