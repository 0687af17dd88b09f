//! Messages to many behind the fuse.

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::{AccountId, MessageId};
use domain::message::campaign::{BulkMessage, Idempotency, NewBulk};
use domain::ports::{
    BulkList, BulkStore, CancelBulk, PortError, RecipientList, RecipientPage, Retry, RetryOutcome,
    Spent,
};
use domain::time::Timestamp;

use super::FusedStore;

#[async_trait]
impl BulkStore for FusedStore {
    async fn add_bulk(&self, new: Arc<NewBulk>) -> Result<Spent, PortError> {
        self.fuse.through(self.inner.add_bulk(new)).await
    }

    async fn spent(
        &self,
        account: AccountId,
        idempotency: Idempotency,
    ) -> Result<Option<Spent>, PortError> {
        self.fuse.alive(self.inner.spent(account, idempotency)).await
    }

    async fn bulk(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<Option<BulkMessage>, PortError> {
        self.fuse.alive(self.inner.bulk(account, message)).await
    }

    async fn bulk_list(
        &self,
        account: AccountId,
        list: BulkList,
    ) -> Result<(Vec<BulkMessage>, u64), PortError> {
        self.fuse.alive(self.inner.bulk_list(account, list)).await
    }

    async fn bulk_recipients(
        &self,
        message: MessageId,
        list: RecipientList,
    ) -> Result<RecipientPage, PortError> {
        self.fuse.alive(self.inner.bulk_recipients(message, list)).await
    }

    async fn cancel_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<CancelBulk, PortError> {
        self.fuse.through(self.inner.cancel_bulk(account, message, now)).await
    }

    async fn retry_bulk(&self, retry: Retry, now: Timestamp) -> Result<RetryOutcome, PortError> {
        self.fuse.through(self.inner.retry_bulk(retry, now)).await
    }

    async fn pause_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        paused: bool,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.fuse.through(self.inner.pause_bulk(account, message, paused, now)).await
    }
}
