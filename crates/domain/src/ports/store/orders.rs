//! Orders in the store: accepted within caps, held, cancelled, reconciled with the node.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::activation::change::NotCancellable;
use crate::id::{AccountId, OrderId, PaymentHash};
use crate::message::NewMessage;
use crate::message::campaign::Idempotency;
use crate::money::Msat;
use crate::ports::{Lease, PortError};
use crate::reason::Reason;
use crate::sale::order::{NewOrder, Order, OrderSnapshot, OrderState, PaymentMethod};
use crate::secret::Secret;
use crate::time::Timestamp;

/// Whether credit and limits sufficed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditOutcome {
    Accepted,
    /// Nothing was stored.
    Insufficient {
        available: Msat,
    },
    /// More than the account may spend in a day
    /// ([`crate::account::AccountSettings::spend_per_day`]), of which `left` remains. Nothing was
    /// stored.
    OverDailyLimit {
        left: Msat,
    },
    /// The number is blocked for this account, or for everybody. Nothing was stored.
    Blocked,
    /// An order with this id exists. Nothing was stored.
    Exists,
    /// The client's request was accepted before, as this order. Nothing was stored.
    Repeat(OrderId),
    /// Another request of the client came with this idempotency key. Nothing was stored.
    KeyReused,
}

/// An order paid from credit, with its message, which has one recipient.
#[derive(Debug, Clone)]
pub struct CreditOrder {
    pub order: NewOrder,
    pub message: NewMessage,
}

/// Caps for orders at the node. Counted in the change that adds the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCaps {
    /// Orders waiting for payment, in total and per client.
    pub open_max: u64,
    pub open_per_client_max: u64,
    /// Orders paid by hold invoice and not final, in total and per client.
    pub held_max: u64,
    pub held_per_client_max: u64,
    /// Sum of their prices with that of the new order, in total and per client. Fundings do not count: each is
    /// settled at once.
    pub held_msat_max: Msat,
    pub held_msat_per_client_max: Msat,
    /// Orders of a client's last 24 hours that nobody has paid, whether they ended or not: their rows
    /// are kept for days.
    pub unpaid_per_day_max: u64,
    /// Caps of networks that the client is in.
    pub networks: Vec<NetworkCaps>,
}

/// Caps of all clients whose names begin alike (see [`crate::sale::client`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkCaps {
    pub prefix: String,
    pub open_max: u64,
    pub held_max: u64,
}

/// Whether an order fit the caps. Unless it was stored, nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderAdmission {
    Stored,
    TooManyOpen,
    TooManyOpenForClient,
    TooManyOpenForNetwork,
    TooManyHeld,
    TooManyHeldForClient,
    TooManyHeldForNetwork,
    TooManyUnpaidForClient,
    /// The client's request was accepted before, as this order.
    Repeat(OrderId),
    /// Another request of the client came with this idempotency key.
    KeyReused,
}

/// What a request with an idempotency key was answered.
#[derive(Debug, Clone)]
pub enum RepeatedOrder {
    Accepted(OrderAnswer),
    /// Another request of the client came with this key.
    KeyReused,
}

/// An order as the request for it was answered.
#[derive(Debug, Clone)]
pub struct OrderAnswer {
    pub id: OrderId,
    pub price: Msat,
    pub payment: PaymentMethod,
    /// `None` for credit, and until the node has made it.
    pub invoice: Option<String>,
    /// Signs its webhooks, if it has any.
    pub webhook_secret: Option<Secret>,
}

/// A payment that passed [`crate::sale::hold::check`].
#[derive(Debug, Clone)]
pub struct HoldOrder {
    pub order: OrderId,
    pub held: Msat,
    pub deadline_height: u32,
    /// The message to start; `None` unless the order buys one.
    pub message: Option<NewMessage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldOutcome {
    /// Stored now, or earlier (a repeat): work has started.
    Begun,
    /// The order is not open (any more).
    NotOpen(OrderState),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Decided: a Lightning order is now *cancelling*, one paid from credit *cancelled*.
    Cancelled,
    /// It had been decided earlier, either way.
    Already(OrderState),
    /// A carrier has the message, or is about to get it.
    TooLate,
    /// The number that it lends cannot be cancelled now.
    NotCancellable(NotCancellable),
    NoSuchOrder,
}

/// Result of a lookup at the node for an order that is not final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeVerdict {
    /// No change: look up again at `check_at`.
    Unchanged,
    Settled,
    /// Cancelled, or unknown to the node.
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeReport {
    pub order: OrderId,
    pub verdict: NodeVerdict,
    /// When to look up again, unless the verdict is final.
    pub check_at: Timestamp,
}

/// An order that became final.
#[derive(Debug, Clone)]
pub struct EndedOrder {
    pub order: OrderId,
    pub state: OrderState,
    /// Whom to tell of an order that nobody paid, if its buyer has its invoice and named a webhook.
    pub unpaid: Option<UnpaidEnd>,
}

/// The end of an order that nobody paid. It is told once, and not stored.
#[derive(Debug, Clone)]
pub struct UnpaidEnd {
    pub client: String,
    pub url: String,
    pub secret: Secret,
    pub snapshot: OrderSnapshot,
}

/// Numbers of orders at the node, for limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderLoad {
    /// Waiting for payment.
    pub open: u64,
    /// Paid by hold invoice and not final.
    pub held: u64,
    /// Both, and unpaid orders that are being cancelled.
    pub unfinished: u64,
    /// Lost at any time ([`OrderState::Lost`]).
    pub lost: u64,
}

