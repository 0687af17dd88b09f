//! Everything that must survive. One method is one atomic, durable change: it is on disk when the
//! method returns `Ok`, and nothing of it is when it returns [`PortError::Refused`],
//! [`PortError::Unavailable`] or [`PortError::Conflict`]. [`PortError::Unknown`] (the connection
//! broke during the commit) means: read before doing it again.
//!
//! State changes follow the machines of the domain inside the same change: a receipt that makes a
//! recipient final also finishes its message, decides its order, posts or voids its money and
//! stores the event that tells the customer.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::{
    Account, AccountId, AccountName, Balance, Key, KeyHash, KeyId, Scope, Sender,
};
use crate::ledger::LedgerReport;
use crate::message::{Address, Content, NewMessage};
use crate::money::Msat;
use crate::number::SenderId;
use crate::order::{NewOrder, Order, OrderId, OrderSnapshot, OrderState};
use crate::ports::{Outcome, PortError, Receipt};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::secret::Secret;
use crate::time::Timestamp;

/// All of the store.
#[async_trait]
pub trait Store:
    AccountStore + OrderStore + MessageStore + EventStore + LedgerStore + std::fmt::Debug
{
    /// Ok when a durable write would succeed now.
    async fn ping(&self) -> Result<(), PortError>;
}

// ---- accounts -----------------------------------------------------------------------------------

#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: AccountName,
    pub webhook_secret: Secret,
    /// Credit granted in the same change.
    pub credit: Msat,
}

#[derive(Debug, Clone)]
pub struct NewKey {
    pub account: AccountId,
    pub hash: KeyHash,
    pub scopes: Vec<Scope>,
    pub rate: Option<u32>,
}

#[async_trait]
pub trait AccountStore: Send + Sync {
    /// [`PortError::Conflict`] when the name is taken.
    async fn add_account(&self, new: NewAccount, now: Timestamp) -> Result<Account, PortError>;

    /// All accounts by name, with what they have.
    async fn accounts(&self) -> Result<Vec<(Account, Balance)>, PortError>;

    async fn account(&self, id: AccountId) -> Result<Option<Account>, PortError>;

    async fn account_named(&self, name: &AccountName) -> Result<Option<Account>, PortError>;

    async fn add_key(&self, new: NewKey, now: Timestamp) -> Result<KeyId, PortError>;

    /// The key of this hash, revoked or not.
    async fn key(&self, hash: KeyHash) -> Result<Option<Key>, PortError>;

    /// Keys of one account, or of all, oldest first.
    async fn keys(&self, account: Option<AccountId>) -> Result<Vec<Key>, PortError>;

    /// False when there is no such key; a repeat changes nothing.
    async fn revoke_key(&self, key: KeyId, now: Timestamp) -> Result<bool, PortError>;

    /// Approved at once. A repeat changes nothing.
    async fn add_sender(
        &self,
        account: AccountId,
        name: SenderId,
        now: Timestamp,
    ) -> Result<(), PortError>;

    async fn senders(&self, account: AccountId) -> Result<Vec<Sender>, PortError>;
}

// ---- ledger -------------------------------------------------------------------------------------

#[async_trait]
pub trait LedgerStore: Send + Sync {
    async fn balance(&self, account: AccountId) -> Result<Balance, PortError>;

    /// Recomputes everything from the transfers and compares. Reads only.
    async fn check_ledger(&self) -> Result<LedgerReport, PortError>;
}

// ---- orders -------------------------------------------------------------------------------------

/// Whether credit sufficed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditOutcome {
    Accepted,
    /// Nothing was stored.
    Insufficient {
        available: Msat,
    },
}

/// How many orders may be at the node. Counted and kept in the change that adds the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderCaps {
    /// Waiting for payment, in all and for one client.
    pub open_max: u64,
    pub open_per_client_max: u64,
    /// Paid by hold invoice and not final, in all and for one client.
    pub held_max: u64,
    pub held_per_client_max: u64,
}

/// Whether there was room. Unless it was stored, nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderAdmission {
    Stored,
    TooManyOpen,
    TooManyOpenForClient,
    TooManyHeld,
    TooManyHeldForClient,
}

