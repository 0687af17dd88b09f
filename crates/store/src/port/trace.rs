//! What support reads.

use async_trait::async_trait;
use domain::id::MessageId;
use domain::message::waiting::Waiting;
use domain::ports::{Backlog, RecipientTrace, TraceStore, TracedMessage};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::{message, queue};
use crate::tx::Result;

#[async_trait]
impl TraceStore for RowStore {
    async fn traced_message(&self, message: MessageId) -> Result<Option<TracedMessage>> {
        self.read(async move |tx| message::traced_message(tx, &message).await).await
    }

    async fn trace(
        &self,
        message: MessageId,
        first: u32,
        limit: u32,
    ) -> Result<Vec<RecipientTrace>> {
        self.read(async move |tx| message::trace(tx, &message, first, limit).await).await
    }

    async fn waiting(&self, recipients: Vec<(MessageId, u32)>) -> Result<Vec<Option<Waiting>>> {
        self.read(async move |tx| message::waiting(tx, &recipients).await).await
    }

    async fn backlog(&self, now: Timestamp) -> Result<Backlog> {
        self.read(async move |tx| queue::backlog(tx, now).await).await
    }
}
