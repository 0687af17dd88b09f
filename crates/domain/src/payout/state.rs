//! A payment to a referrer.
//!
//! | state \ event | paid | failed |
//! |---|---|---|
//! | attempting | paid | failed |
//! | paid, failed | – | – |
//!
//! *Attempting* is stored, with the invoice and its payment hash, before the node is called. What a crash means:
//!
//! - before *attempting*: nobody has paid, and the invoice is forgotten.
//! - in *attempting*: the node is looked up by the hash. It never got the payment: the same invoice is
//!   paid, while it is valid. It is under way: it is looked up again. No other invoice is requested
//!   before this one is *failed*, so a share is never paid twice.
//! - after the node's answer: the same, and the node repeats its answer.
//!
//! A payment is *failed* when the node says that it failed for good, or when it never got the payment
//! and the invoice is no longer valid.

use crate::state::{Illegal, stored_as};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutState {
    Attempting,
    Paid,
    Failed,
}

stored_as!(PayoutState { Attempting = "attempting", Paid = "paid", Failed = "failed" });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutEvent {
    Paid,
    Failed,
}

pub const fn next(state: PayoutState, event: PayoutEvent) -> Result<PayoutState, Illegal> {
    match (state, event) {
        (PayoutState::Attempting, PayoutEvent::Paid) => Ok(PayoutState::Paid),
        (PayoutState::Attempting, PayoutEvent::Failed) => Ok(PayoutState::Failed),
        (PayoutState::Paid | PayoutState::Failed, PayoutEvent::Paid | PayoutEvent::Failed) => {
            Err(Illegal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_once() {
        for event in [PayoutEvent::Paid, PayoutEvent::Failed] {
            let ended = next(PayoutState::Attempting, event).unwrap();
            for later in [PayoutEvent::Paid, PayoutEvent::Failed] {
                assert_eq!(next(ended, later), Err(Illegal));
            }
        }
    }
}
