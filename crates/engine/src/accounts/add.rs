//! New accounts and keys. Both work on a store alone, so that the operator can call them beside a
//! running server or without one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::account::operator::Actor;
use domain::account::{Account, AccountName, KeyHash, Scope};
use domain::id::{AccountId, KeyId};
use domain::money::Msat;
use domain::ports::{NewAccount, NewKey, PortError, Random, Store};
use domain::secret::Secret;
use domain::time::Timestamp;
use sha2::{Digest, Sha256};

/// What every key begins with, so that a key found lying about is recognised.
const KEY_PREFIX: &str = "bg_";

/// A key's text, to be shown once.
#[derive(Debug)]
pub struct NewKeyText {
    pub id: KeyId,
    pub text: Secret,
}

pub async fn add_account(
    store: &dyn Store,
    random: &dyn Random,
    name: AccountName,
    credit: Msat,
    by: Actor,
    now: Timestamp,
) -> Result<Account, PortError> {
    let webhook_secret = webhook_secret(random);
    store.add_account(NewAccount { name, webhook_secret, credit }, by, now).await
}

/// No scope means all of them.
pub async fn add_key(
    store: &dyn Store,
    random: &dyn Random,
    account: AccountId,
    mut scopes: Vec<Scope>,
    rate: Option<u32>,
    by: Actor,
    now: Timestamp,
) -> Result<NewKeyText, PortError> {
    if scopes.is_empty() {
        scopes.push(Scope::all());
    }
    let text = format!("{KEY_PREFIX}{}", hex::encode(random.bytes32()));
    let hash = key_hash(&text);
    let id = store.add_key(NewKey { account, hash, scopes, rate }, by, now).await?;
    Ok(NewKeyText { id, text: Secret::new(text) })
}

pub(crate) fn key_hash(text: &str) -> KeyHash {
    KeyHash(Sha256::digest(text.as_bytes()).into())
}

/// A signing secret of the Standard Webhooks scheme: `whsec_` and base64 of 32 random bytes.
pub fn webhook_secret(random: &dyn Random) -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(random.bytes32())))
}
