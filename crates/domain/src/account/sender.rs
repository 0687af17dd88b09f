//! Sender names that accounts may use, and the decisions about them.
//!
//! | state \ event | request | approve | reject | withdraw |
//! |---|---|---|---|---|
//! | requested | – | approved | rejected | – |
//! | approved | – | – | – | withdrawn |
//! | rejected, withdrawn | requested | – | – | – |
//!
//! A new name is stored as *requested* first. Only an *approved* one may be used; if it is also
//! *shared*, by every account.

use crate::account::operator::Actor;
use crate::id::{AccountId, SenderNumber};
use crate::number::SenderId;
use crate::state::{Illegal, stored_as};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderState {
    Requested,
    Approved,
    Rejected,
    Withdrawn,
}

stored_as!(SenderState {
    Requested = "requested",
    Approved = "approved",
    Rejected = "rejected",
    Withdrawn = "withdrawn",
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderEvent {
    Request,
    Approve,
    Reject,
    Withdraw,
}

pub const fn next(state: SenderState, event: SenderEvent) -> Result<SenderState, Illegal> {
    use SenderEvent::{Approve, Reject, Request, Withdraw};
    use SenderState::{Approved, Rejected, Requested, Withdrawn};
    match (state, event) {
        (Requested, Approve) => Ok(Approved),
        (Requested, Reject) => Ok(Rejected),
        (Approved, Withdraw) => Ok(Withdrawn),
        (Rejected | Withdrawn, Request) => Ok(Requested),
        (Requested, Request | Withdraw)
        | (Approved, Request | Approve | Reject)
        | (Rejected | Withdrawn, Approve | Reject | Withdraw) => Err(Illegal),
    }
}

/// The last decision about a name, or its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub by: Actor,
    /// The reason, as written by the operator.
    pub note: Option<String>,
    pub at: Timestamp,
}

/// A sender name as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub number: SenderNumber,
    /// The account that requested it.
    pub account: AccountId,
    pub name: SenderId,
    pub state: SenderState,
    /// Once approved, every account may use it.
    pub shared: bool,
    pub decided: Decision,
    pub created_at: Timestamp,
}

impl Sender {
    pub fn may_be_used_by(&self, account: AccountId) -> bool {
        matches!(self.state, SenderState::Approved) && (self.shared || self.account == account)
    }
}

/// Senders of messages whose door replaces one that the account may not use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SenderRules {
    /// The account may use any sender, not only approved ones.
    pub any: bool,
    /// Takes the place of a sender that it may not use; `None`: the carrier's.
    pub default: Option<SenderId>,
    /// A sender that is not allowed as it was written is refused, not corrected.
    pub strict: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use SenderEvent::{Approve, Reject, Request, Withdraw};

    #[test]
    fn only_what_was_asked_for_is_decided() {
        for state in [SenderState::Approved, SenderState::Rejected, SenderState::Withdrawn] {
            for event in [Approve, Reject] {
                assert_eq!(next(state, event), Err(Illegal), "{state:?} {event:?}");
            }
        }
        assert_eq!(next(SenderState::Requested, Approve), Ok(SenderState::Approved));
        assert_eq!(next(SenderState::Requested, Reject), Ok(SenderState::Rejected));
    }

    #[test]
    fn what_may_not_be_used_any_more_may_be_asked_for_again() {
        assert_eq!(next(SenderState::Approved, Withdraw), Ok(SenderState::Withdrawn));
        assert_eq!(next(SenderState::Rejected, Request), Ok(SenderState::Requested));
        assert_eq!(next(SenderState::Withdrawn, Request), Ok(SenderState::Requested));
        assert_eq!(next(SenderState::Approved, Request), Err(Illegal));
        assert_eq!(next(SenderState::Requested, Withdraw), Err(Illegal));
    }

    #[test]
    fn only_an_approved_name_is_used_and_by_others_only_a_shared_one() {
        let sender = |state, shared| Sender {
            number: SenderNumber(1),
            account: AccountId(1),
            name: "ACME".parse().unwrap(),
            state,
            shared,
            decided: Decision { by: Actor::CommandLine, note: None, at: Timestamp::default() },
            created_at: Timestamp::default(),
        };
        let (own, other) = (AccountId(1), AccountId(2));
        for &state in SenderState::ALL {
            let approved = state == SenderState::Approved;
            assert_eq!(sender(state, false).may_be_used_by(own), approved);
            assert_eq!(sender(state, true).may_be_used_by(other), approved);
            assert!(!sender(state, false).may_be_used_by(other));
        }
    }
}
