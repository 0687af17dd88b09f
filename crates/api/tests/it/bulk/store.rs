//! Messages to many in memory: what was stored is kept, and what a test says is answered.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::AccountSettings;
use domain::account::template::Template;
use domain::id::{AccountId, GroupId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::*;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::*;
use domain::time::Timestamp;

use crate::store::FakeStore;

#[derive(Debug, Default)]
pub(crate) struct Script {
    pub added: Vec<Arc<NewBulk>>,
    /// What is found of any message, in place of what was stored.
    pub message: Option<BulkMessage>,
    /// What a change answers.
    pub cancel: Option<CancelBulk>,
    pub retry: Option<RetryOutcome>,
    pub pauses: bool,
    /// The outcome of a commit is lost: what is stored by it is there, or is not.
    pub lost: Option<bool>,
    pub page: RecipientPage,
    /// What the account keeps here, and what was agreed with it.
    pub template: Option<Template>,
    pub group: Option<(GroupId, Vec<Msisdn>)>,
    pub blocked: Vec<Msisdn>,
    pub prices: Vec<(String, Msat)>,
    pub agreed: AccountSettings,
    /// Only what is asked about messages is not answered.
    pub down: bool,
    /// What was asked for, as far as the store is told.
    pub lists: Vec<BulkList>,
    pub recipient_lists: Vec<RecipientList>,
}

/// As it stands right after it was stored.
pub(super) fn stored(new: &NewBulk) -> BulkMessage {
    let count = |many: usize| u32::try_from(many).unwrap();
    BulkMessage {
        id: new.content.message,
        account: new.payer,
        sender: new.content.sender.clone(),
        text: new.content.text.clone(),
        parts: new.content.parts,
        state: match new.start_at {
            Some(_) => MessageState::Scheduled,
            None => MessageState::Pending,
        },
        counts: Counts {
            pending: count(new.payable()),
            invalid: count(new.excluded.len()),
            ..Counts::default()
        },
        price: new.price().unwrap(),
        charged: Msat::ZERO,
        refunded: Msat::ZERO,
        start_at: new.start_at,
        paused: false,
        valid_until: new.content.valid_until,
        created_at: new.created_at,
        ended_at: None,
    }
}

fn spent(new: &NewBulk) -> (MessageId, u32, Msat) {
    (new.content.message, u32::try_from(new.payable()).unwrap(), new.price().unwrap())
}

impl FakeStore {
    fn messages(&self) -> Result<std::sync::MutexGuard<'_, crate::store::Rows>, PortError> {
        let rows = self.up()?;
        if rows.bulk.down {
            Err(PortError::Unavailable("the disk is full".into()))
        } else {
            Ok(rows)
        }
    }
}

#[async_trait]
impl BulkStore for FakeStore {
    async fn add_bulk(&self, new: Arc<NewBulk>) -> Result<Spent, PortError> {
        let mut rows = self.messages()?;
        let (message, recipients, price) = spent(&new);
        if let Some(left) = rows.left_today.filter(|left| *left < price) {
            return Ok(Spent::OverDailyLimit { price, left });
        }
        let available = rows.available.entry(new.payer).or_default();
        if *available < price {
            return Ok(Spent::Insufficient { price, available: *available });
        }
        let lost = rows.bulk.lost;
        if lost != Some(false) {
            let available = rows.available.entry(new.payer).or_default();
            *available = available.checked_sub(price).unwrap();
            rows.bulk.added.push(new);
            rows.changes += 1;
        }
        match lost {
            None => Ok(Spent::Done { message, recipients, price }),
            Some(_) => Err(PortError::Unknown("the connection broke".into())),
        }
    }

    async fn spent(
        &self,
        account: AccountId,
        asked: Idempotency,
    ) -> Result<Option<Spent>, PortError> {
        let rows = self.messages()?;
        let mut added = rows.bulk.added.iter().filter(|new| new.payer == account);
        let found = added.find_map(|new| {
            let known = new.idempotency.as_ref().filter(|known| known.key == asked.key)?;
            let (message, recipients, price) = spent(new);
            Some(if known.request == asked.request {
                Spent::Repeat { message, recipients, price }
            } else {
                Spent::KeyReused
            })
        });
        Ok(found)
    }

    async fn bulk(
        &self,
        account: AccountId,
        id: MessageId,
    ) -> Result<Option<BulkMessage>, PortError> {
        let rows = self.messages()?;
        let added = || {
            let mut added = rows.bulk.added.iter();
            added.find(|new| new.content.message == id).map(|new| stored(new))
        };
        let found = rows.bulk.message.clone().or_else(added);
        Ok(found.filter(|message| message.account == account))
    }

    async fn bulk_list(
        &self,
        _: AccountId,
        list: BulkList,
    ) -> Result<(Vec<BulkMessage>, u64), PortError> {
        let mut rows = self.messages()?;
        rows.bulk.lists.push(list);
        let messages = match &rows.bulk.message {
            Some(message) => vec![message.clone()],
            None => rows.bulk.added.iter().rev().map(|new| stored(new)).collect(),
        };
        let total = messages.len() as u64;
        Ok((messages, total))
    }

    async fn bulk_recipients(
        &self,
        _: MessageId,
        list: RecipientList,
    ) -> Result<RecipientPage, PortError> {
        let mut rows = self.messages()?;
        rows.bulk.recipient_lists.push(list);
        Ok(rows.bulk.page.clone())
    }

    async fn cancel_bulk(
        &self,
        _: AccountId,
        _: MessageId,
        _: Timestamp,
    ) -> Result<CancelBulk, PortError> {
        Ok(self.messages()?.bulk.cancel.unwrap_or(CancelBulk::NoSuchMessage))
    }

    async fn retry_bulk(&self, _: Retry, _: Timestamp) -> Result<RetryOutcome, PortError> {
        Ok(self.messages()?.bulk.retry.unwrap_or(RetryOutcome::NoSuchMessage))
    }

    async fn pause_bulk(
        &self,
        _: AccountId,
        _: MessageId,
        paused: bool,
        _: Timestamp,
    ) -> Result<bool, PortError> {
        let mut rows = self.messages()?;
        let pauses = rows.bulk.pauses;
        if let Some(message) = rows.bulk.message.as_mut().filter(|_| pauses) {
            message.paused = paused;
        }
        Ok(pauses)
    }
}
