//! A payment to a referrer.
//!
//! | state \ event | paid | failed |
//! |---|---|---|
//! | attempting | paid | failed |
//! | failed | paid, if all of its shares are still due | – |
//! | paid | – | – |
//!
//! *Attempting* is stored, with the invoice and its payment hash, before the node is called. What a crash means:
//!
//! - before *attempting*: nobody has paid, and the invoice is forgotten.
//! - in *attempting*: the node is looked up by the hash. It never got the payment: the same invoice is
//!   paid, while it is valid. It is under way, or it failed while the invoice is valid: it is looked up
//!   again. No other invoice is requested before this one is *failed*, so a share is never paid twice.
//! - after the node's answer: the same, and the node repeats its answer.
//!
//! A node may begin a payment again that failed: a call that was held up on its way does so, whoever made it. So a
//! payment is *failed* only when the node is looked up after [`ends_at`], and says that it failed or that it never got it.
//! For a node that is gone for ever the operator says so, after [`routes_end_at`].

use crate::limits::{PAYOUT_GRACE, PAYOUT_ROUTE_MAX};
use crate::state::{Illegal, stored_as};
use crate::time::Timestamp;

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
        (PayoutState::Attempting | PayoutState::Failed, PayoutEvent::Paid) => Ok(PayoutState::Paid),
        (PayoutState::Attempting, PayoutEvent::Failed) => Ok(PayoutState::Failed),
        (PayoutState::Paid, PayoutEvent::Paid | PayoutEvent::Failed)
        | (PayoutState::Failed, PayoutEvent::Failed) => Err(Illegal),
    }
}

/// From then on no node begins to pay an invoice that expires at `expires_at`, whatever is still on its way to it.
pub fn ends_at(expires_at: Timestamp) -> Timestamp {
    expires_at.after(PAYOUT_GRACE)
}

/// From then on nothing of a payment of such an invoice is on any route, whatever became of the node: it began before
/// [`ends_at`], and the contracts of its route have expired.
pub fn routes_end_at(expires_at: Timestamp) -> Timestamp {
    ends_at(expires_at).after(PAYOUT_ROUTE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paid_stays_paid() {
        for before in [PayoutState::Attempting, PayoutState::Failed] {
            let paid = next(before, PayoutEvent::Paid).unwrap();
            for later in [PayoutEvent::Paid, PayoutEvent::Failed] {
                assert_eq!(next(paid, later), Err(Illegal));
            }
        }
        let failed = next(PayoutState::Attempting, PayoutEvent::Failed).unwrap();
        assert_eq!(next(failed, PayoutEvent::Failed), Err(Illegal));
    }
}
