//! Sender names as they are stored. Every change is audited in the same commit.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::account::sender::{Sender, SenderEvent, SenderState};
use crate::id::{AccountId, SenderNumber};
use crate::number::SenderId;
use crate::ports::PortError;
use crate::time::Timestamp;

/// Which sender names are listed, by their numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SenderList {
    pub account: Option<AccountId>,
    pub state: Option<SenderState>,
    pub after: Option<SenderNumber>,
    pub limit: u32,
}

#[async_trait]
pub trait SenderStore: Send + Sync {
    /// Approved at once, whatever was decided before. A repeat changes nothing.
    async fn add_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender, PortError>;

    /// Asks for a name. One that waits, or is approved, stays as it is. [`PortError::Refused`] beyond
    /// [`crate::limits::SENDERS_PER_ACCOUNT_MAX`].
    async fn request_sender(
        &self,
        account: AccountId,
        name: SenderId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Sender, PortError>;

    /// `None` when there is no such name. [`PortError::Conflict`] when the event is not legal in its
    /// state; a repeat of the last decision changes nothing.
    async fn decide_sender(
        &self,
        number: SenderNumber,
        event: SenderEvent,
        note: Option<String>,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>, PortError>;

    /// Lets every account use it once it is approved, or only its own.
    async fn share_sender(
        &self,
        number: SenderNumber,
        shared: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Sender>, PortError>;

    /// All names of an account, and those that others share and that are approved, by name.
    async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError>;

    /// Of all accounts, by number.
    async fn sender_list(&self, list: SenderList) -> Result<Vec<Sender>, PortError>;

    /// What was decided of this name for this account; *approved* when somebody shares it. `None`: it
    /// was never asked for. One read by index.
    async fn sender_state(
        &self,
        account: AccountId,
        name: SenderId,
    ) -> Result<Option<SenderState>, PortError>;
}
