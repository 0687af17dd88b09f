//! Authenticates a caller by the text of an API key.

use std::sync::Arc;

use domain::account::{AccountName, Key};
use domain::id::AccountId;
use domain::ports::PortError;

use super::Accounts;
use super::keys::key_hash;

/// Longer texts cannot be keys and are not hashed.
const KEY_CHARS_MAX: usize = 128;

/// An account, and the key used for it.
#[derive(Debug, Clone)]
pub struct Caller {
    pub account: AccountId,
    pub key: Arc<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("the API key is not valid")]
    BadKey,
    #[error("the API key was revoked")]
    Revoked,
    #[error("the account of this API key is disabled")]
    Disabled,
    #[error("keys cannot be checked right now")]
    Store(#[source] PortError),
}

impl Accounts {
    /// A revoked key, or one of a disabled account, is accepted for at most one more second.
    pub async fn authenticate(&self, key: &str) -> Result<Caller, AuthError> {
        if key.is_empty() || key.len() > KEY_CHARS_MAX {
            return Err(AuthError::BadKey);
        }
        let (hash, now) = (key_hash(key), self.clock.now());
        let found = match self.keys.get(&hash, now) {
            Some(known) => Some(known),
            None => {
                let read = self.store.key(hash).await.map_err(AuthError::Store)?.map(Arc::new);
                read.inspect(|key| self.keys.keep(hash, key.clone(), now))
            }
        };
        match found {
            None => Err(AuthError::BadKey),
            Some(key) if key.revoked_at.is_some() => Err(AuthError::Revoked),
            Some(key) if key.is_disabled => Err(AuthError::Disabled),
            Some(key) => Ok(Caller { account: key.account, key }),
        }
    }

    /// The same, for doors that also take the account's name: a key of another account is a bad one.
    pub async fn authenticate_as(&self, name: &str, key: &str) -> Result<Caller, AuthError> {
        let caller = self.authenticate(key).await?;
        let owner = self.name_of(caller.account).await.map_err(AuthError::Store)?;
        if owner.as_str() == name { Ok(caller) } else { Err(AuthError::BadKey) }
    }

    /// The name of an account that exists; it never changes.
    async fn name_of(&self, account: AccountId) -> Result<AccountName, PortError> {
        let now = self.clock.now();
        if let Some(name) = self.names.get(&account, now) {
            return Ok(name);
        }
        let missing = || PortError::Refused("the account of a key is missing".to_owned());
        let name = self.store.account(account).await?.ok_or_else(missing)?.name;
        self.names.keep(account, name.clone(), now);
        Ok(name)
    }
}
