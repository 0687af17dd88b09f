//! Campaigns as their account sees them: lists, and pages of recipients.

use domain::id::{AccountId, MessageId};
use domain::limits;
use domain::message::campaign::{BulkMessage, BulkRecipient, Counts};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{BulkList, PortError, RecipientList};

use super::Campaigns;
use super::credits::Credits;
use super::error::ReadError;
use super::kroner::Kroner;

/// The requested recipients: from an index, or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientsAsked {
    /// The first index to read.
    From(u32),
    /// Recipients to skip.
    Page { offset: u32 },
}

#[derive(Debug)]
pub struct RecipientsFound {
    pub recipients: Vec<BulkRecipient>,
    /// The index to continue from; `None` at the end.
    pub next: Option<u32>,
    /// Counts of the whole message.
    pub counts: Counts,
    /// Recipients on all pages.
    pub total: u32,
}

impl Campaigns {
    /// Messages of an account, newest first, and their total number.
    pub async fn list(
        &self,
        account: AccountId,
        list: BulkList,
    ) -> Result<(Vec<BulkMessage>, u64), PortError> {
        let (messages, total) = self.store.bulk_list(account, list).await?;
        Ok((messages.into_iter().map(|message| self.held_now(message)).collect(), total))
    }

    /// Nothing is held until a time that is past.
    pub(super) fn held_now(&self, message: BulkMessage) -> BulkMessage {
        let now = self.clock.now();
        BulkMessage { held_until: message.held_until.filter(|until| *until > now), ..message }
    }

    /// No states: any state.
    pub async fn recipients(
        &self,
        account: AccountId,
        message: MessageId,
        states: &[RecipientState],
        asked: RecipientsAsked,
        limit: u32,
    ) -> Result<RecipientsFound, ReadError> {
        let limit = limit.min(limits::RECIPIENTS_PAGE_MAX);
        let stored = self.get(account, message).await?;
        let counts = stored.counts;
        let total = match states {
            [] => counts.total(),
            some => some.iter().map(|state| count(&counts, *state)).sum(),
        };
        let found = |recipients, next| RecipientsFound { recipients, next, counts, total };
        let first = match asked {
            RecipientsAsked::From(first) => Some(first),
            RecipientsAsked::Page { offset } if offset >= total => None,
            RecipientsAsked::Page { offset } if states.is_empty() => Some(offset),
            RecipientsAsked::Page { offset } => self.leave_out(message, states, offset).await?,
        };
        let Some(mut first) = first else { return Ok(found(vec![], None)) };
        let mut recipients = Vec::new();
        loop {
            let left = limit - u32::try_from(recipients.len()).unwrap_or(limit);
            let list = RecipientList { states: states.to_vec(), first, limit: left };
            let page = self.store.bulk_recipients(message, list).await?;
            recipients.extend(page.recipients);
            let full = recipients.len() >= limit as usize;
            // A caller with an index continues from the next one; a page is filled.
            match (asked, page.next) {
                (RecipientsAsked::Page { .. }, Some(next)) if !full => first = next,
                (_, next) => return Ok(found(recipients, next)),
            }
        }
    }

    /// The index after the first `offset` recipients in these states. Reads all of them; the size
    /// of the message bounds the work.
    async fn leave_out(
        &self,
        message: MessageId,
        states: &[RecipientState],
        offset: u32,
    ) -> Result<Option<u32>, PortError> {
        let (mut first, mut left) = (0, offset);
        while left > 0 {
            let limit = left.min(limits::RECIPIENTS_PAGE_MAX);
            let list = RecipientList { states: states.to_vec(), first, limit };
            let page = self.store.bulk_recipients(message, list).await?;
            left -= u32::try_from(page.recipients.len()).unwrap_or(left).min(left);
            match page.next {
                Some(next) => first = next,
                None => return Ok(None),
            }
        }
        Ok(Some(first))
    }

    /// An amount as the bulk API counts it.
    pub fn credits(&self, amount: Msat) -> Credits {
        Credits { amount, worth: self.settings.get().prices.credit }
    }

    /// A price as the query API counts it.
    pub fn price_in_kroner(&self, amount: Msat) -> Kroner {
        Kroner::price(amount, self.settings.get().prices.krone)
    }

    /// A balance as the query API counts it.
    pub fn balance_in_kroner(&self, amount: Msat) -> Kroner {
        Kroner::balance(amount, self.settings.get().prices.krone)
    }
}

const fn count(counts: &Counts, state: RecipientState) -> u32 {
    match state {
        RecipientState::Pending => counts.pending,
        RecipientState::Submitted => counts.submitted,
        RecipientState::Success => counts.success,
        RecipientState::Failed => counts.failed,
        RecipientState::Invalid => counts.invalid,
        RecipientState::Blocked => counts.blocked,
        RecipientState::Expired => counts.expired,
        RecipientState::Timeout => counts.timeout,
    }
}
