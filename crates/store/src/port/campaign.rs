//! Campaigns.

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::{AccountId, MessageId};
use domain::message::campaign::{BulkMessage, Idempotency, NewBulk};
use domain::ports::{
    BulkList, BulkStore, CancelBulk, RecipientList, RecipientPage, Retry, RetryOutcome, Spent,
};
use domain::text::Text;
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::campaign;
use crate::tx::Result;

#[async_trait]
impl BulkStore for RowStore {
    async fn add_bulk(&self, new: Arc<NewBulk>) -> Result<Spent> {
        self.write(async move |tx| campaign::add(tx, &new).await).await
    }

    async fn spent(&self, account: AccountId, idempotency: Idempotency) -> Result<Option<Spent>> {
        self.read(async move |tx| campaign::spent(tx, account, &idempotency).await).await
    }

    async fn bulk(&self, account: AccountId, message: MessageId) -> Result<Option<BulkMessage>> {
        self.read(async move |tx| campaign::find(tx, account, &message).await).await
    }

    async fn take_sms_ids(&self, count: u32) -> Result<u64> {
        self.write(async move |tx| campaign::take_sms_ids(tx, count).await).await
    }

    async fn bulk_by_sms_id(
        &self,
        account: AccountId,
        sms_id: u64,
    ) -> Result<Option<(BulkMessage, u32)>> {
        self.read(async move |tx| campaign::find_by_sms_id(tx, account, sms_id).await).await
    }

    async fn own_texts(
        &self,
        recipients: Vec<(MessageId, u32)>,
    ) -> Result<Vec<Option<(Text, u16)>>> {
        self.read(async move |tx| campaign::own_texts(tx, &recipients).await).await
    }

    async fn bulk_owner(&self, message: MessageId) -> Result<Option<AccountId>> {
        self.read(async move |tx| campaign::owner(tx, &message).await).await
    }

    async fn bulk_list(
        &self,
        account: AccountId,
        list: BulkList,
    ) -> Result<(Vec<BulkMessage>, u64)> {
        self.read(async move |tx| campaign::list(tx, account, &list).await).await
    }

    async fn bulk_recipients(
        &self,
        message: MessageId,
        list: RecipientList,
    ) -> Result<RecipientPage> {
        self.read(async move |tx| campaign::page(tx, &message, &list).await).await
    }

    async fn cancel_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<CancelBulk> {
        self.write(async move |tx| campaign::cancel(tx, account, &message, now).await).await
    }

    async fn retry_bulk(&self, retry: Retry, now: Timestamp) -> Result<RetryOutcome> {
        self.write(async move |tx| campaign::retry(tx, &retry, now).await).await
    }

    async fn pause_bulk(
        &self,
        account: AccountId,
        message: MessageId,
        paused: bool,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| campaign::pause(tx, account, &message, paused, now).await).await
    }
}
