//! Changes to a campaign by its account: cancel before the start, pause and resume, retry
//! undelivered recipients.

use domain::id::{AccountId, MessageId};
use domain::limits;
use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, Idempotency};
use domain::money::Msat;
use domain::ports::{CancelBulk, PortError, Retry, RetryOutcome, Spent};

use super::Campaigns;
use super::error::{CancelBulkError, PauseError, RetryError};
use crate::accept::{Accepted, AcceptedId};

impl Campaigns {
    /// Returns the refund.
    pub async fn cancel(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Msat, CancelBulkError> {
        match self.store.cancel_bulk(account, message, self.clock.now()).await? {
            CancelBulk::Cancelled { refunded } => Ok(refunded),
            CancelBulk::NoSuchMessage => Err(CancelBulkError::NoSuchMessage),
            CancelBulk::Not { state: MessageState::Cancelled, .. } => {
                Err(CancelBulkError::AlreadyCancelled)
            }
            CancelBulk::Not { was_scheduled: true, .. } => Err(CancelBulkError::AlreadyStarted),
            CancelBulk::Not { was_scheduled: false, .. } => Err(CancelBulkError::NotScheduled),
        }
    }

    /// Returns the number of retried recipients, and the price reserved for them.
    pub async fn retry(
        &self,
        account: AccountId,
        message: MessageId,
        idempotency: Option<Idempotency>,
    ) -> Result<Accepted, RetryError> {
        if let Some(idempotency) = &idempotency
            && let Some(spent) = self.store.spent(account, idempotency.clone()).await?
        {
            return self.retried(account, message, spent).await;
        }
        let now = self.clock.now();
        let retry = Retry {
            account,
            message,
            valid_until: now.after(limits::BULK_VALIDITY),
            receipts_until: now.after(limits::BULK_RECEIPTS_WITHIN),
            idempotency,
        };
        match self.store.retry_bulk(retry, now).await? {
            RetryOutcome::Spent(spent) => self.retried(account, message, spent).await,
            RetryOutcome::NotEnded(state) => Err(RetryError::NotEnded(state)),
            RetryOutcome::NothingToRetry => Err(RetryError::NothingToRetry),
            RetryOutcome::OfOrder => Err(RetryError::OfOrder),
            RetryOutcome::NoSuchMessage => Err(RetryError::NoSuchMessage),
        }
    }

    async fn retried(
        &self,
        account: AccountId,
        message: MessageId,
        spent: Spent,
    ) -> Result<Accepted, RetryError> {
        let (total, price, repeated) = match spent {
            Spent::Done { recipients, price, .. } => (recipients, price, false),
            Spent::Repeat { recipients, price, .. } => (recipients, price, true),
            Spent::KeyReused => return Err(RetryError::KeyReused),
            Spent::Insufficient { price, available } => {
                return Err(RetryError::Insufficient { price, available });
            }
            Spent::OverDailyLimit { price, left } => {
                return Err(RetryError::OverDailyLimit { price, left });
            }
        };
        self.wake.dispatch.notify_one();
        let stored = self.store.bulk(account, message).await?;
        let parts = stored.ok_or(RetryError::NoSuchMessage)?.parts;
        let id = AcceptedId::Message(message);
        let (invoice, webhook_secret, start_at) = (None, None, None);
        Ok(Accepted { id, invoice, webhook_secret, start_at, total, parts, price, repeated })
    }

    /// Pauses or resumes submissions; those at carriers are not affected.
    pub async fn pause(
        &self,
        account: AccountId,
        message: MessageId,
        paused: bool,
    ) -> Result<BulkMessage, PauseError> {
        let changed = self.store.pause_bulk(account, message, paused, self.clock.now()).await?;
        let stored = self.store.bulk(account, message).await?.ok_or(PauseError::NoSuchMessage)?;
        match (changed, stored.order) {
            (true, _) => self.wake.dispatch.notify_one(),
            (false, None) => return Err(PauseError::Ended),
            (false, Some(_)) if stored.state.is_final() => return Err(PauseError::Ended),
            (false, Some(_)) if paused => return Err(PauseError::OfOrder),
            // Resuming an order's message changes nothing.
            (false, Some(_)) => {}
        }
        Ok(stored)
    }

    pub async fn get(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<BulkMessage>, PortError> {
        self.store.bulk(account, message).await
    }
}