/// An order whose payment the node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldOrder {
    pub order: OrderId,
    pub held: Msat,
    pub since: Timestamp,
    /// At this height the node gives the money back by itself.
    pub deadline_height: u32,
}

/// An order whose payment the node gave back although it was, or might have been, fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostOrder {
    pub order: OrderId,
    pub price: Msat,
    pub at: Timestamp,
}

/// What became of the operator's word that the node gives back a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrphanDecision {
    /// It belongs to no order, or to one that is final.
    Decided,
    /// It belongs to an order that is not final, and is decided by it.
    OfLiveOrder(OrderId),
}

#[async_trait]
pub trait OrderStore: Send + Sync + std::fmt::Debug {
    /// Stores an *open* order, before its invoice is requested, if it fits `caps`.
    /// [`PortError::Conflict`] when the id exists. Its idempotency key is stored in the same change, and
    /// kept for [`crate::limits::IDEMPOTENCY_KEY_AGE_MAX`], but not beyond the end of an order that was
    /// never paid; a concurrent request with the same key waits for this one.
    async fn add_order(
        &self,
        new: NewOrder,
        caps: OrderCaps,
        check_at: Timestamp,
    ) -> Result<OrderAdmission, PortError>;

    /// Stores the node's invoice and when it expires. [`PortError::Conflict`] unless the order is
    /// *open*.
    async fn attach_invoice(
        &self,
        order: OrderId,
        invoice: &str,
        pay_by: Timestamp,
        check_at: Timestamp,
    ) -> Result<(), PortError>;

    /// Stores orders paid from credit, each as a whole or not at all: reservation, message and
    /// queue in one change; the orders are *working*. The response confirms the payment; there is
    /// no event for it. Credit goes to the first orders that it covers. Returns an outcome per
    /// order, in order. An order that exists is left as it is, whatever its message. Idempotency keys
    /// are as in [`add_order`](Self::add_order).
    ///
    /// With `lease`, the chunks are leased as by a first claim (attempt 1), and the caller submits
    /// those of accepted orders.
    async fn add_credit_orders(
        &self,
        new: Vec<CreditOrder>,
        lease: Option<Lease>,
    ) -> Result<Vec<CreditOutcome>, PortError>;

    async fn order(&self, id: OrderId) -> Result<Option<Order>, PortError>;

    /// What a client's request with this key was answered; `None` if it is new.
    async fn repeated_order(
        &self,
        client: String,
        idempotency: Idempotency,
    ) -> Result<Option<RepeatedOrder>, PortError>;

    /// The order whose hold invoice has this payment hash.
    async fn order_of_payment(&self, hash: PaymentHash) -> Result<Option<Order>, PortError>;

    /// *open* → *held* → *working* with its message queued or its activation due, or *fulfilled* when that needs no work.
    async fn hold_order(&self, hold: HoldOrder, now: Timestamp) -> Result<HoldOutcome, PortError>;

    /// Decides that the order cannot be fulfilled, if that is (still) possible:
    ///
    /// - [`Reason::CancelledByBuyer`]: unless the message is claimed, or a carrier has it, or may
    ///   have it: a claim that was lost, or that ended without the carrier's answer
    ///   ([`Reason::NoAnswer`]), leaves its recipients in doubt for good. A number on loan as
    ///   [`crate::activation::change::cancellable`] says.
    /// - [`Reason::HoldRanOut`]: whatever the message does, unless it is delivered; a recipient
    ///   that is not final is timed out.
    /// - any other reason: only while the order is *open* or *held*; later it is `TooLate`.
    async fn cancel_order(
        &self,
        order: OrderId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<CancelOutcome, PortError>;

    /// Settles as sent an order whose message a carrier confirmed, although no receipt came; for when
    /// nobody can wait longer. False when no carrier has it, or the order is decided.
    async fn settle_unreceipted(&self, order: OrderId, now: Timestamp) -> Result<bool, PortError>;

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
    /// as the machine says. Returns the orders that this change made final. Of those that nobody paid,
    /// the text, the webhook, the referral and the invoice are deleted.
    async fn record_node_reports(
        &self,
        reports: Vec<NodeReport>,
        now: Timestamp,
    ) -> Result<Vec<EndedOrder>, PortError>;

    /// Makes every order that is not final due for a lookup, as a start requires; those already due
    /// keep their place. Returns how many orders are not final.
    async fn recheck_orders(&self, now: Timestamp) -> Result<u64, PortError>;

    async fn order_load(&self) -> Result<OrderLoad, PortError>;

    /// Orders that are paid by hold invoice and not final, the oldest payment first.
    async fn held_orders(&self, limit: u32) -> Result<Vec<HeldOrder>, PortError>;

    /// Decides that a payment at the node that belongs to no live order is given back, with an entry of the audit log. The
    /// caller calls the node then.
    async fn decide_orphan(
        &self,
        hash: PaymentHash,
        by: Actor,
        now: Timestamp,
    ) -> Result<OrphanDecision, PortError>;

    /// The last ones first.
    async fn lost_orders(&self, limit: u32) -> Result<Vec<LostOrder>, PortError>;

    /// Settled funding orders of an account, newest first.
    async fn funding_history(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<Order>, PortError>;
}
