//! A source of numbers that are lent: own numbers, phones, an upstream wholesaler.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::activation::{CountryCode, ServiceCode};
use crate::money::Msat;
use crate::number::Msisdn;
use crate::ports::PortError;
use crate::text::Text;
use crate::time::Timestamp;

/// A number that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquire {
    /// Of the activation or the rental: we made and stored it first, and it names the loan from here
    /// on.
    pub id: Uuid,
    pub service: ServiceCode,
    /// `None`: any country.
    pub country: Option<CountryCode>,
    /// `None` for one code; otherwise the number is rented for this time.
    pub duration: Option<Duration>,
    /// What the supplier may charge at most.
    pub cost_max: Msat,
}

/// A number that was lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    pub number: Msisdn,
    pub country: CountryCode,
    pub cost: Msat,
    pub assigned_at: Timestamp,
    /// When the supplier takes the number back.
    pub until: Timestamp,
}

/// A message that came to a number that is lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanMessage {
    pub text: Text,
    pub at: Timestamp,
}

/// What the supplier says of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoanState {
    /// The supplier never heard of it: nothing was lent, and nothing will be.
    Unknown,
    /// Lent, with the messages that came since, oldest first.
    Lent(Loan, Vec<LoanMessage>),
    /// Taken back or released; the messages that came before.
    Over(Vec<LoanMessage>),
}

#[async_trait]
pub trait Supplier: Send + Sync + std::fmt::Debug {
    /// As the configuration names it.
    fn name(&self) -> &str;

    /// Numbers that could be lent now for this service and country; an estimate.
    async fn stock(
        &self,
        service: &ServiceCode,
        country: Option<CountryCode>,
    ) -> Result<u64, PortError>;

    /// Lends a number, which costs money.
    ///
    /// Caller: has stored that it is about to ask, under `id`, and calls once.
    /// [`PortError::Unknown`]: a number may be lent; ask [`Supplier::status`] until it says, never
    /// acquire again. [`PortError::Refused`]: no such number, now or at this cost.
    /// Implementor: passes `id` on where the other side takes one; where it does not, keeps which
    /// loan belongs to which id before it answers.
    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError>;

    /// The truth about an id, now. Harmless to repeat.
    async fn status(&self, id: Uuid) -> Result<LoanState, PortError>;

    /// Asks for another message on a number that is lent for one code. Repeat: harmless.
    /// [`PortError::Conflict`]: not lent any more.
    async fn await_next(&self, id: Uuid) -> Result<(), PortError>;

    /// Gives the number back. Without a message the supplier takes no money for it, if it keeps such
    /// terms. Repeat, and an id the supplier never heard of: harmless.
    async fn release(&self, id: Uuid) -> Result<(), PortError>;
}
