//! A supplier of numbers on loan: own numbers, phones, an upstream wholesaler.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::activation::loan::{Loan, LoanMessage, LoanState, Offer, OfferQuery};
use crate::activation::{CountryCode, Network, ServiceCode, SupplierName};
use crate::money::Msat;
use crate::ports::PortError;
use crate::time::Timestamp;

/// A request for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquire {
    /// Names the loan: we generated and stored it first.
    pub loan: Uuid,
    pub service: ServiceCode,
    /// `None`: any country.
    pub country: Option<CountryCode>,
    /// `None` for one code; otherwise the number is rented for this long.
    pub duration: Option<Duration>,
    /// What the buyer pays. The supplier acquires at no higher cost, less the margin that it is
    /// configured with.
    pub cost_max: Msat,
}

/// A request to lend a rented number for longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extend {
    /// The rental's loan.
    pub loan: Uuid,
    /// Its end, as the supplier reported it last.
    pub from: Timestamp,
    /// Its new end.
    pub until: Timestamp,
    /// As of [`Acquire::cost_max`].
    pub cost_max: Msat,
}

/// Where suppliers deliver what they receive.
#[async_trait]
pub trait LoanInbox: Send + Sync + std::fmt::Debug {
    /// Stores a message; it is durable when this returns `Ok`. A repeat changes nothing.
    /// [`PortError::Refused`]: no loan of this supplier has this name, and none will.
    async fn deliver(
        &self,
        supplier: &SupplierName,
        loan: Uuid,
        message: LoanMessage,
    ) -> Result<(), PortError>;
}

#[async_trait]
pub trait Supplier: Send + Sync + std::fmt::Debug {
    /// The name in the configuration.
    fn name(&self) -> &SupplierName;

    /// [`Network::RealPhones`]: all of its numbers are of ordinary phones.
    fn network(&self) -> Network;

    /// How often the status of a loan is to be read; `None`: messages are delivered to the inbox, and
    /// the status is only read when an answer was lost.
    fn poll_every(&self) -> Option<Duration>;

    /// Delivers messages to `inbox` until the future is dropped; pending for ever if it is polled.
    /// Called once; called again after a panic.
    async fn run(&self, inbox: Arc<dyn LoanInbox>);

    /// Numbers that could be acquired now, by country, each country once. An answer may be some
    /// seconds old.
    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError>;

    /// Acquires a number, which costs money.
    ///
    /// Caller: has stored *acquiring* with this supplier's name first, and calls once for a loan.
    /// [`PortError::Unknown`]: a number may be on loan; poll [`Supplier::status`] until it decides,
    /// never acquire again. [`PortError::Refused`], [`PortError::Unavailable`]: nothing was lent under
    /// this name, and nothing will be. Implementor: passes `loan` to the other side if it accepts one;
    /// otherwise stores which of its loans belongs to which name before it returns.
    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError>;

    /// The current state of a loan. Idempotent. [`LoanState::Unknown`] is final: an implementor that
    /// cannot exclude that an interrupted acquire still arrives answers [`PortError::Unavailable`].
    async fn status(&self, loan: Uuid) -> Result<LoanState, PortError>;

    /// Requests another message on a number lent for one code. Idempotent. [`PortError::Conflict`]:
    /// no longer on loan.
    async fn await_next(&self, loan: Uuid) -> Result<(), PortError>;

    /// Lends a rented number for longer, which costs money. Caller: has stored *acquiring* of the
    /// extension first, calls once, and one extension of a loan at a time. Returns the loan with its
    /// new end. [`PortError::Unknown`]: the end that [`Supplier::status`] reports decides; while an
    /// interrupted extension may still arrive, that answers [`PortError::Unavailable`].
    async fn extend(&self, extend: Extend) -> Result<Loan, PortError>;

    /// The buyer has the code: the number is used up for the service. Idempotent, also for an unknown
    /// loan. Errors as of [`Supplier::release`].
    async fn finish(&self, loan: Uuid) -> Result<(), PortError>;

    /// Returns the number. Without a message the supplier charges nothing, if its terms say so.
    /// Idempotent, also for an unknown loan. [`PortError::Unavailable`]: not yet, because an interrupted
    /// acquire may still arrive, or the other side takes it back only later; it is called again.
    /// [`PortError::Refused`]: never; it is not called again.
    async fn release(&self, loan: Uuid) -> Result<(), PortError>;
}
