//! Events as they are stored: calls to customers' webhooks, claimed and recorded.

use async_trait::async_trait;
use uuid::Uuid;

use crate::inbound::InboundMessage;
use crate::ports::PortError;
use crate::sale::order::OrderSnapshot;
use crate::secret::Secret;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookCallId(pub i64);

/// What an event tells, as it was when it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snapshot {
    Order(OrderSnapshot),
    Inbound(InboundMessage),
}

impl Snapshot {
    pub const fn order(&self) -> Option<&OrderSnapshot> {
        match self {
            Self::Order(order) => Some(order),
            Self::Inbound(_) => None,
        }
    }
}

/// One event to be told to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookCall {
    pub id: WebhookCallId,
    /// The same at every attempt: receivers know a repeat by it.
    pub event: Uuid,
    pub url: String,
    pub secret: Secret,
    /// Attempts made before this one.
    pub attempts: u32,
    pub snapshot: Snapshot,
    /// When the event happened.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookOutcome {
    Told,
    /// Tried in vain; again at this time.
    RetryAt(Timestamp),
    /// Not tried, because its receiver has enough calls under way; again at this time. Counts as no
    /// attempt.
    PutOff(Timestamp),
    GaveUp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookResult {
    pub call: WebhookCallId,
    pub outcome: WebhookOutcome,
    /// For the operator: `status 500`, `no answer in time`.
    pub note: String,
}

#[async_trait]
pub trait EventStore: Send + Sync + std::fmt::Debug {
    /// Leases due calls to `node` until `lease_until`, oldest first.
    async fn claim_webhooks(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookCall>, PortError>;

    async fn record_webhooks(
        &self,
        results: Vec<WebhookResult>,
        now: Timestamp,
    ) -> Result<(), PortError>;
}
