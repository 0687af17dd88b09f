//! Operators, the audit log, and manual credit in the store. Every change is audited in the same
//! commit.

use async_trait::async_trait;

use crate::account::KeyHash;
use crate::account::operator::{Action, Actor, AuditEntry, NewOperator, Operator};
use crate::id::{AccountId, OperatorId};
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// Credit that an operator grants. The caller generates the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub id: [u8; 32],
    pub account: AccountId,
    /// Must be positive.
    pub amount: Msat,
}

/// The result of a debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debited {
    Done,
    /// It was debited by this id before: nothing changes.
    Repeat,
    /// Nothing was stored: the account has less.
    Insufficient {
        available: Msat,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    pub amount: Msat,
    pub at: Timestamp,
}

/// A page of the audit log, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditList {
    pub account: Option<AccountId>,
    pub action: Option<Action>,
    pub before: Option<i64>,
    pub limit: u32,
}

#[async_trait]
pub trait OperatorStore: Send + Sync {
    /// [`PortError::Conflict`] when the name is taken.
    async fn add_operator(
        &self,
        new: NewOperator,
        by: Actor,
        now: Timestamp,
    ) -> Result<Operator, PortError>;

    /// All operators, revoked ones included, by id.
    async fn operators(&self) -> Result<Vec<Operator>, PortError>;

    /// The operator with this key, revoked or not.
    async fn operator(&self, hash: KeyHash) -> Result<Option<Operator>, PortError>;

    /// False when there is none. Idempotent.
    async fn revoke_operator(
        &self,
        id: OperatorId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn audit_log(&self, list: AuditList) -> Result<Vec<AuditEntry>, PortError>;

    /// Grants credit. False when this id was granted before: nothing changes.
    /// [`PortError::Conflict`] when it was another grant. [`PortError::Refused`] when all grants together
    /// would be more than [`crate::limits::CREDIT_GIVEN_MAX`].
    async fn grant_credit(
        &self,
        grant: Grant,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Takes back credit that may be spent, as [`grant_credit`](Self::grant_credit) gives it.
    async fn debit_credit(
        &self,
        debit: Grant,
        by: Actor,
        now: Timestamp,
    ) -> Result<Debited, PortError>;

    /// Credit that operators granted to an account, newest first.
    async fn grants(&self, account: AccountId, limit: u32) -> Result<Vec<Granted>, PortError>;
}
