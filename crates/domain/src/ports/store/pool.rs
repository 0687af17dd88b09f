//! Loans of numbers of ours.

use async_trait::async_trait;
use uuid::Uuid;

use crate::activation::ServiceCode;
use crate::number::Msisdn;
use crate::number::own::Country;
use crate::number::pool::{LendNumber, LoanPurpose, PoolLine, PoolLoan, PoolMessage, PoolTerms};
use crate::ports::PortError;
use crate::time::Timestamp;

/// Numbers that could be lent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolStock {
    pub line: PoolLine,
    pub purpose: LoanPurpose,
    pub service: ServiceCode,
    /// One of these; empty: any.
    pub countries: Vec<Country>,
}

/// Messages become those of a loan in [`record_inbound`](crate::ports::InboundStore::record_inbound).
#[async_trait]
pub trait PoolStore: Send + Sync + std::fmt::Debug {
    /// How many numbers [`PoolStore::lend`] could lend, by country.
    async fn pool_stock(
        &self,
        stock: PoolStock,
        now: Timestamp,
    ) -> Result<Vec<(Country, u64)>, PortError>;

    /// Chooses a number and lends it, unless the id has a loan on this line: then this one is returned, even
    /// if it is over. `None`: there is no number, and nothing is stored. No number has two loans at once.
    async fn lend(&self, wanted: LendNumber, now: Timestamp)
    -> Result<Option<PoolLoan>, PortError>;

    /// The loan with its messages. An id without one is remembered, so that it never gets one on this line.
    async fn loan(
        &self,
        line: PoolLine,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<PoolLoan>, PortError>;

    /// Ends a loan, at the latest when its time is up. Idempotent, also for an unknown id.
    async fn end_loan(
        &self,
        line: PoolLine,
        id: Uuid,
        terms: PoolTerms,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// Moves the end of a rental that is not over. `None`: it is over, or there is none.
    async fn extend_loan(
        &self,
        line: PoolLine,
        id: Uuid,
        until: Timestamp,
        terms: PoolTerms,
        now: Timestamp,
    ) -> Result<Option<PoolLoan>, PortError>;

    /// Messages that were not yet reported as delivered to the engine, of each its loan; oldest first.
    async fn due_pool_messages(
        &self,
        line: PoolLine,
        limit: u32,
    ) -> Result<Vec<(Uuid, PoolMessage)>, PortError>;

    /// The engine has these messages, by loan and number. Idempotent.
    async fn pool_messages_delivered(
        &self,
        line: PoolLine,
        messages: Vec<(Uuid, u32)>,
    ) -> Result<(), PortError>;

    /// The latest loans of a number, newest first, without their messages.
    async fn loans_of(&self, number: Msisdn, limit: u32) -> Result<Vec<PoolLoan>, PortError>;
}
