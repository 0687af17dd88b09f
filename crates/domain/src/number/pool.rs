//! The pool: numbers of ours that are lent, for one code or for a time. A number has one loan at a time, so that what
//! comes to it is for one buyer.
//!
//! | loan \ event | MessageCame | Released | TimeUp |
//! |---|---|---|---|
//! | lent | used | over | over |
//! | used | = | over | over |
//! | over | – | = | = |
//!
//! A loan is stored in the change that chooses its number. A crash before that change lent nothing; after it the number
//! is on loan under the buyer's id, and returns by itself when its time is up.

use std::time::Duration;

use uuid::Uuid;

use super::Msisdn;
use super::own::Country;
use crate::activation::{RENTAL_KEPT_AFTER, ServiceCode};
use crate::money::Msat;
use crate::state::{Illegal, stored_as};
use crate::text::Text;
use crate::time::Timestamp;

/// Where numbers of ours are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolLine {
    /// On carriers: what comes to them is a `deliver_sm`.
    Carrier,
    /// On SIM cards of phones.
    Phone,
}

stored_as!(PoolLine { Carrier = "carrier", Phone = "phone" });

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoanPurpose {
    Code,
    Rent,
}

stored_as!(LoanPurpose { Code = "code", Rent = "rent" });

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolLoanState {
    /// No message came yet.
    Lent,
    /// A message came: the number is used up for the service.
    Used,
    Over,
}

stored_as!(PoolLoanState { Lent = "lent", Used = "used", Over = "over" });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolLoanEvent {
    MessageCame,
    Released,
    TimeUp,
}

pub const fn next(state: PoolLoanState, event: PoolLoanEvent) -> Result<PoolLoanState, Illegal> {
    use PoolLoanEvent as E;
    use PoolLoanState as S;
    match (state, event) {
        (S::Lent | S::Used, E::MessageCame) => Ok(S::Used),
        (S::Lent | S::Used | S::Over, E::Released | E::TimeUp) => Ok(S::Over),
        (S::Over, E::MessageCame) => Err(Illegal),
    }
}

/// How long a number is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolTerms {
    /// A loan for one code ends by itself after this.
    pub code_time: Duration,
    /// After a loan for one code, for every service: a late code must not reach the next buyer.
    pub rest: Duration,
    /// After a message, for its service.
    pub cool_down: Duration,
    /// After a rental, for everything. At least [`crate::activation::RENTAL_REST`].
    pub quarantine: Duration,
}

/// How far a network's clock may differ from ours.
const SENT_AT_TOLERANCE: Duration = Duration::from_secs(2 * 60);

/// Whether a message is the borrower's, to whom the number was lent at `lent_at`. What came before, or what the network
/// took clearly before, was meant for someone else. Without the network's time (`sent_at`) the arrival alone counts.
/// A clock that is behind `lent_at` was set back, and proves nothing.
pub fn is_borrowers(
    lent_at: Timestamp,
    came_at: Timestamp,
    sent_at: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    let is_sent_before = |sent_at: Timestamp| sent_at.after(SENT_AT_TOLERANCE) < lent_at;
    now < lent_at || (came_at >= lent_at && !sent_at.is_some_and(is_sent_before))
}

impl Default for PoolTerms {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        Self {
            // The buyer waits for 21 minutes from the payment.
            code_time: Duration::from_secs(25 * 60),
            rest: Duration::from_secs(5 * 60),
            cool_down: days(90),
            quarantine: days(14),
        }
    }
}

impl PoolTerms {
    /// When a number whose loan ends at `end` may be lent again.
    pub fn free_at(&self, purpose: LoanPurpose, end: Timestamp) -> Timestamp {
        end.after(match purpose {
            LoanPurpose::Code => self.rest,
            LoanPurpose::Rent => self.quarantine,
        })
    }

    /// The same, of a loan that is released at `end`. A rental that is cancelled before it must be paid for was hardly
    /// used, and costs nothing: whoever repeats that must not empty the pool.
    pub fn free_at_release(&self, loan: &PoolLoan, end: Timestamp) -> Timestamp {
        let was_free = loan.state == PoolLoanState::Lent
            && end < loan.until
            && end < loan.lent_at.after(RENTAL_KEPT_AFTER);
        match loan.purpose {
            LoanPurpose::Rent if was_free => end.after(self.rest),
            purpose => self.free_at(purpose, end),
        }
    }
}

/// A request for a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LendNumber {
    /// The buyer's id, which identifies the loan on its line.
    pub id: Uuid,
    pub line: PoolLine,
    pub purpose: LoanPurpose,
    pub service: ServiceCode,
    /// One of these; empty: any.
    pub countries: Vec<Country>,
    pub until: Timestamp,
    pub terms: PoolTerms,
    /// What the owner of the phone that has the number earns when the loan is sold.
    pub share: Msat,
}

/// A loan, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolLoan {
    pub id: Uuid,
    pub number: Msisdn,
    pub country: Country,
    pub purpose: LoanPurpose,
    pub service: ServiceCode,
    pub state: PoolLoanState,
    pub lent_at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Oldest first.
    pub messages: Vec<PoolMessage>,
}

impl PoolLoan {
    /// The time may be up before a change has ended it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state != PoolLoanState::Over && now < self.until
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolMessage {
    /// Within its loan, from 1.
    pub number: u32,
    pub text: Text,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_that_is_over_gets_no_message_and_stays_over() {
        use PoolLoanEvent::{MessageCame, Released, TimeUp};
        for state in PoolLoanState::ALL {
            assert_eq!(next(*state, Released), Ok(PoolLoanState::Over));
            assert_eq!(next(*state, TimeUp), Ok(PoolLoanState::Over));
        }
        assert_eq!(next(PoolLoanState::Over, MessageCame), Err(Illegal));
        assert_eq!(next(PoolLoanState::Used, MessageCame), Ok(PoolLoanState::Used));
    }

    #[test]
    fn a_number_rests_after_a_code_and_is_quarantined_after_a_rental() {
        let (terms, end) = (PoolTerms::default(), Timestamp::from_millis(7));
        assert_eq!(terms.free_at(LoanPurpose::Code, end), end.after(terms.rest));
        assert_eq!(terms.free_at(LoanPurpose::Rent, end), end.after(terms.quarantine));
    }

    #[test]
    fn a_message_of_before_the_loan_is_not_the_borrowers() {
        let at = |secs: i64| Timestamp::from_millis(secs * 1_000);
        let lent = at(10_000);
        for (came, sent, now, expected) in [
            (10_000, None, 10_000, true),
            (9_999, None, 10_500, false),
            (10_500, Some(10_400), 10_500, true),
            (10_500, Some(9_880), 10_500, true),
            (10_500, Some(9_879), 10_500, false),
            (10_500, Some(99_999), 10_500, true),
            (9_000, Some(8_000), 9_000, true),
        ] {
            let found = is_borrowers(lent, at(came), sent.map(at), at(now));
            assert_eq!(found, expected, "{came} {sent:?} {now}");
        }
    }
}
