//! A loan at an upstream wholesaler, which names it by a reference of its own.
//!
//! | state \ event | Lent | NotLent | Ended |
//! |---|---|---|---|
//! | asked | lent | over | over |
//! | lent | = | – | over |
//! | over | – | = | = |
//!
//! *asked* is stored before the wholesaler is called. What it answered may be lost: its list of open loans then shows
//! which of them is known to nobody here.

use std::time::Duration;

use uuid::Uuid;

use super::loan::Loan;
use super::{CountryCode, ServiceCode, SupplierName};
use crate::money::Msat;
use crate::state::{Illegal, stored_as};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamState {
    /// It may have been lent.
    Asked,
    Lent,
    /// Never lent, or ended.
    Over,
}

stored_as!(UpstreamState { Asked = "asked", Lent = "lent", Over = "over" });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamEvent {
    /// Lent, or lent for longer.
    Lent,
    NotLent,
    Ended,
}

pub const fn next(state: UpstreamState, event: UpstreamEvent) -> Result<UpstreamState, Illegal> {
    use UpstreamEvent as E;
    use UpstreamState as S;
    match (state, event) {
        (S::Asked | S::Lent, E::Lent) => Ok(S::Lent),
        (S::Asked | S::Over, E::NotLent) | (S::Asked | S::Lent | S::Over, E::Ended) => Ok(S::Over),
        (S::Lent, E::NotLent) | (S::Over, E::Lent) => Err(Illegal),
    }
}

/// A loan is asked for at one wholesaler after the other, until one has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpstreamKey {
    pub supplier: SupplierName,
    pub loan: Uuid,
}

/// What a wholesaler is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamAsk {
    pub key: UpstreamKey,
    pub service: ServiceCode,
    /// `None`: any.
    pub country: Option<CountryCode>,
    /// `None`: for one code.
    pub duration: Option<Duration>,
    pub cost_max: Msat,
    pub asked_at: Timestamp,
}

/// What it lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamLent {
    /// The wholesaler's name for the loan.
    pub reference: String,
    pub loan: Loan,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamLoan {
    pub ask: UpstreamAsk,
    pub state: UpstreamState,
    pub lent: Option<UpstreamLent>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_not_lent_again() {
        use UpstreamEvent::{Ended, Lent, NotLent};
        use UpstreamState::{Asked, Over};
        for event in [NotLent, Ended] {
            let over = next(Asked, event).unwrap();
            assert_eq!(over, Over);
            assert_eq!(next(over, Lent), Err(Illegal));
            assert_eq!(next(over, Ended), Ok(Over));
        }
        assert_eq!(next(UpstreamState::Lent, NotLent), Err(Illegal));
        assert_eq!(next(UpstreamState::Lent, Lent), Ok(UpstreamState::Lent));
    }
}
