//! Operators, what they did, and money that they move by hand, as it is stored. Every change is
//! audited in the same commit.

use async_trait::async_trait;

use crate::account::KeyHash;
use crate::account::operator::{Action, Actor, AuditEntry, NewOperator, Operator};
use crate::id::{AccountId, OperatorId};
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// Credit that an operator gives. A grant is known by its id, which the caller draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub id: [u8; 32],
    pub account: AccountId,
    /// More than nothing.
    pub amount: Msat,
}

/// Which lines of the audit log, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditList {
    pub account: Option<AccountId>,
    pub action: Option<Action>,
    pub before: Option<i64>,
    pub limit: u32,
}

#[async_trait]
pub trait OperatorStore: Send + Sync {
    /// [`PortError::Conflict`] when there is one of this name.
    async fn add_operator(
        &self,
        new: NewOperator,
        by: Actor,
        now: Timestamp,
    ) -> Result<Operator, PortError>;

    /// All of them, revoked or not, by id.
    async fn operators(&self) -> Result<Vec<Operator>, PortError>;

    /// Whose key this is, revoked or not.
    async fn operator(&self, hash: KeyHash) -> Result<Option<Operator>, PortError>;

    /// False when there is none; a repeat changes nothing.
    async fn revoke_operator(
        &self,
        id: OperatorId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    async fn audit_log(&self, list: AuditList) -> Result<Vec<AuditEntry>, PortError>;

    /// Gives credit. False when it was given by this id before: nothing happens again.
    /// [`PortError::Conflict`] when other credit was.
    async fn grant_credit(
        &self,
        grant: Grant,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;
}
