//! An account's texts by recipient, newest first, whichever door they came in by.
//!
//! A search reads messages and their recipients until the page is full, the list ends, or so many rows were
//! read that one request has had its share.

use std::sync::Arc;

use domain::id::AccountId;
use domain::limits::{
    MESSAGES_PAGE_MAX, OUTBOX_LOOKED_AT_MAX, OUTBOX_PAGE_MAX, RECIPIENTS_PAGE_MAX,
};
use domain::message::campaign::{BulkMessage, BulkRecipient};
use domain::money::Msat;
use domain::ports::{PortError, RecipientList};
use domain::text::Text;

use super::Campaigns;
use crate::list_search::Search;

/// What is asked for. The search finds an id, digits of a number, or words of a text, in any case.
#[derive(Debug, Clone, Copy)]
pub struct OutboxAsked<'a> {
    pub search: Option<&'a str>,
    /// Rows on the pages before.
    pub skip: u64,
    pub limit: u32,
}

/// One recipient of a text.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    pub message: Arc<BulkMessage>,
    pub recipient: BulkRecipient,
    /// Its own text, and that text's parts, where texts differ.
    pub own: Option<(Text, u16)>,
}

impl OutboxRow {
    /// The query door's id; `None`: it came in by another door.
    pub fn sms_id(&self) -> Option<u64> {
        self.message.first_sms_id.map(|first| first + u64::from(self.recipient.index))
    }

    pub fn text(&self) -> &str {
        self.own.as_ref().map_or(self.message.text.as_str(), |(text, _)| text.as_str())
    }

    pub fn parts(&self) -> u16 {
        self.own.as_ref().map_or(self.message.parts, |(_, parts)| *parts)
    }

    /// Of this recipient. An order has one recipient, and its price stands with the message.
    pub fn price(&self) -> Msat {
        if self.message.order.is_some() { self.message.price } else { self.recipient.price }
    }
}

/// A page that is being filled.
struct Page {
    rows: Vec<OutboxRow>,
    skip: u64,
    limit: usize,
    /// Rows that may still be read.
    budget: u32,
}

impl Page {
    fn is_done(&self) -> bool {
        self.rows.len() >= self.limit || self.budget == 0
    }

    fn spend(&mut self, rows: usize) {
        self.budget = self.budget.saturating_sub(u32::try_from(rows).unwrap_or(u32::MAX).max(1));
    }

    fn add(&mut self, message: &Arc<BulkMessage>, recipient: BulkRecipient) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.rows.len() < self.limit {
            self.rows.push(OutboxRow { message: message.clone(), recipient, own: None });
        }
    }
}

impl Campaigns {
    pub async fn outbox(
        &self,
        account: AccountId,
        asked: OutboxAsked<'_>,
    ) -> Result<Vec<OutboxRow>, PortError> {
        let mut rows = self.find_rows(account, asked).await?;
        let merged: Vec<_> =
            rows.iter_mut().filter(|row| row.message.own_parts.is_some()).collect();
        if !merged.is_empty() {
            let named = merged.iter().map(|row| (row.message.id, row.recipient.index)).collect();
            let texts = self.store.own_texts(named).await?;
            merged.into_iter().zip(texts).for_each(|(row, text)| row.own = text);
        }
        Ok(rows)
    }

    async fn find_rows(
        &self,
        account: AccountId,
        asked: OutboxAsked<'_>,
    ) -> Result<Vec<OutboxRow>, PortError> {
        let OutboxAsked { search, skip, limit } = asked;
        let search = search.map(Search::new);
        let limit = limit.min(OUTBOX_PAGE_MAX) as usize;
        let mut page = Page { rows: Vec::new(), skip, limit, budget: OUTBOX_LOOKED_AT_MAX };
        if let Some(sms_id) = search.as_ref().and_then(Search::sms_id)
            && let Some((message, index)) = self.store.bulk_by_sms_id(account, sms_id).await?
        {
            // An id is exact: what else has these digits is not looked for.
            self.add_run(&mut page, &Arc::new(message), (index, index + 1), |_| true).await?;
            return Ok(page.rows);
        }
        let mut before = None;
        while !page.is_done() {
            let messages = self.store.bulk_page(account, None, before, MESSAGES_PAGE_MAX).await?;
            let Some(last) = messages.last() else { break };
            before = Some(last.id);
            for message in messages {
                if page.is_done() {
                    break;
                }
                self.add_message(&mut page, message, search.as_ref()).await?;
            }
        }
        Ok(page.rows)
    }

    async fn add_message(
        &self,
        page: &mut Page,
        message: BulkMessage,
        search: Option<&Search>,
    ) -> Result<(), PortError> {
        let (total, message) = (message.counts.total(), Arc::new(message));
        match search {
            Some(search) if !search.is_in_text(&message.text) => {
                page.spend(1);
                if !search.has_digits() {
                    return Ok(());
                }
                self.add_run(page, &message, (0, total), |one| search.is_in_number(&one.address))
                    .await
            }
            // All of its recipients: those of earlier pages are not read.
            _ => {
                let skipped = page.skip.min(total.into());
                page.skip -= skipped;
                page.spend(1);
                let first = u32::try_from(skipped).unwrap_or(total);
                self.add_run(page, &message, (first, total), |_| true).await
            }
        }
    }

    /// Adds recipients from an index to before another one.
    async fn add_run(
        &self,
        page: &mut Page,
        message: &Arc<BulkMessage>,
        (mut first, end): (u32, u32),
        fits: impl Fn(&BulkRecipient) -> bool,
    ) -> Result<(), PortError> {
        while first < end && !page.is_done() {
            let limit = (end - first).min(RECIPIENTS_PAGE_MAX);
            let list = RecipientList { states: Vec::new(), first, limit };
            let found = self.store.bulk_recipients(message.id, list).await?;
            page.spend(found.recipients.len());
            for recipient in found.recipients {
                if fits(&recipient) {
                    page.add(message, recipient);
                }
            }
            first = found.next.unwrap_or(end);
        }
        Ok(())
    }
}
