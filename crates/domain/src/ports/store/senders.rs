//! Sender names in the store. Every change is audited in the same commit.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::account::sender::{Sender, SenderEvent, SenderState};
use crate::id::{AccountId, SenderNumber};
use crate::number::SenderId;
use crate::ports::PortError;
use crate::time::Timestamp;

/// A page of sender names, by number.
#[derive(Debug, Clone, Copy, Default)]
pub struct SenderList {
    pub account: Option<AccountId>,
    pub state: Option<SenderState>,
    pub after: Option<SenderNumber>,
    pub limit: u32,
}

#[async_trait]
pub trait SenderStore: Send + Sync {
    /// Adds an approved name, whatever was decided before. Idempotent.
    async fn add_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender, PortError>;

    /// Requests a name. A requested or approved name is left unchanged. [`PortError::Refused`]
    /// beyond [`crate::limits::SENDERS_PER_ACCOUNT_MAX`].
    async fn request_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender, PortError>;

    /// `None` when there is no such name. [`PortError::Conflict`] when its state does not allow the
    /// event; a repeat of the last decision changes nothing.
    async fn decide_sender(
        &self,
        number: SenderNumber,
        event: SenderEvent,
        note: Option<String>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>, PortError>;

    /// Lets every account use the name once it is approved, or only its own.
    async fn share_sender(
        &self,
        number: SenderNumber,
        shared: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>, PortError>;

    /// All names of an account, and approved names that others share, by name.
    async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError>;

    /// Names of all accounts, by number.
    async fn sender_list(&self, list: SenderList) -> Result<Vec<Sender>, PortError>;

    /// The decision about this name for this account; *approved* if another account shares it.
    /// `None`: never requested. One read by index.
    async fn sender_state(
        &self,
        account: AccountId,
        name: SenderId,
    ) -> Result<Option<SenderState>, PortError>;
}
