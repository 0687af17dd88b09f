//! Events for customers.

use async_trait::async_trait;
use domain::ports::{EventStore, Lease, WebhookCall, WebhookResult};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::event;
use crate::tx::Result;

#[async_trait]
impl EventStore for RowStore {
    async fn claim_webhooks(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookCall>> {
        let lease = Lease { node: node.to_owned(), until: lease_until };
        self.write(async move |tx| event::claim(tx, &lease, now, limit).await).await
    }

    async fn record_webhooks(&self, results: Vec<WebhookResult>, now: Timestamp) -> Result<()> {
        self.write(async move |tx| event::record(tx, &results, now).await).await
    }
}
