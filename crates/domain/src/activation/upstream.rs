//! A loan at an upstream wholesaler, which names it by a reference of its own.
//!
//! | state \ event | Lent | Unwanted | NotLent | Ended |
//! |---|---|---|---|---|
//! | asked | lent | returning | over | over |
//! | lent | = | returning | – | over |
//! | returning | – | = | = | over |
//! | over | – | – | = | = |
//!
//! *asked* is stored before the wholesaler is called. What it answered may be lost: its list of open loans then shows
//! which of them is known to nobody here. *returning* is a number that nobody here gets and that the
//! wholesaler has to take back: too dear, or not readable.

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
    /// A number was given that nobody here gets; it is to be cancelled at the wholesaler.
    Returning,
    /// Never lent, or ended.
    Over,
}

stored_as!(UpstreamState {
    Asked = "asked",
    Lent = "lent",
    Returning = "returning",
    Over = "over",
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamEvent {
    /// Lent, or lent for longer.
    Lent,
    /// A number was given that nobody here gets.
    Unwanted,
    NotLent,
    Ended,
}

pub const fn next(state: UpstreamState, event: UpstreamEvent) -> Result<UpstreamState, Illegal> {
    use UpstreamEvent as E;
    use UpstreamState as S;
    match (state, event) {
        (S::Asked | S::Lent, E::Lent) => Ok(S::Lent),
        (S::Asked | S::Lent | S::Returning, E::Unwanted) | (S::Returning, E::NotLent) => {
            Ok(S::Returning)
        }
        (S::Asked | S::Over, E::NotLent) | (_, E::Ended) => Ok(S::Over),
        (S::Lent, E::NotLent) | (S::Returning, E::Lent) | (S::Over, E::Lent | E::Unwanted) => {
            Err(Illegal)
        }
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
    /// The purchase of a later end, while its answer is awaited or was lost.
    pub extension: Option<UpstreamExtension>,
}

/// A later end of a rental that the wholesaler is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamExtension {
    pub until: Timestamp,
    /// The end before, as the wholesaler writes it in its list: in a time zone that is not known. `None`:
    /// the list does not say it.
    pub listed_end: Option<String>,
}

/// A number that the wholesaler has to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamReturn {
    pub key: UpstreamKey,
    pub reference: String,
    pub is_rental: bool,
    pub asked_at: Timestamp,
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

    #[test]
    fn what_is_to_be_returned_stays_so_until_it_has_ended() {
        use UpstreamEvent::{Ended, Lent, NotLent, Unwanted};
        use UpstreamState::{Asked, Over, Returning};
        for state in [Asked, UpstreamState::Lent] {
            assert_eq!(next(state, Unwanted), Ok(Returning));
        }
        for event in [Unwanted, NotLent] {
            assert_eq!(next(Returning, event), Ok(Returning));
        }
        assert_eq!(next(Returning, Lent), Err(Illegal));
        assert_eq!(next(Returning, Ended), Ok(Over));
        assert_eq!(next(Over, Unwanted), Err(Illegal));
    }
}
