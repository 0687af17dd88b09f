//! A Lightning node that holds payments, and pays invoices of others.

use std::time::Duration;

use async_trait::async_trait;

use crate::id::PaymentHash;
use crate::money::Msat;
use crate::payout::NodeIdentity;
use crate::ports::PortError;
use crate::sale::hold::{HeldPayment, Tip};
use crate::secret::Preimage;

/// A hold invoice to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    pub hash: PaymentHash,
    pub amount: Msat,
    /// Shown in the payer's wallet; carries no number and no text. At most 639 bytes (BOLT 11 `d`).
    pub memo: String,
    /// From now; the node accepts no payment afterwards (BOLT 11 `x`).
    pub expiry: Duration,
    /// `min_final_cltv_expiry_delta` in blocks (BOLT 11 `c`).
    pub cltv_delta: u32,
}

/// The node's state of a payment hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Unknown to the node.
    Unknown,
    /// Waiting for payment.
    Open,
    /// The payment is locked until we settle or cancel, or until the deadline.
    Held(HeldPayment),
    /// We have the money.
    Settled,
    /// The payment was returned, or never came. Some nodes accept another payment for the invoice.
    Cancelled,
}

/// A hint that something changed. Hints may repeat, be late, or be lost; [`Lightning::lookup`] is
/// authoritative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeEvent {
    Changed(PaymentHash),
    /// A new block, or hints were lost: look up everything.
    LookAtAll,
}

/// An open or held invoice at the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingInvoice {
    pub hash: PaymentHash,
    pub memo: String,
    pub held: bool,
}

/// The node's channels, all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Channels {
    pub count: u64,
    /// Of these, how many carry payments now: the peer is connected.
    pub active: u64,
    /// Of all channels.
    pub capacity: Msat,
    /// What the active channels can receive and send, with what they reserve.
    pub inbound: Msat,
    pub outbound: Msat,
    /// How many payments the active channels can hold at once.
    pub slots: u64,
}

/// An invoice of somebody else, to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// BOLT 11 text; it has an amount.
    pub invoice: String,
    /// Its payment hash.
    pub hash: PaymentHash,
    /// The route may cost no more.
    pub fee_max: Msat,
    /// Blocks that the whole route may take.
    pub cltv_max: u32,
    /// How long the node searches for a route.
    pub timeout: Duration,
}

/// The node's state of a payment that it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayState {
    /// The node never began it.
    Unknown,
    /// It may still arrive, or fail.
    InFlight,
    /// The payee has the money; final.
    Paid { fee: Msat },
    /// Nothing was paid, and nothing of it is under way. Until the invoice has expired, a call that was held up on its
    /// way may still begin it again.
    Failed,
}

#[async_trait]
pub trait Lightning: Send + Sync + std::fmt::Debug {
    /// Maximum number of payments that the node can hold at once, as it was known last; 0 when there is no node, and
    /// no invoices are sold.
    fn held_max(&self) -> u64;

    /// The node's view of the chain. Callers check that it is recent.
    async fn tip(&self) -> Result<Tip, PortError>;

    /// Creates a hold invoice and returns it as BOLT 11 text.
    ///
    /// Caller: has stored the preimage of `hash` first. Repeat: the same hash with the same terms
    /// returns the same invoice; with other terms [`PortError::Conflict`]. [`PortError::Unknown`]:
    /// it may exist, but no payer has seen it: cancel it.
    async fn create_hold(&self, hold: NewHold) -> Result<String, PortError>;

    /// The current state of a payment hash.
    async fn lookup(&self, hash: PaymentHash) -> Result<HoldState, PortError>;

    /// Takes the held payment.
    ///
    /// Caller: has stored the decision first, and looks up afterwards: `Ok` means that the node got
    /// the request; only [`Lightning::lookup`] confirms *settled*. Idempotent.
    /// [`PortError::Conflict`]: not held (any more); look up.
    async fn settle(&self, preimage: &Preimage) -> Result<(), PortError>;

    /// Returns the held payment, or closes an unpaid invoice.
    ///
    /// Caller: as for settle. Idempotent, also for an unknown hash. [`PortError::Conflict`]:
    /// already settled.
    async fn cancel(&self, hash: PaymentHash) -> Result<(), PortError>;

    /// Key and network of the node, by which an invoice of its own or of another network is recognised.
    async fn identity(&self) -> Result<NodeIdentity, PortError>;

    /// Pays an invoice of somebody else, by any route within the limits.
    ///
    /// Caller: has stored invoice and payment hash first, and has checked what the invoice asks for. Pays
    /// no other invoice for the same debt before this one is [`PayState::Failed`] or [`PayState::Unknown`]
    /// after its expiry.
    ///
    /// Implementor: begins no payment of an expired invoice, and at most one at a time of a hash; after a
    /// payment that was [`PayState::Paid`], none.
    ///
    /// Repeat: of a payment that is in flight or paid, its state. Of a failed one it may begin another.
    /// `Ok` is the state when the node answered. [`PortError::Refused`]: nothing was sent, by this call or an
    /// earlier one, and a repeat is useless. [`PortError::Unavailable`]: nothing was sent. [`PortError::Unknown`]: it may be under way:
    /// query it by [`Lightning::pay_status`].
    async fn pay(&self, payment: NewPayment) -> Result<PayState, PortError>;

    /// The current state of a payment that the node sends. It does not wait for the end of one in flight.
    async fn pay_status(&self, hash: PaymentHash) -> Result<PayState, PortError>;

    /// The node's channels as they are now.
    async fn channels(&self) -> Result<Channels, PortError>;

    /// All open and held invoices, for reconciliation at start.
    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError>;

    /// Hashes of the payments that the node holds, for a poll every few seconds while thousands of invoices are open. Those
    /// that an earlier call returned may be missing.
    async fn held(&self) -> Result<Vec<PaymentHash>, PortError> {
        let pending = self.pending().await?;
        Ok(pending.into_iter().filter(|invoice| invoice.held).map(|invoice| invoice.hash).collect())
    }

    /// A buyer is waiting for the payment of this open invoice: its hint should come at once. The implementor may follow a
    /// limited number, those of the last calls. Does not block; a node that hints at every payment ignores it.
    fn follow(&self, _: PaymentHash) {}

    /// Waits for the next hint. Cancel-safe; a hint without a waiter may be lost.
    async fn next_event(&self) -> NodeEvent;
}
