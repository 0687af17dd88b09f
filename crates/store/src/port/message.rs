//! Messages, their queue, and what carriers report of them.

use async_trait::async_trait;
use domain::ports::{
    ChunkEnd, ChunkId, ClaimRoom, Claimed, Lease, MessageStore, Outcome, Receipt, Recorded,
};
use domain::sale::order::Unreceipted;
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::{message, queue, retention};
use crate::tx::Result;

#[async_trait]
impl MessageStore for RowStore {
    async fn claim_chunks(
        &self,
        node: &str,
        room: ClaimRoom,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claimed> {
        let node = node.to_owned();
        self.write(async move |tx| queue::claim(tx, &node, &room, now, lease_until).await).await
    }

    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<()> {
        let node = node.to_owned();
        self.write(async move |tx| queue::renew_leases(tx, &node, &claims, lease_until).await).await
    }

    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64> {
        let node = node.to_owned();
        self.write(async move |tx| queue::release_leases(tx, &node, now).await).await
    }

    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<Recorded> {
        self.write(async move |tx| {
            message::record_outcomes(tx, &outcomes, &ends, now, event_lease.as_ref()).await
        })
        .await
    }

    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<Recorded> {
        self.write(async move |tx| {
            message::record_receipts(tx, &receipts, now, event_lease.as_ref()).await
        })
        .await
    }

    async fn record_matched_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        event_lease: Option<Lease>,
    ) -> Result<(Recorded, Vec<usize>)> {
        self.write(async move |tx| {
            message::record_matched_receipts(tx, &receipts, now, event_lease.as_ref()).await
        })
        .await
    }

    async fn expire(
        &self,
        now: Timestamp,
        parked_before: Timestamp,
        limit: u32,
        unreceipted: Unreceipted,
    ) -> Result<Recorded> {
        self.write(async move |tx| {
            message::expire(tx, now, parked_before, limit, unreceipted).await
        })
        .await
    }

    async fn forget_unpaid_orders(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(async move |tx| retention::forget_orders(tx, before, limit).await).await
    }

    async fn reexamine_deferrals(&self, now: Timestamp) -> Result<u64> {
        self.write(async move |tx| queue::reexamine(tx, now).await).await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.write(async move |tx| retention::forget(tx, before, limit).await).await
    }
}
