//! What operators search across accounts.

use async_trait::async_trait;
use domain::account::{Account, Balance, Key};
use domain::id::{AccountId, KeyId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::ports::{MessageSearch, MessagesFound, RecipientSearch, RecipientsFound, SearchStore};

use super::RowStore;
use crate::rows::search;
use crate::tx::Result;

#[async_trait]
impl SearchStore for RowStore {
    async fn account_page(&self, after: AccountId, limit: u32) -> Result<Vec<(Account, Balance)>> {
        self.read(async move |tx| search::account_page(tx, after, limit).await).await
    }

    async fn key_page(
        &self,
        account: Option<AccountId>,
        after: KeyId,
        limit: u32,
    ) -> Result<Vec<Key>> {
        self.read(async move |tx| search::key_page(tx, account, after, limit).await).await
    }

    async fn bulk_page(
        &self,
        account: AccountId,
        state: Option<MessageState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<BulkMessage>> {
        self.read(async move |tx| search::bulk_page(tx, account, state, before, limit).await).await
    }

    async fn find_messages(&self, search: MessageSearch) -> Result<MessagesFound> {
        self.read(async move |tx| search::find_messages(tx, &search).await).await
    }

    async fn find_recipients(&self, search: RecipientSearch) -> Result<RecipientsFound> {
        self.read(async move |tx| search::find_recipients(tx, &search).await).await
    }
}
