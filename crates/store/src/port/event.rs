//! Events for customers.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::event::Attempt;
use domain::id::EventId;
use domain::ports::{
    Delivery, DeliveryResult, EventSearch, EventStore, EventsFound, FoundEvent, Lease, Replay,
};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::{event, search};
use crate::tx::Result;

#[async_trait]
impl EventStore for RowStore {
    async fn claim_deliveries(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let lease = Lease { node: node.to_owned(), until: lease_until };
        self.write(async move |tx| event::claim(tx, &lease, now, limit).await).await
    }

    async fn record_deliveries(&self, results: Vec<DeliveryResult>, now: Timestamp) -> Result<()> {
        self.write(async move |tx| event::record(tx, &results, now).await).await
    }

    async fn find_events(&self, search: EventSearch) -> Result<EventsFound> {
        self.read(async move |tx| search::find_events(tx, &search).await).await
    }

    async fn event(&self, id: EventId) -> Result<Option<(FoundEvent, Vec<Attempt>)>> {
        self.read(async move |tx| search::event_with_attempts(tx, id).await).await
    }

    async fn replay_event(&self, id: EventId, by: Actor, now: Timestamp) -> Result<Replay> {
        self.write(async move |tx| event::replay(tx, id, by, now).await).await
    }
}
