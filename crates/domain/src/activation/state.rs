//! A number lent for one code.
//!
//! | state \ event | Asked | NoAnswer | Assigned | NoNumber | CodeCame | NextWanted | Done | Cancelled | TimeUp |
//! |---|---|---|---|---|---|---|---|---|---|
//! | paid | acquiring | – | – | cancelled | – | – | – | cancelled | expired |
//! | acquiring | = | unknown | waiting | cancelled | – | – | – | cancelled | expired |
//! | unknown | acquiring | = | waiting | cancelled | – | – | – | cancelled | expired |
//! | waiting | – | – | = | – | code | – | – | cancelled | expired |
//! | code | – | – | = | – | = | waiting next | finished | – | finished |
//! | waiting next | – | – | = | – | code | = | finished | – | finished |
//! | finished, cancelled, expired | – | – | – | – | = | – | – | – | – |
//!
//! *acquiring* is stored with the supplier's name before the supplier is called. After a crash, or
//! without an answer, the supplier is asked for the status and never called to acquire again. Once it
//! has said that it lends nothing, the next supplier is stored and called, each at most once. A number
//! that is reported after the end is released.
//!
//! The first stored of a code and a cancel wins. A code that comes after the end is kept and not
//! charged: the order is decided once.

use serde::{Deserialize, Serialize};

use crate::state::{Illegal, Outcome, stored_as};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationState {
    /// The order is paid; no supplier was called.
    Paid,
    Acquiring,
    /// The supplier may have lent a number.
    Unknown,
    /// There is a number, and no code yet.
    Waiting,
    Code,
    /// A code came, and the buyer wants another one.
    WaitingNext,
    Finished,
    Cancelled,
    Expired,
}

stored_as!(ActivationState {
    Paid = "paid",
    Acquiring = "acquiring",
    Unknown = "unknown",
    Waiting = "waiting",
    Code = "code",
    WaitingNext = "waiting_next",
    Finished = "finished",
    Cancelled = "cancelled",
    Expired = "expired",
});

impl ActivationState {
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled | Self::Expired)
    }

    /// What it means for the order that pays for it.
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Code | Self::WaitingNext | Self::Finished => Some(Outcome::Fulfilled),
            Self::Cancelled | Self::Expired => Some(Outcome::CannotBeFulfilled),
            Self::Paid | Self::Acquiring | Self::Unknown | Self::Waiting => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationEvent {
    /// A supplier is about to be called.
    Asked,
    /// The supplier did not answer.
    NoAnswer,
    /// A number was lent.
    Assigned,
    /// No supplier has a number.
    NoNumber,
    CodeCame,
    /// The buyer wants another code on the same number.
    NextWanted,
    /// The buyer has what was wanted.
    Done,
    Cancelled,
    /// 21 minutes have passed since the payment was held.
    TimeUp,
}

pub const fn next(
    state: ActivationState,
    event: ActivationEvent,
) -> Result<ActivationState, Illegal> {
    use ActivationEvent as E;
    use ActivationState as S;
    match (state, event) {
        (S::Paid | S::Acquiring | S::Unknown, E::Asked) => Ok(S::Acquiring),
        (S::Acquiring | S::Unknown, E::NoAnswer) => Ok(S::Unknown),
        (S::Acquiring | S::Unknown | S::Waiting, E::Assigned) => Ok(S::Waiting),
        (S::Paid | S::Acquiring | S::Unknown, E::NoNumber) => Ok(S::Cancelled),
        (S::Waiting | S::Code | S::WaitingNext, E::CodeCame) => Ok(S::Code),
        (S::Code | S::WaitingNext, E::NextWanted) => Ok(S::WaitingNext),
        (S::Code | S::WaitingNext, E::Done | E::TimeUp) => Ok(S::Finished),
        (S::Paid | S::Acquiring | S::Unknown | S::Waiting, E::Cancelled) => Ok(S::Cancelled),
        (S::Paid | S::Acquiring | S::Unknown | S::Waiting, E::TimeUp) => Ok(S::Expired),
        (S::Code | S::WaitingNext, E::Assigned)
        | (S::Finished | S::Cancelled | S::Expired, E::CodeCame) => Ok(state),
        (S::Paid, E::NoAnswer | E::Assigned | E::CodeCame | E::NextWanted | E::Done)
        | (S::Acquiring | S::Unknown, E::CodeCame | E::NextWanted | E::Done)
        | (S::Waiting, E::Asked | E::NoAnswer | E::NoNumber | E::NextWanted | E::Done)
        | (S::Code | S::WaitingNext, E::Asked | E::NoAnswer | E::NoNumber | E::Cancelled)
        | (
            S::Finished | S::Cancelled | S::Expired,
            E::Asked
            | E::NoAnswer
            | E::Assigned
            | E::NoNumber
            | E::NextWanted
            | E::Done
            | E::Cancelled
            | E::TimeUp,
        ) => Err(Illegal),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENTS: [ActivationEvent; 9] = [
        ActivationEvent::Asked,
        ActivationEvent::NoAnswer,
        ActivationEvent::Assigned,
        ActivationEvent::NoNumber,
        ActivationEvent::CodeCame,
        ActivationEvent::NextWanted,
        ActivationEvent::Done,
        ActivationEvent::Cancelled,
        ActivationEvent::TimeUp,
    ];

    proptest! {
        #[test]
        fn calls_no_supplier_once_a_number_is_there_and_keeps_the_first_end(
            events in prop::collection::vec(0..EVENTS.len(), 0..40)
        ) {
            let (mut state, mut assigned, mut end, mut outcome) =
                (ActivationState::Paid, false, None, None);
            for event in events {
                if let Ok(to) = next(state, EVENTS[event]) {
                    prop_assert!(!(assigned && to == ActivationState::Acquiring));
                    state = to;
                }
                assigned |= state == ActivationState::Waiting;
                if state.is_final() {
                    prop_assert_eq!(*end.get_or_insert(state), state);
                }
                if let Some(now) = state.outcome() {
                    prop_assert_eq!(*outcome.get_or_insert(now), now);
                }
            }
        }
    }

    #[test]
    fn a_cancel_after_the_code_is_refused_and_a_code_after_the_cancel_changes_nothing() {
        use ActivationEvent::{Cancelled, CodeCame};
        assert_eq!(next(ActivationState::Code, Cancelled), Err(Illegal));
        assert_eq!(next(ActivationState::Cancelled, CodeCame), Ok(ActivationState::Cancelled));
    }
}
