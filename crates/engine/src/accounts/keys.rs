//! Adds and revokes API keys. The text of a new key is returned once; only its hash is stored.

use domain::account::operator::Actor;
use domain::account::{BadScope, Key, KeyHash, Scope};
use domain::id::{AccountId, KeyId};
use domain::limits::KEY_DESCRIPTION_CHARS_MAX;
use domain::ports::{NewKey, PortError};
use domain::secret::Secret;
use sha2::{Digest, Sha256};

use super::Accounts;

/// The prefix of every key, which distinguishes it from other secrets.
const KEY_PREFIX: &str = "bg_";

/// The text of a key; shown once.
#[derive(Debug)]
pub struct NewKeyText {
    pub id: KeyId,
    pub text: Secret,
}

#[derive(Debug, thiserror::Error)]
pub enum AddKeyError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("{source}")]
    Scope { index: usize, source: BadScope },
    #[error("must name each scope once")]
    RepeatedScope,
    #[error("must be at least 1; leave it out for no limit")]
    Rate,
    #[error(
        "must have at most {KEY_DESCRIPTION_CHARS_MAX} characters, none of them a control character"
    )]
    Description,
    #[error("the key could not be stored")]
    Store(#[from] PortError),
}

impl Accounts {
    /// No scopes means all of them; `rate` is in requests per second, `None` = no limit.
    pub async fn add_key<S: AsRef<str>>(
        &self,
        account: AccountId,
        scopes: &[S],
        rate: Option<u32>,
        by: Actor,
    ) -> Result<NewKeyText, AddKeyError> {
        self.add_described_key(account, scopes, rate, None, by).await
    }

    /// Likewise, with what its owner calls it.
    pub async fn add_described_key<S: AsRef<str>>(
        &self,
        account: AccountId,
        scopes: &[S],
        rate: Option<u32>,
        description: Option<String>,
        by: Actor,
    ) -> Result<NewKeyText, AddKeyError> {
        let scopes = read_scopes(scopes)?;
        if description.as_deref().is_some_and(|text| !is_description(text)) {
            return Err(AddKeyError::Description);
        }
        if rate == Some(0) {
            return Err(AddKeyError::Rate);
        }
        if self.store.account(account).await?.is_none() {
            return Err(AddKeyError::NoSuchAccount);
        }
        let text = format!("{KEY_PREFIX}{}", hex::encode(self.random.bytes32()));
        let new = NewKey { account, hash: key_hash(&text), scopes, rate, description };
        let id = self.store.add_key(new, by, self.clock.now()).await?;
        Ok(NewKeyText { id, text: Secret::new(text) })
    }

    /// False when there is no such key. Idempotent.
    pub async fn revoke_key(&self, key: KeyId, by: Actor) -> Result<bool, PortError> {
        self.store.revoke_key(key, by, self.clock.now()).await
    }

    /// Revokes a key of this account, given its text. False when the account has no such key; a key that
    /// is revoked is one.
    pub async fn revoke_key_of(
        &self,
        account: AccountId,
        text: &str,
        by: Actor,
    ) -> Result<bool, PortError> {
        let hash = key_hash(text);
        let Some(key) = self.store.key(hash).await? else { return Ok(false) };
        if key.account != account {
            return Ok(false);
        }
        let revoked = self.revoke_key(key.id, by).await;
        self.keys.forget(&hash);
        revoked
    }

    /// Keys of one account or of all, by id, after `after`.
    pub async fn key_page(
        &self,
        account: Option<AccountId>,
        after: KeyId,
        limit: u32,
    ) -> Result<Vec<Key>, PortError> {
        self.store.key_page(account, after, limit).await
    }
}

fn read_scopes<S: AsRef<str>>(scopes: &[S]) -> Result<Vec<Scope>, AddKeyError> {
    if scopes.is_empty() {
        return Ok(vec![Scope::all()]);
    }
    let mut read = Vec::new();
    for (index, scope) in scopes.iter().enumerate() {
        let scope = scope.as_ref().parse();
        let scope: Scope = scope.map_err(|source| AddKeyError::Scope { index, source })?;
        if read.contains(&scope) {
            return Err(AddKeyError::RepeatedScope);
        }
        read.push(scope);
    }
    Ok(read)
}

fn is_description(text: &str) -> bool {
    text.chars().count() <= KEY_DESCRIPTION_CHARS_MAX && !text.chars().any(char::is_control)
}

pub(crate) fn key_hash(text: &str) -> KeyHash {
    KeyHash(Sha256::digest(text.as_bytes()).into())
}
