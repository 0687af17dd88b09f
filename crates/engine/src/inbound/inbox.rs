//! An account's inbox: its inbound messages, newest first.
//!
//! A search reads messages until the page is full, the list ends, or so many were read that one request has had
//! its share.

use domain::id::AccountId;
use domain::limits::{INBOX_BATCH, INBOX_LOOKED_AT_MAX, INBOX_PAGE_MAX};
use domain::ports::{PortError, ReceivedMessage};

use super::Inbound;
use crate::engine::Engine;

/// What is looked for. The search finds an id, a keyword, digits of a number, or words of a text, in any case.
#[derive(Debug, Clone, Copy)]
pub struct InboxAsked<'a> {
    pub search: Option<&'a str>,
    /// Messages on the pages before.
    pub skip: u64,
    pub limit: u32,
}

/// A search as it is compared.
struct Search {
    text: String,
    /// Digits to look for in numbers; empty for a search that is no number.
    digits: String,
}

impl Search {
    fn new(search: &str) -> Self {
        let is_mark = |char: char| matches!(char, '+' | ' ' | '-' | '(' | ')');
        let digits: String = search.chars().filter(|char| !is_mark(*char)).collect();
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let digits = if is_number { digits } else { String::new() };
        // A number is stored without what is dialled before it.
        let digits = digits.trim_start_matches("00").to_owned();
        Self { text: search.trim().to_lowercase(), digits }
    }

    fn finds(&self, row: &ReceivedMessage) -> bool {
        let ReceivedMessage { message, sms_id, keyword } = row;
        let in_numbers = || {
            let numbers = [message.from.as_str(), message.to.as_str()];
            !self.digits.is_empty()
                && (numbers.iter().any(|number| number.contains(&self.digits))
                    || sms_id.is_some_and(|id| id.to_string() == self.digits))
        };
        let in_keyword = || keyword.as_ref().is_some_and(|word| word.as_str() == self.text);
        let in_text = || {
            let text = message.content.text();
            text.is_some_and(|text| text.as_str().to_lowercase().contains(&self.text))
        };
        in_numbers() || in_keyword() || in_text()
    }
}

impl Engine {
    /// Messages that an account received, newest first.
    pub async fn received(
        &self,
        account: AccountId,
        asked: InboxAsked<'_>,
    ) -> Result<Vec<ReceivedMessage>, PortError> {
        self.inbound.inbox(account, asked).await
    }
}

impl Inbound {
    async fn inbox(
        &self,
        account: AccountId,
        asked: InboxAsked<'_>,
    ) -> Result<Vec<ReceivedMessage>, PortError> {
        let search = asked.search.map(Search::new);
        let limit = asked.limit.min(INBOX_PAGE_MAX) as usize;
        let (mut found, mut skip, mut before, mut read) = (Vec::new(), asked.skip, None, 0);
        while found.len() < limit && read < INBOX_LOOKED_AT_MAX {
            let batch = self.store.received(account, before, INBOX_BATCH).await?;
            let Some(last) = batch.last() else { break };
            before = Some(last.message.id);
            read += INBOX_BATCH;
            for row in batch {
                if search.as_ref().is_some_and(|search| !search.finds(&row)) {
                    continue;
                }
                if skip > 0 {
                    skip -= 1;
                } else if found.len() < limit {
                    found.push(row);
                }
            }
        }
        Ok(found)
    }
}
