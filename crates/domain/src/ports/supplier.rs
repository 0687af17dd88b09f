//! A supplier of numbers on loan: own numbers, phones, an upstream wholesaler.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::activation::{CountryCode, ServiceCode};
use crate::money::Msat;
use crate::number::Msisdn;
use crate::ports::PortError;
use crate::text::Text;
use crate::time::Timestamp;

/// A request for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquire {
    /// Id of the activation or the rental: we generated and stored it first, and it identifies the
    /// loan.
    pub id: Uuid,
    pub service: ServiceCode,
    /// `None`: any country.
    pub country: Option<CountryCode>,
    /// `None` for one code; otherwise the number is rented for this long.
    pub duration: Option<Duration>,
    /// The supplier's maximum price.
    pub cost_max: Msat,
}

/// A number on loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    pub number: Msisdn,
    pub country: CountryCode,
    pub cost: Msat,
    pub assigned_at: Timestamp,
    /// When the loan ends.
    pub until: Timestamp,
}

/// A message to a number on loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanMessage {
    pub text: Text,
    pub at: Timestamp,
}

/// The supplier's state of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoanState {
    /// Unknown to the supplier: nothing was lent, and nothing will be.
    Unknown,
    /// On loan, with the messages received so far, oldest first.
    Lent(Loan, Vec<LoanMessage>),
    /// Ended or released, with the messages received before.
    Over(Vec<LoanMessage>),
}

#[async_trait]
pub trait Supplier: Send + Sync + std::fmt::Debug {
    /// The name in the configuration.
    fn name(&self) -> &str;

    /// Numbers available now for this service and country; an estimate.
    async fn stock(
        &self,
        service: &ServiceCode,
        country: Option<CountryCode>,
    ) -> Result<u64, PortError>;

    /// Acquires a number, which costs money.
    ///
    /// Caller: has stored *acquiring* under `id` first, and calls once. [`PortError::Unknown`]: a
    /// number may be on loan; poll [`Supplier::status`] until it decides, never acquire again.
    /// [`PortError::Refused`]: no such number, now or at this cost. Implementor: passes `id` to the
    /// other side if it accepts one; otherwise stores which loan belongs to which id before it
    /// returns.
    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError>;

    /// The current state of an id. Idempotent.
    async fn status(&self, id: Uuid) -> Result<LoanState, PortError>;

    /// Requests another message on a number lent for one code. Idempotent. [`PortError::Conflict`]:
    /// no longer on loan.
    async fn await_next(&self, id: Uuid) -> Result<(), PortError>;

    /// Returns the number. Without a message the supplier charges nothing, if its terms say so.
    /// Idempotent, also for an unknown id.
    async fn release(&self, id: Uuid) -> Result<(), PortError>;
}
