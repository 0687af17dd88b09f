//! Numbers of ours.

use async_trait::async_trait;

use crate::account::operator::Actor;
use crate::id::AccountId;
use crate::inbound::Party;
use crate::number::own::{NumberChange, NumberState, NumberTerms, NumbersDeclared, OwnNumber};
use crate::ports::PortError;
use crate::time::Timestamp;

/// A page of numbers, in their order.
#[derive(Debug, Clone, Default)]
pub struct NumberList {
    pub account: Option<AccountId>,
    pub after: Option<Party>,
    pub limit: u32,
}

/// Terms come checked by [`crate::number::own::fit`]. Each change is audited, and announced to the
/// other nodes with its commit.
#[async_trait]
pub trait NumberStore: Send + Sync {
    /// [`PortError::Conflict`] when the number is there already; [`PortError::Refused`] when there
    /// are [`crate::limits::NUMBERS_MAX`].
    async fn add_number(
        &self,
        number: Party,
        terms: NumberTerms,
        by: Actor,
        now: Timestamp,
    ) -> Result<OwnNumber, PortError>;

    /// Replaces its terms, unless the configuration file decides about it.
    async fn set_number(
        &self,
        number: Party,
        terms: NumberTerms,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange, PortError>;

    /// Also of a number that the file decides about. Repeat: changes nothing and is not audited.
    async fn set_number_state(
        &self,
        number: Party,
        state: NumberState,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange, PortError>;

    /// Returns what was removed; messages that came to it stay.
    async fn remove_number(
        &self,
        number: Party,
        by: Actor,
        now: Timestamp,
    ) -> Result<NumberChange, PortError>;

    /// Adds or updates the numbers that the configuration file names, and marks those it no longer
    /// names as [`NumberOrigin::LeftFile`]. Their states stay. Repeat: changes nothing.
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
