//! Sender names, and which accounts may use them.

use domain::account::operator::Actor;
use domain::account::sender::{Sender, SenderEvent};
use domain::id::{AccountId, SenderNumber};
use domain::limits::{NOTE_CHARS_MAX, SENDERS_PER_ACCOUNT_MAX};
use domain::number::{SenderError, SenderId};
use domain::ports::{PortError, SenderList};

use super::Directory;

#[derive(Debug, thiserror::Error)]
pub enum RequestSenderError {
    #[error("there is no such account")]
    NoSuchAccount,
    #[error(transparent)]
    Name(SenderError),
    #[error("an account has at most {SENDERS_PER_ACCOUNT_MAX} sender names")]
    TooMany,
    #[error("the sender name could not be stored")]
    Store(#[source] PortError),
}

#[derive(Debug, thiserror::Error)]
pub enum DecideSenderError {
    #[error("there is no such sender name")]
    NoSuchSender,
    #[error("has at most {NOTE_CHARS_MAX} characters")]
    Note,
    #[error("the sender name is not in a state that allows this")]
    State,
    #[error("the decision could not be stored")]
    Store(#[source] PortError),
}

impl Directory {
    /// Requests a name for an account; it then needs a decision. A requested or approved name is
    /// left unchanged.
    pub async fn request_sender(
        &self,
        account: AccountId,
        name: &str,
        by: Actor,
    ) -> Result<Sender, RequestSenderError> {
        let name = self.read_sender(account, name).await?;
        let requested = self.store.request_sender(account, name, by, self.clock.now()).await;
        requested.map_err(sender_error)
    }

    /// Adds an approved name, whatever was decided before.
    pub async fn add_sender(
        &self,
        account: AccountId,
        name: &str,
        by: Actor,
    ) -> Result<Sender, RequestSenderError> {
        let name = self.read_sender(account, name).await?;
        let added = self.store.add_sender(account, name, by, self.clock.now()).await;
        added.map_err(sender_error)
    }

    async fn read_sender(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<SenderId, RequestSenderError> {
        let name = name.parse().map_err(RequestSenderError::Name)?;
        match self.store.account(account).await {
            Ok(Some(_)) => Ok(name),
            Ok(None) => Err(RequestSenderError::NoSuchAccount),
            Err(error) => Err(RequestSenderError::Store(error)),
        }
    }

    /// Approves, rejects or withdraws a name; `note` is the reason. Idempotent.
    pub async fn decide_sender(
        &self,
        sender: SenderNumber,
        event: SenderEvent,
        note: Option<String>,
        by: Actor,
    ) -> Result<Sender, DecideSenderError> {
        if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
            return Err(DecideSenderError::Note);
        }
        let decided = self.store.decide_sender(sender, event, note, by, self.clock.now()).await;
        let decided = decided.map_err(|error| match error {
            PortError::Conflict(_) => DecideSenderError::State,
            error => DecideSenderError::Store(error),
        })?;
        decided.ok_or(DecideSenderError::NoSuchSender)
    }

    /// Lets every account use the name once it is approved, or only its own. `None`: no such name.
    pub async fn share_sender(
        &self,
        sender: SenderNumber,
        shared: bool,
        by: Actor,
    ) -> Result<Option<Sender>, PortError> {
        self.store.share_sender(sender, shared, by, self.clock.now()).await
    }

    /// Names that an account may use or has requested, oldest first.
    pub async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError> {
        let mut senders = self.store.senders(account).await?;
        senders.sort_by_key(|sender| sender.number);
        Ok(senders)
    }

    /// Names of all accounts, by number.
    pub async fn sender_page(&self, list: SenderList) -> Result<Vec<Sender>, PortError> {
        self.store.sender_list(list).await
    }
}

fn sender_error(error: PortError) -> RequestSenderError {
    match error {
        PortError::Refused(_) => RequestSenderError::TooMany,
        error => RequestSenderError::Store(error),
    }
}
