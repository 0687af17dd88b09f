//! What suppliers say of a number on loan.

use crate::money::Msat;
use crate::number::Msisdn;
use crate::text::Text;
use crate::time::Timestamp;

use super::{Code, CountryCode, NumberRequest};

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