/// A payment that passed [`crate::hold::check`].
#[derive(Debug, Clone)]
pub struct HoldOrder {
    pub order: OrderId,
    pub held: Msat,
    pub deadline_height: u32,
    /// What begins now that it is paid; `None` when nothing has to travel (funding), and the order
    /// is fulfilled at once.
    pub message: Option<NewMessage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldOutcome {
    /// Stored now, or earlier (a repeat): work has begun.
    Begun,
    /// The order is not open (any more).
    NotOpen(OrderState),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Decided: a Lightning order is *cancelling*, one paid from credit *cancelled*.
    Cancelled,
    /// It was decided earlier, one way or the other.
    Already(OrderState),
    /// The message is with a carrier, or about to be.
    TooLate,
    NoSuchOrder,
}

/// What a lookup at the node said of an order that is not final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeVerdict {
    /// Nothing new: look again at `check_at`.
    Unchanged,
    Settled,
    /// Cancelled, or unknown to the node.
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeReport {
    pub order: OrderId,
    pub verdict: NodeVerdict,
    /// When to compare again, unless the verdict is final.
    pub check_at: Timestamp,
}

/// Orders at the node, for limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderLoad {
    /// Waiting for payment.
    pub open: u64,
    /// Paid by hold invoice and not final.
    pub held: u64,
    /// Both, and those that are being cancelled without having been paid.
    pub unfinished: u64,
}

#[async_trait]
pub trait OrderStore: Send + Sync {
    /// Stores an order in *open*, before its invoice is asked for, if `caps` leave room for it.
    /// [`PortError::Conflict`] when the id exists.
    async fn add_order(
        &self,
        new: NewOrder,
        caps: OrderCaps,
        check_at: Timestamp,
    ) -> Result<OrderAdmission, PortError>;

    /// Keeps the invoice that the node made, and until when it can be paid.
    /// [`PortError::Conflict`] unless the order is *open*.
    async fn attach_invoice(
        &self,
        order: OrderId,
        invoice: &str,
        pay_by: Timestamp,
        check_at: Timestamp,
    ) -> Result<(), PortError>;

    /// Stores an order paid from credit: reservation, message, queue and event in one change; the
    /// order is *working* (its first event says that it is paid).
    async fn add_credit_order(
        &self,
        new: NewOrder,
        message: NewMessage,
    ) -> Result<CreditOutcome, PortError>;

    async fn order(&self, id: OrderId) -> Result<Option<Order>, PortError>;

    /// *open* → *held* → *working* with its message queued (or → *fulfilled* for funding).
    async fn hold_order(&self, hold: HoldOrder, now: Timestamp) -> Result<HoldOutcome, PortError>;

