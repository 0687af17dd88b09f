//! Changes to a campaign by its account: cancel before the start, pause and resume, retry
//! undelivered recipients.

use domain::id::{AccountId, MessageId};
use domain::limits;
use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, Idempotency, LeftOut};
use domain::money::Msat;
use domain::ports::{CancelBulk, PortError, Retry, RetryOutcome, Spent};

use super::Campaigns;
use super::error::{Absent, CancelBulkError, PauseError, ReadError, RetryError};
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
            CancelBulk::NoSuchMessage => Err(self.absent(message).await?.into()),
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
            RetryOutcome::NoSuchMessage => Err(self.absent(message).await?.into()),
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
        let BulkMessage { parts, sender, first_sms_id, .. } =
            stored.ok_or(Absent::NoSuchMessage)?;
        let id = AcceptedId::Message(message);
        let (invoice, webhook_secret, start_at) = (None, None, None);
        Ok(Accepted {
            id,
            invoice,
            webhook_secret,
            start_at,
            sender,
            first_sms_id,
            total,
            left_out: LeftOut::default(),
            held_until: None,
            parts,
            parts_in_all: u64::from(parts) * u64::from(total),
            price,
            repeated,
        })
    }

    /// Pauses or resumes submissions; those at carriers are not affected.
    pub async fn pause(
        &self,
        account: AccountId,
        message: MessageId,
        paused: bool,
    ) -> Result<BulkMessage, PauseError> {
        let changed = self.store.pause_bulk(account, message, paused, self.clock.now()).await?;
        let Some(stored) = self.store.bulk(account, message).await? else {
            return Err(self.absent(message).await?.into());
        };
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
    ) -> Result<BulkMessage, ReadError> {
        match self.store.bulk(account, message).await? {
            Some(stored) => Ok(self.held_now(stored)),
            None => Err(self.absent(message).await?.into()),
        }
    }

    /// Why an account has no message of this id. Ids are random enough that the difference helps
    /// nobody to find one.
    pub(super) async fn absent(&self, message: MessageId) -> Result<Absent, PortError> {
        let owner = self.store.bulk_owner(message).await?;
        Ok(owner.map_or(Absent::NoSuchMessage, |_| Absent::OfAnother))
    }
}
