//! What no door asks of the store in memory.

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::{InboundId, MessageId};
use domain::inbound::*;
use domain::ports::*;
use domain::time::Timestamp;

use crate::store::{FakeStore, not_needed};

#[async_trait]
impl MessageStore for FakeStore {
    async fn claim_chunks(
        &self,
        _: &str,
        _: ClaimRoom,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Claimed, PortError> {
        not_needed()
    }

    async fn renew_leases(
        &self,
        _: &str,
        _: Vec<(ChunkId, u32)>,
        _: Timestamp,
    ) -> Result<(), PortError> {
        not_needed()
    }

    async fn release_leases(&self, _: &str, _: Timestamp) -> Result<u64, PortError> {
        not_needed()
    }

    async fn record_outcomes(
        &self,
        _: Vec<Outcome>,
        _: Vec<(ChunkId, u32, ChunkEnd)>,
        _: Timestamp,
        _: Option<Lease>,
    ) -> Result<Recorded, PortError> {
        not_needed()
    }

    async fn record_receipts(
        &self,
        _: Vec<Receipt>,
        _: Timestamp,
        _: Option<Lease>,
    ) -> Result<Recorded, PortError> {
        not_needed()
    }

    async fn expire(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<Recorded, PortError> {
        not_needed()
    }

    async fn trace(&self, _: MessageId, _: u32, _: u32) -> Result<Vec<RecipientTrace>, PortError> {
        not_needed()
    }

    async fn forget(&self, _: Timestamp, _: u32) -> Result<u64, PortError> {
        not_needed()
    }
}

#[async_trait]
impl InboundStore for FakeStore {
    async fn record_inbound(
        &self,
        _: Vec<(InboundId, InboundPart)>,
        _: Arc<Receivers>,
        _: Timestamp,
    ) -> Result<InboundRecorded, PortError> {
        not_needed()
    }

    async fn join_incomplete(
        &self,
        _: Timestamp,
        _: Arc<Receivers>,
        _: Timestamp,
        _: u32,
    ) -> Result<InboundRecorded, PortError> {
        not_needed()
    }

    async fn inbound(&self, _: InboundId) -> Result<Option<InboundMessage>, PortError> {
        not_needed()
    }

    async fn inbound_list(
        &self,
        _: Option<InboundId>,
        _: u32,
    ) -> Result<Vec<InboundMessage>, PortError> {
        not_needed()
    }
}

#[async_trait]
impl EventStore for FakeStore {
    async fn claim_webhooks(
        &self,
        _: &str,
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<WebhookCall>, PortError> {
        not_needed()
    }

    async fn record_webhooks(&self, _: Vec<WebhookResult>, _: Timestamp) -> Result<(), PortError> {
        not_needed()
    }
}
