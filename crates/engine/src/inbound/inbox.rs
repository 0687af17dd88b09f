//! An account's inbox: its inbound messages, newest first.
//!
//! A search reads messages until the page is full, the list ends, or so many were read that one request has had
//! its share.

use domain::id::AccountId;
use domain::limits::{INBOX_BATCH, INBOX_LOOKED_AT_MAX, INBOX_PAGE_MAX};
use domain::ports::{PortError, ReceivedMessage};

use super::Inbound;
use crate::engine::Engine;
use crate::list_search::Search;

/// What is looked for. The search finds an id, a keyword, digits of a number, or words of a text, in any case.
#[derive(Debug, Clone, Copy)]
pub struct InboxAsked<'a> {
    pub search: Option<&'a str>,
    /// Messages on the pages before.
    pub skip: u64,
    pub limit: u32,
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
                if search.as_ref().is_some_and(|search| !finds(search, &row)) {
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

fn finds(search: &Search, row: &ReceivedMessage) -> bool {
    let ReceivedMessage { message, sms_id, keyword } = row;
    let in_numbers = || {
        search.is_in_number(message.from.as_str())
            || search.is_in_number(message.to.as_str())
            || sms_id.is_some_and(|id| search.is_number(&id.to_string()))
    };
    let in_keyword = || keyword.as_ref().is_some_and(|word| search.is_word(word.as_str()));
    let in_text = || message.content.text().is_some_and(|text| search.is_in_text(text));
    in_numbers() || in_keyword() || in_text()
}
