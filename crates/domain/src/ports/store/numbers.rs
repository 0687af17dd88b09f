//! Numbers of ours.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::id::AccountId;
use crate::inbound::Party;
use crate::number::own::{NumberChange, NumberState, NumberTerms, NumbersDeclared, OwnNumber};
use crate::ports::PortError;
use crate::time::Timestamp;

/// A page of numbers, in ascending order.
#[derive(Debug, Clone, Default)]
pub struct NumberList {
    pub account: Option<AccountId>,
    pub after: Option<Party>,
    pub limit: u32,
}

/// Terms are checked beforehand by [`crate::number::own::fit`]. Each change is audited, and other
/// nodes are notified on commit.
#[async_trait]
pub trait NumberStore: Send + Sync {
    /// [`PortError::Conflict`] when the number exists; [`PortError::Refused`] beyond
    /// [`crate::limits::NUMBERS_MAX`].
    async fn add_number(
        &self,
        number: Party,
        terms: NumberTerms,
        by: Actor,
        now: Timestamp,
    ) -> Result<OwnNumber, PortError>;

    /// Replaces its terms, unless the configuration file declares it.
    async fn set_number(
        &self,
        number: Party,
        terms: NumberTerms,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange, PortError>;

    /// Also applies to numbers that the file declares. A repeat changes nothing and is not audited.
    async fn set_number_state(
        &self,
        number: Party,
        state: NumberState,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange, PortError>;

    /// Returns the removed number; messages that it received stay.
    async fn remove_number(
        &self,
        number: Party,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange, PortError>;

    /// Adds or updates the numbers that the configuration file declares, and marks those that it no
    /// longer declares as [`NumberOrigin::LeftFile`]. Their states stay. Idempotent.
    ///
    /// [`NumberOrigin::LeftFile`]: crate::number::own::NumberOrigin::LeftFile
    async fn declare_numbers(
        &self,
        numbers: Vec<(Party, NumberTerms)>,
        now: Timestamp,
    ) -> Result<NumbersDeclared, PortError>;

    async fn number(&self, number: Party) -> Result<Option<OwnNumber>, PortError>;

    async fn numbers(&self, list: NumberList) -> Result<Vec<OwnNumber>, PortError>;
}
