//! One number of a message, and what became of it.
//!
//! | state \ event | Submitted | Returned | Delivered | Failed | Expired | TimedOut | Invalid | Blocked | Requeued |
//! |---|---|---|---|---|---|---|---|---|---|
//! | pending | submitted | – | success | failed | expired | timeout | invalid | blocked | – |
//! | submitted | = | pending | success | failed | expired | timeout | – | – | – |
//! | failed, expired, timeout | – | – | – | – | – | – | – | – | pending |
//! | success, invalid, blocked | – | – | – | – | – | – | – | – | – |
//!
//! `=` stays, `–` is refused: the first final state wins, until the sender himself pays for another
//! try. A receipt may come before the answer to its submission, so `Delivered` is legal in
//! *pending*. When parts decide a recipient stands in [`super::parts`].

use serde::{Deserialize, Serialize};

use crate::state::{Illegal, stored_as};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecipientState {
    /// Accepted, not yet taken by a carrier.
    Pending,
    /// Every part was taken by a carrier.
    Submitted,
    /// Every part arrived.
    Success,
    /// A part was refused, or the carrier says that it did not arrive.
    Failed,
    /// The number is none.
    Invalid,
    /// The number is on a block list.
    Blocked,
    /// Its validity passed before it could be delivered.
    Expired,
    /// No receipt came within the time allowed.
    Timeout,
}

stored_as!(RecipientState {
    Pending = "pending",
    Submitted = "submitted",
    Success = "success",
    Failed = "failed",
    Invalid = "invalid",
    Blocked = "blocked",
    Expired = "expired",
    Timeout = "timeout",
});

impl RecipientState {
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Submitted)
    }

    /// Whether a paid retry is for it.
    pub const fn can_be_retried(self) -> bool {
        next(self, RecipientEvent::Requeued).is_ok()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientEvent {
    Submitted,
    /// The carrier that took it said nothing for so long that another one is tried.
    Returned,
    Delivered,
    Failed,
    Expired,
    TimedOut,
    Invalid,
    Blocked,
    /// Its sender pays for another try.
    Requeued,
}

pub const fn next(state: RecipientState, event: RecipientEvent) -> Result<RecipientState, Illegal> {
    use RecipientEvent as E;
    use RecipientState as S;
    match (state, event) {
        (S::Pending | S::Submitted, E::Submitted) => Ok(S::Submitted),
        (S::Submitted, E::Returned) => Ok(S::Pending),
        (S::Pending | S::Submitted, E::Delivered) => Ok(S::Success),
        (S::Pending | S::Submitted, E::Failed) => Ok(S::Failed),
        (S::Pending | S::Submitted, E::Expired) => Ok(S::Expired),
        (S::Pending | S::Submitted, E::TimedOut) => Ok(S::Timeout),
        (S::Pending, E::Invalid) => Ok(S::Invalid),
        (S::Pending, E::Blocked) => Ok(S::Blocked),
        (S::Failed | S::Expired | S::Timeout, E::Requeued) => Ok(S::Pending),
        (S::Pending, E::Returned | E::Requeued)
        | (S::Submitted, E::Invalid | E::Blocked | E::Requeued)
        | (S::Success | S::Invalid | S::Blocked, E::Requeued)
        | (
            S::Success | S::Failed | S::Invalid | S::Blocked | S::Expired | S::Timeout,
            E::Submitted
            | E::Returned
            | E::Delivered
            | E::Failed
            | E::Expired
            | E::TimedOut
            | E::Invalid
            | E::Blocked,
        ) => Err(Illegal),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENTS: [RecipientEvent; 9] = [
        RecipientEvent::Submitted,
        RecipientEvent::Returned,
        RecipientEvent::Delivered,
        RecipientEvent::Failed,
        RecipientEvent::Expired,
        RecipientEvent::TimedOut,
        RecipientEvent::Invalid,
        RecipientEvent::Blocked,
        RecipientEvent::Requeued,
    ];

    proptest! {
        #[test]
        fn the_first_final_state_wins_until_another_try_is_paid_for(
            events in prop::collection::vec(0..EVENTS.len(), 0..20)
        ) {
            let mut state = RecipientState::Pending;
            let mut first_final = None;
            for event in events {
                if let Ok(to) = next(state, EVENTS[event]) {
                    state = to;
                    if EVENTS[event] == RecipientEvent::Requeued {
                        first_final = None;
                    }
                }
                if state.is_final() {
                    prop_assert_eq!(*first_final.get_or_insert(state), state);
                }
            }
        }
    }

    #[test]
    fn only_what_failed_is_tried_again() {
        for &state in RecipientState::ALL {
            let failed = matches!(
                state,
                RecipientState::Failed | RecipientState::Expired | RecipientState::Timeout
            );
            let requeued = next(state, RecipientEvent::Requeued);
            assert_eq!(requeued, if failed { Ok(RecipientState::Pending) } else { Err(Illegal) });
        }
    }

    #[test]
    fn only_what_a_carrier_has_is_returned() {
        for &state in RecipientState::ALL {
            let returned = next(state, RecipientEvent::Returned);
            let legal = state == RecipientState::Submitted;
            assert_eq!(returned, if legal { Ok(RecipientState::Pending) } else { Err(Illegal) });
        }
    }

    #[test]
    fn a_receipt_may_come_before_the_answer_to_its_submission() {
        let state = next(RecipientState::Pending, RecipientEvent::Delivered);
        assert_eq!(state, Ok(RecipientState::Success));
    }
}
