//! A number lent for a time.
//!
//! | state \ event | Asked | NoAnswer | Assigned | NoNumber | MessageCame | Kept | Cancelled | TimeUp |
//! |---|---|---|---|---|---|---|---|---|
//! | paid | acquiring | – | – | cancelled | – | – | cancelled | cancelled |
//! | acquiring | = | unknown | assigned | cancelled | – | – | cancelled | cancelled |
//! | unknown | acquiring | = | assigned | cancelled | – | – | cancelled | cancelled |
//! | assigned | – | – | = | – | active | active | cancelled | cancelled |
//! | active | – | – | = | – | = | = | – | ended |
//! | ended, cancelled | – | – | – | – | = | – | – | – |
//!
//! As for an activation ([`super::state`]), each supplier is called once. The order is fulfilled at the
//! first message, or 20 minutes after the assignment; before that the buyer may cancel, from 2 minutes
//! on. One that ends before these 20 minutes without a message is free. A renewal is an order of its own and moves the end. After the end the number rests before it is
//! lent again.

use serde::{Deserialize, Serialize};

use crate::state::{Illegal, Outcome, stored_as};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RentalState {
    /// The order is paid; no supplier was called.
    Paid,
    Acquiring,
    /// The supplier may have lent a number.
    Unknown,
    /// There is a number; the buyer may still cancel.
    Assigned,
    Active,
    Ended,
    Cancelled,
}

stored_as!(RentalState {
    Paid = "paid",
    Acquiring = "acquiring",
    Unknown = "unknown",
    Assigned = "assigned",
    Active = "active",
    Ended = "ended",
    Cancelled = "cancelled",
});

impl RentalState {
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Ended | Self::Cancelled)
    }

    /// What it means for the order that pays for it.
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Active | Self::Ended => Some(Outcome::Fulfilled),
            Self::Cancelled => Some(Outcome::CannotBeFulfilled),
            Self::Paid | Self::Acquiring | Self::Unknown | Self::Assigned => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RentalEvent {
    /// A supplier is about to be called.
    Asked,
    /// The supplier did not answer.
    NoAnswer,
    /// A number was lent.
    Assigned,
    /// No supplier has a number.
    NoNumber,
    MessageCame,
    /// 20 minutes have passed since the assignment.
    Kept,
    Cancelled,
    /// Without a number: the payment cannot be held any longer. Afterwards: the rented time is over.
    TimeUp,
}

pub const fn next(state: RentalState, event: RentalEvent) -> Result<RentalState, Illegal> {
    use RentalEvent as E;
    use RentalState as S;
    match (state, event) {
        (S::Paid | S::Acquiring | S::Unknown, E::Asked) => Ok(S::Acquiring),
        (S::Acquiring | S::Unknown, E::NoAnswer) => Ok(S::Unknown),
        (S::Acquiring | S::Unknown | S::Assigned, E::Assigned) => Ok(S::Assigned),
        (S::Paid | S::Acquiring | S::Unknown, E::NoNumber)
        | (S::Paid | S::Acquiring | S::Unknown | S::Assigned, E::Cancelled | E::TimeUp) => {
            Ok(S::Cancelled)
        }
        (S::Assigned, E::MessageCame | E::Kept)
        | (S::Active, E::Assigned | E::MessageCame | E::Kept) => Ok(S::Active),
        (S::Active, E::TimeUp) => Ok(S::Ended),
        (S::Ended | S::Cancelled, E::MessageCame) => Ok(state),
        (S::Paid, E::NoAnswer | E::Assigned | E::MessageCame | E::Kept)
        | (S::Acquiring | S::Unknown, E::MessageCame | E::Kept)
        | (S::Assigned | S::Active, E::Asked | E::NoAnswer | E::NoNumber)
        | (S::Active, E::Cancelled)
        | (
            S::Ended | S::Cancelled,
            E::Asked | E::NoAnswer | E::Assigned | E::NoNumber | E::Kept | E::Cancelled | E::TimeUp,
        ) => Err(Illegal),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENTS: [RentalEvent; 8] = [
        RentalEvent::Asked,
        RentalEvent::NoAnswer,
        RentalEvent::Assigned,
        RentalEvent::NoNumber,
        RentalEvent::MessageCame,
        RentalEvent::Kept,
        RentalEvent::Cancelled,
        RentalEvent::TimeUp,
    ];

    proptest! {
        #[test]
        fn the_first_outcome_stays(events in prop::collection::vec(0..EVENTS.len(), 0..40)) {
            let (mut state, mut outcome) = (RentalState::Paid, None);
            for event in events {
                state = next(state, EVENTS[event]).unwrap_or(state);
                if let Some(now) = state.outcome() {
                    prop_assert_eq!(*outcome.get_or_insert(now), now);
                }
            }
        }
    }
}
