//! Events in the store: their deliveries, claimed and recorded; the log of attempts; and operators'
//! searches and replays.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::operator::Actor;
use crate::event::{Attempt, EventState, Target, TargetKind};
use crate::id::{AccountId, EventId, InboundId, MessageId, OrderId};
use crate::inbound::InboundMessage;
use crate::message::MessageState;
use crate::message::campaign::Counts;
use crate::message::changes::PackedChanges;
use crate::message::status_code::StatusCode;
use crate::ports::PortError;
use crate::sale::order::OrderSnapshot;
use crate::time::Timestamp;

/// What an event reports, as it was when it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snapshot {
    Order(OrderSnapshot),
    Inbound(InboundMessage),
    Campaign(CampaignSnapshot),
    /// Recipients of a campaign that became final.
    Recipients(MessageId, PackedChanges),
    /// One recipient of a campaign that became final, for a callback.
    Report(RecipientReport),
}

/// A campaign that ended, or was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSnapshot {
    pub message: MessageId,
    pub state: MessageState,
    pub counts: Counts,
    pub at: Timestamp,
}

/// A recipient of a campaign that became final, as a callback reports it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientReport {
    pub account: AccountId,
    /// Digits of the number, or what was written in its place.
    pub address: String,
    pub status: StatusCode,
    pub accepted_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    /// The query door's id of the recipient.
    pub sms_id: Option<u64>,
}

impl fmt::Debug for RecipientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, sms_id, .. } = self;
        f.debug_struct("RecipientReport")
            .field("status", status)
            .field("sms_id", sms_id)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    pub const fn order(&self) -> Option<&OrderSnapshot> {
        match self {
            Self::Order(order) => Some(order),
            Self::Inbound(_) | Self::Campaign(_) | Self::Recipients(..) | Self::Report(_) => None,
        }
    }
}

/// Whose event it is. Owners take turns at delivery, so that no one's events delay those of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventOwner {
    Account(AccountId),
    /// The client ([`crate::sale::client`]) of an order that has no account.
    Client(String),
    /// A message to a number of no account.
    Operator,
}

/// One event on its way to its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: EventId,
    /// The same at every attempt and replay: receivers recognise a repeat by it.
    pub event: Uuid,
    pub owner: EventOwner,
    pub target: Target,
    /// Attempts made before this one.
    pub attempts: u32,
    pub snapshot: Snapshot,
    /// When the event happened.
    pub at: Timestamp,
    /// When its plan began: when it happened, or when it was replayed.
    pub since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Delivered(Attempt),
    /// The attempt failed. The next one is due at this time.
    RetryAt(Timestamp, Attempt),
    /// No attempt was made, because the receiver has enough requests in flight. Due again at this
    /// time.
    PutOff(Timestamp),
    /// The attempt failed and was the last.
    Failed(Attempt),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryResult {
    pub event: EventId,
    pub outcome: DeliveryOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSubject {
    Order(OrderId),
    /// A message that was received.
    Inbound(InboundId),
    Campaign(MessageId),
}

/// A search in events, newest first. All given filters apply.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventSearch {
    pub order: Option<OrderId>,
    /// A message that an order sent, a campaign, or a message that was received.
    pub message: Option<Uuid>,
    pub account: Option<AccountId>,
    pub state: Option<EventState>,
    pub target: Option<TargetKind>,
    /// Only events older than this one.
    pub before: Option<EventId>,
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvent {
    pub id: EventId,
    /// The id that receivers know.
    pub event: Uuid,
    pub subject: EventSubject,
    /// Among the events of its subject, from 1.
    pub number: u32,
    pub account: Option<AccountId>,
    pub target: TargetKind,
    /// `None` when its order is deleted.
    pub url: Option<String>,
    pub at: Timestamp,
    pub state: EventState,
    /// Attempts of the current plan; those before a replay are not counted.
    pub attempts: u32,
    /// When the next attempt is due. `None` when there is none, or while an earlier event of its
    /// subject has not ended.
    pub due_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventsFound {
    pub events: Vec<FoundEvent>,
    /// The last event that was read, when there are more.
    pub next: Option<EventId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Due now, with all attempts of its plan.
    Replayed,
    /// Its delivery has not ended. Nothing is changed.
    Pending,
    /// The event does not exist (any more).
    NotFound,
}

#[async_trait]
pub trait EventStore: Send + Sync + std::fmt::Debug {
    /// Leases due events to `node` until `lease_until`, oldest first. Of the events of one subject only
    /// the first that has not ended is ever due.
    async fn claim_deliveries(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, PortError>;

    /// Records the results of attempts, and logs the attempts. A result of an event that has ended
    /// changes nothing.
    async fn record_deliveries(
        &self,
        results: Vec<DeliveryResult>,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// Reads at most [`crate::limits::SEARCH_LOOKED_AT_MAX`] events, and returns where to continue.
    async fn find_events(&self, search: EventSearch) -> Result<EventsFound, PortError>;

    /// An event and the log of its attempts, oldest first.
    async fn event(&self, id: EventId) -> Result<Option<(FoundEvent, Vec<Attempt>)>, PortError>;

    /// Makes an ended event due again, with a new plan, the same content and the same id for
    /// receivers. Audited. A repeat finds the event pending.
    async fn replay_event(
        &self,
        id: EventId,
        by: Actor,
        now: Timestamp,
    ) -> Result<Replay, PortError>;
}
