//! Operators: their keys, and the log of what they changed.

use domain::account::operator::{Actor, AuditEntry, NewOperator, Operator};
use domain::id::OperatorId;
use domain::ports::{AuditList, PortError};
use domain::secret::Secret;

use super::Accounts;
use super::authenticate::AuthError;
use super::keys::key_hash;

/// The prefix of every operator key, which distinguishes it from a customer's.
const KEY_PREFIX: &str = "bgo_";

/// Longer texts cannot be keys and are not hashed.
const KEY_CHARS_MAX: usize = 128;

const NAME_CHARS_MAX: usize = 64;

/// An operator, and the text of the key; shown once.
#[derive(Debug)]
pub struct NewOperatorKey {
    pub operator: Operator,
    pub key: Secret,
}

#[derive(Debug, thiserror::Error)]
pub enum AddOperatorError {
    #[error("an operator's name has 1 to {NAME_CHARS_MAX} characters")]
    Name,
    #[error("is the name of another operator")]
    NameTaken,
    #[error("the operator could not be stored")]
    Store(#[source] PortError),
}

impl Accounts {
    pub async fn add_operator(
        &self,
        name: String,
        by: Actor,
    ) -> Result<NewOperatorKey, AddOperatorError> {
        if !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) {
            return Err(AddOperatorError::Name);
        }
        let key = format!("{KEY_PREFIX}{}", hex::encode(self.random.bytes32()));
        let new = NewOperator { name, hash: key_hash(&key) };
        let added = self.store.add_operator(new, by, self.clock.now()).await;
        let operator = added.map_err(|error| match error {
            PortError::Conflict(_) => AddOperatorError::NameTaken,
            error => AddOperatorError::Store(error),
        })?;
        Ok(NewOperatorKey { operator, key: Secret::new(key) })
    }

    /// Reads the store each time, so that a revoked key is refused at once.
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

    /// All operators, revoked ones included, by id.
    pub async fn operators(&self) -> Result<Vec<Operator>, PortError> {
        self.store.operators().await
    }

    /// False when there is no such operator. Idempotent.
    pub async fn revoke_operator(&self, id: OperatorId, by: Actor) -> Result<bool, PortError> {
        self.store.revoke_operator(id, by, self.clock.now()).await
    }

    /// Entries of the audit log, newest first.
    pub async fn audit_log(&self, list: AuditList) -> Result<Vec<AuditEntry>, PortError> {
        self.store.audit_log(list).await
    }
}
