//! The port of what operators look for, behind the fuse.

use async_trait::async_trait;
use domain::account::{Account, Balance, Key};
use domain::id::{AccountId, KeyId, MessageId};
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::ports::{
    MessageSearch, MessagesFound, PortError, RecipientSearch, RecipientsFound, SearchStore,
};

use super::store::FusedStore;

#[async_trait]
impl SearchStore for FusedStore {
    async fn account_page(
        &self,
        after: AccountId,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>, PortError> {
        self.fuse.alive(self.inner.account_page(after, limit)).await
    }

    async fn key_page(
        &self,
        account: Option<AccountId>,
        after: KeyId,
        limit: u32,
    ) -> Result<Vec<Key>, PortError> {
        self.fuse.alive(self.inner.key_page(account, after, limit)).await
    }

    async fn bulk_page(
        &self,
        account: AccountId,
        state: Option<MessageState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<BulkMessage>, PortError> {
        self.fuse.alive(self.inner.bulk_page(account, state, before, limit)).await
    }

    async fn find_messages(&self, search: MessageSearch) -> Result<MessagesFound, PortError> {
        self.fuse.alive(self.inner.find_messages(search)).await
    }

    async fn find_recipients(&self, search: RecipientSearch) -> Result<RecipientsFound, PortError> {
        self.fuse.alive(self.inner.find_recipients(search)).await
    }
}
