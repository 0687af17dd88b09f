//! A Lightning node that holds payments.

use std::time::Duration;

use async_trait::async_trait;

use crate::id::PaymentHash;
use crate::money::Msat;
use crate::ports::PortError;
use crate::sale::hold::{HeldPayment, Tip};
use crate::secret::Preimage;

/// A hold invoice to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    pub hash: PaymentHash,
    pub amount: Msat,
    /// Shown in the payer's wallet; carries no number and no text. At most 639 bytes (BOLT 11 `d`).
    pub memo: String,
    /// From now; after it the node takes no payment (BOLT 11 `x`).
    pub expiry: Duration,
    /// `min_final_cltv_expiry_delta` in blocks (BOLT 11 `c`).
    pub cltv_delta: u32,
}

/// What the node says of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// The node never heard of it.
    Unknown,
    /// Waiting for payment.
    Open,
    /// Payment is locked until we settle or cancel, or until the deadline.
    Held(HeldPayment),
    /// The money is ours.
    Settled,
    /// The money went back, or never came. Some nodes take a payment for it again.
    Cancelled,
}

/// A hint that something changed. Hints come at least once, late, or never; the truth is
/// [`Lightning::lookup`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeEvent {
    Changed(PaymentHash),
    /// A new block, or hints were lost: look at everything.
    LookAtAll,
}

/// An invoice that the node holds open or paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingInvoice {
    pub hash: PaymentHash,
    pub memo: String,
    pub held: bool,
}

#[async_trait]
pub trait Lightning: Send + Sync + std::fmt::Debug {
    /// Payments the node can hold at one time.
    fn held_max(&self) -> u64;

    /// The node's view of the chain. Callers judge its freshness.
    async fn tip(&self) -> Result<Tip, PortError>;

    /// Makes a hold invoice and returns it as BOLT 11 text.
    ///
    /// Caller: has stored the preimage of `hash` first. Repeat: the same hash with the same terms
    /// gives the same invoice; with other terms [`PortError::Conflict`]. [`PortError::Unknown`]: it
    /// may exist; nobody has seen it, so cancel it.
    async fn create_hold(&self, hold: NewHold) -> Result<String, PortError>;

    /// The truth about a hash, now.
    async fn lookup(&self, hash: PaymentHash) -> Result<HoldState, PortError>;

    /// Takes the held money.
    ///
    /// Caller: has stored the decision first, and looks up afterwards: `Ok` means that the node was
    /// told, *settled* is only what [`Lightning::lookup`] says. Repeat: harmless.
    /// [`PortError::Conflict`]: not held (any more); look up.
    async fn settle(&self, preimage: &Preimage) -> Result<(), PortError>;

    /// Gives the held money back, or closes an unpaid invoice.
    ///
    /// Caller: as for settle. Repeat, and a hash the node never heard of: harmless.
    /// [`PortError::Conflict`]: already settled.
    async fn cancel(&self, hash: PaymentHash) -> Result<(), PortError>;

    /// Everything open or held, for comparison at start.
    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError>;

    /// Waits for the next hint. Cancel-safe; a hint that nobody waited for may be lost.
    async fn next_event(&self) -> NodeEvent;
}