    /// Decides that the order will not be delivered, if that is (still) true:
    ///
    /// - [`Reason::CancelledByBuyer`]: unless the message is claimed, or a carrier has it, or may
    ///   have it: a claim that was lost, or that ended without the carrier's answer
    ///   ([`Reason::NoAnswer`]), leaves its recipients in doubt for good.
    /// - [`Reason::HoldRanOut`]: whatever the message does, unless it is delivered; a recipient
    ///   that is not final is timed out.
    /// - any other reason: only while the order is *open* or *held*; later it is `TooLate`.
    async fn cancel_order(
        &self,
        order: OrderId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<CancelOutcome, PortError>;

    /// Lightning orders that are not final and whose `check_at` has come; they are put off to
    /// `put_off` so that another node does not take them too.
    async fn claim_order_checks(
        &self,
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<Order>, PortError>;

    /// Records what the node confirmed, and books the money: *fulfilled* → *settled* posts it,
    /// *cancelling* → *cancelled*, and what the node refunded by itself is *cancelled* or *lost*
    /// as the machine says. Returns the orders that this change made final, with their state.
    async fn record_node_reports(
        &self,
        reports: Vec<NodeReport>,
        now: Timestamp,
    ) -> Result<Vec<(OrderId, OrderState)>, PortError>;

    /// Makes every order that is not final due for comparison, as a start requires; those already
    /// due keep their place. Returns how many orders are not final.
    async fn recheck_orders(&self, now: Timestamp) -> Result<u64, PortError>;

    async fn order_load(&self) -> Result<OrderLoad, PortError>;

    /// Settled funding orders of an account, newest first.
    async fn funding_history(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<Order>, PortError>;
}

// ---- messages -----------------------------------------------------------------------------------

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId(pub i64);

/// A run of recipients leased to this node.
#[derive(Debug, Clone)]
pub struct ClaimedChunk {
    pub id: ChunkId,
    /// Counts claims; the lease is ours while the stored number is this one.
    pub attempt: u32,
    pub content: Arc<Content>,
    /// Of the hold that pays for it, if one does: at this height the node gives the money back.
    pub deadline_height: Option<u32>,
    /// Those of the run that are still *pending*.
    pub recipients: Vec<ClaimedRecipient>,
}

#[derive(Debug, Clone)]
pub struct ClaimedRecipient {
    pub index: u32,
    pub to: Address,
    /// Parts (from 1) that a carrier already took, and which carrier that was.
    pub accepted: Vec<u16>,
    pub accepted_by: Option<CarrierName>,
}

/// What happens to a claimed chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkEnd {
    /// Every recipient has an outcome.
    Done,
    /// Those still pending are tried again at `at`; `reason` is shown with them.
    Retry { at: Timestamp, reason: Reason },
}

/// What a change set in motion, so that the right worker is woken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Recipients whose state changed.
    pub recipients: u32,
    /// Lightning orders that were decided: the node must be told.
    pub decided: u32,
    /// Events stored: webhooks are due.
    pub events: u32,
    /// Receipts of submissions not (yet) known, kept for them.
    pub parked: u32,
}

#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Leases up to `limit` due chunks to `node` until `lease_until`: lower lanes first, then by
    /// due time. A chunk whose lease has passed is due again.
    async fn claim_chunks(
        &self,
        node: &str,
        limit: u32,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Vec<ClaimedChunk>, PortError>;

    /// Prolongs the leases of claims (chunk and attempt) that are still this node's; others are
    /// left alone.
    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<(), PortError>;

    /// Frees the leases of a node that starts again, so that it need not wait for them to pass.
    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64, PortError>;

    /// Records outcomes and ends chunks in one change. Outcomes of a lost lease are recorded too
    /// (the carrier has the parts); their chunk ends are ignored. A receipt that came earlier is
    /// applied. A refusal for [`Reason::Expired`] makes the recipient *expired*, any other *failed*.
    /// A recipient that stayed without the carrier's answer for
    /// [`crate::limits::NO_ANSWERS_MAX`] times is *submitted*: its receipt decides, or its time.
    /// A part taken by another carrier than the one recorded replaces it. The chunk of an order
    /// that is final meanwhile is not retried. Repeat: harmless.
    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
    ) -> Result<Recorded, PortError>;

    /// Records receipts; unknown ones are parked. Carriers use ids again: only submissions younger
    /// than [`crate::limits::PARKED_RECEIPT_AGE_MAX`] are matched, and only receipts parked within
    /// [`crate::limits::EARLY_RECEIPT_AGE_MAX`] are applied to a new submission. Repeat: harmless.
    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
    ) -> Result<Recorded, PortError>;

    /// Ends what waited too long: pending recipients past their validity are *expired* (unless
    /// their chunk is leased), submitted ones past the time for receipts are *timeout*. Also drops
    /// parked receipts older than `parked_before`. At most `limit` messages at once.
    async fn expire(
        &self,
        now: Timestamp,
        parked_before: Timestamp,
        limit: u32,
    ) -> Result<Recorded, PortError>;

    /// Drops what nobody asks for any more and nothing books depend on: orders cancelled without
    /// ever having been paid, with their events, and ended webhook calls, all of them ended before
    /// `before`. At most `limit` rows of each; returns how many rows went.
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}

// ---- events -------------------------------------------------------------------------------------

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookCallId(pub i64);

/// One event to be told to one address.
#[derive(Debug, Clone)]
pub struct WebhookCall {
    pub id: WebhookCallId,
    /// The same at every attempt: receivers know a repeat by it.
    pub event: Uuid,
    pub url: String,
    pub secret: Secret,
    /// Attempts made before this one.
    pub attempts: u32,
    pub snapshot: OrderSnapshot,
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
pub trait EventStore: Send + Sync {
    /// Leases due calls until `lease_until`, oldest first.
    async fn claim_webhooks(
        &self,
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
