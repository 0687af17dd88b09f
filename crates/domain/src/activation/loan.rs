//! What suppliers say of a number on loan.

use crate::money::Msat;
use crate::number::Msisdn;
use crate::text::Text;
use crate::time::Timestamp;

use super::{Activation, Code, CountryCode, NumberRequest};

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

/// Why a loan is not what was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it costs more than allowed")]
    Cost,
    #[error("its number is of another country")]
    Country,
    #[error("it ends too early")]
    End,
}

impl Loan {
    /// Whether it is what the buyer of `of` pays for, when it was lent at `began` or later.
    pub fn check(&self, of: &Activation, began: Timestamp) -> Result<(), Unfit> {
        if self.cost > of.price {
            return Err(Unfit::Cost);
        }
        if of.wanted.country.is_some_and(|wanted| wanted != self.country) {
            return Err(Unfit::Country);
        }
        match of.least_end(began) {
            Some(least) if self.until < least => Err(Unfit::End),
            _ => Ok(()),
        }
    }
}

/// A message to a number on loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanMessage {
    /// Names the message within its loan: the same message has the same key however often and by
    /// whichever way it is reported.
    pub key: String,
    pub text: Text,
    /// If the supplier knows it; otherwise it is searched in the text.
    pub code: Option<Code>,
    pub at: Timestamp,
}

/// The supplier's state of a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoanState {
    /// Unknown to the supplier: nothing was lent, and nothing will be.
    Unknown,
    /// On loan, with the messages received so far, oldest first.
    Lent(Loan, Vec<LoanMessage>),
    /// Ended or released, with the messages received before.
    Over(Vec<LoanMessage>),
}

/// Numbers that a supplier could lend now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub country: CountryCode,
    /// How many; an estimate that is never more than can be acquired.
    pub count: u64,
    /// What the supplier charges for each.
    pub cost: Msat,
}

/// What is offered for a request: its service, its country or any, its duration.
pub type OfferQuery = NumberRequest;
