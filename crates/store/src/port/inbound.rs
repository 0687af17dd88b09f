//! Messages from handsets.

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::{AccountId, InboundId};
use domain::inbound::{InboundMessage, InboundPart, Receivers};
use domain::ports::{InboundRecorded, InboundStore, ReceivedMessage, UnreadReceipt};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::{inbound, message};
use crate::tx::Result;

#[async_trait]
impl InboundStore for RowStore {
    async fn record_inbound(
        &self,
        parts: Vec<(InboundId, InboundPart)>,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<InboundRecorded> {
        self.write(async move |tx| inbound::record(tx, &parts, &receivers, now).await).await
    }

    async fn join_incomplete(
        &self,
        waiting_since: Timestamp,
        receivers: Arc<Receivers>,
        now: Timestamp,
        limit: u32,
    ) -> Result<InboundRecorded> {
        self.write(async move |tx| {
            inbound::join_incomplete(tx, waiting_since, &receivers, now, limit).await
        })
        .await
    }

    async fn keep_unread_receipts(&self, receipts: Vec<(InboundId, UnreadReceipt)>) -> Result<()> {
        self.write(async move |tx| message::unread_receipts::keep(tx, &receipts).await).await
    }

    async fn unread_receipts(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<(InboundId, UnreadReceipt)>> {
        self.read(async move |tx| message::unread_receipts::list(tx, before, limit).await).await
    }

    async fn inbound(&self, id: InboundId) -> Result<Option<InboundMessage>> {
        self.read(async move |tx| inbound::find(tx, id).await).await
    }

    async fn inbound_list(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<InboundMessage>> {
        self.read(async move |tx| inbound::list(tx, before, limit).await).await
    }

    async fn received(
        &self,
        account: AccountId,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<ReceivedMessage>> {
        self.read(async move |tx| inbound::received(tx, account, before, limit).await).await
    }
}
