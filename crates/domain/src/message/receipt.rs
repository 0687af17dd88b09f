//! Which part a receipt is of, and what it does to the recipient.
//!
//! A receipt names its part by the carrier's id, which a carrier may use again or give to several
//! parts. Candidates are the submissions of that carrier and id which are young enough:
//!
//! | the receipt | candidates are looked up by | then, if there is none, by |
//! |---|---|---|
//! | is marked as one, and names a number | id and number | id |
//! | is marked as one, and names none | id | |
//! | is not marked, and names a number | id and number | id; the number must fit both ends |
//! | is not marked, and names none | id; the number must fit both ends | |
//!
//! | candidates | the receipt |
//! |---|---|
//! | one | is of that part |
//! | several | is *ambiguous*: it is parked and decides nothing |
//! | none | is parked until a submission with its id is recorded |
//! | only such as do not fit | is an inbound message, and is parked too |
//!
//! Any phone can send a text that looks like a receipt. So an unmarked one counts only for a
//! submission to the number that it comes from, now or when it is looked up again. It is parked
//! although it is an inbound message, because its own submission may not be recorded yet and an
//! older one may have the same id. An intermediate receipt is never parked: it decides nothing.
//!
//! | receipt \ part | accepted, recipient not final | accepted, recipient final | delivered, failed, expired |
//! |---|---|---|---|
//! | intermediate | noted | – | – |
//! | final, the part's state | – | – | – |
//! | final, another state | decides the part | noted; contradicts if the whole text says otherwise | noted, contradicts |

use super::delivery::Delivery;
use super::parts::{Part, PartState};
use super::recipient::RecipientState;
use crate::number::NumberEnds;
use crate::ports::ReceiptState;
use crate::routing::CarrierName;
use crate::time::Timestamp;

/// A receipt for one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReceipt {
    pub state: ReceiptState,
    /// The carrier's own code.
    pub code: Option<String>,
    pub at: Timestamp,
}

/// What a receipt did to its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptEffect {
    /// It decided the part.
    Decided(PartState),
    /// It is kept with the part and shown.
    Noted { contradicts: bool },
    /// It brought nothing new.
    Repeat,
}

impl ReceiptState {
    /// `None` of one that decides nothing.
    pub const fn part_state(self) -> Option<PartState> {
        match self {
            Self::Delivered => Some(PartState::Delivered),
            Self::Failed => Some(PartState::Failed),
            Self::Expired => Some(PartState::Expired),
            Self::Intermediate => None,
        }
    }
}

impl Delivery {
    /// Records a receipt for a part. The recipient's state follows with
    /// [`apply_parts`](Self::apply_parts).
    pub fn record_receipt(
        &mut self,
        carrier: &CarrierName,
        part: u16,
        receipt: &PartReceipt,
    ) -> ReceiptEffect {
        let is_final = self.status.state.is_final();
        let own = |known: &&mut Part| known.carrier == *carrier && known.part == part;
        let Some(part) = self.parts.iter_mut().find(own) else { return ReceiptEffect::Repeat };
        let is_undecided = part.state == PartState::Accepted;
        match receipt.state.part_state() {
            None if is_final || !is_undecided => ReceiptEffect::Repeat,
            None => {
                part.noted = Some(receipt.state);
                ReceiptEffect::Noted { contradicts: false }
            }
            Some(state) if is_undecided && !is_final => {
                (part.state, part.code) = (state, receipt.code.clone());
                ReceiptEffect::Decided(state)
            }
            Some(state) if state == part.state || part.noted == Some(receipt.state) => {
                ReceiptEffect::Repeat
            }
            Some(_) => {
                part.noted = Some(receipt.state);
                let contradicts = !is_undecided || self.contradicts(carrier, receipt.state);
                ReceiptEffect::Noted { contradicts }
            }
        }
    }

    /// Whether a carrier's receipts say otherwise than the final state of the recipient.
    fn contradicts(&self, carrier: &CarrierName, state: ReceiptState) -> bool {
        if self.status.state == RecipientState::Success {
            return state != ReceiptState::Delivered;
        }
        let own: Vec<_> = self.parts.iter().filter(|part| part.carrier == *carrier).collect();
        let delivered = |part: &&&Part| {
            part.state == PartState::Delivered || part.noted == Some(ReceiptState::Delivered)
        };
        let parts = own.iter().map(|part| usize::from(part.parts)).max().unwrap_or(1);
        own.iter().filter(delivered).count() >= parts
    }
}

/// What a receipt is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptMatch<T> {
    /// This one submission.
    One(T),
    /// No submission that is known yet.
    Unknown,
    Ambiguous,
    /// Its id is known of other numbers alone: it is an inbound message.
    OtherNumbers,
}

impl<T> ReceiptMatch<T> {
    /// From the candidates for a number, or for the id of a marked receipt; two are enough to know
    /// that there are several.
    pub fn of(candidates: impl IntoIterator<Item = T>) -> Self {
        let mut candidates = candidates.into_iter();
        match (candidates.next(), candidates.next()) {
            (None, _) => Self::Unknown,
            (Some(one), None) => Self::One(one),
            (Some(_), Some(_)) => Self::Ambiguous,
        }
    }

    /// From the candidates for the id of an unmarked receipt, each with the number that it went to.
    /// With `is_cut` there are more candidates than were read: nobody knows which is meant.
    pub fn of_fitting(
        ends: NumberEnds,
        candidates: impl IntoIterator<Item = (Option<u64>, T)>,
        is_cut: bool,
    ) -> Self {
        if is_cut {
            return Self::Ambiguous;
        }
        let mut is_known = false;
        let fitting = candidates.into_iter().filter_map(|(number, candidate)| {
            is_known = true;
            number.is_some_and(|number| ends.fit(number)).then_some(candidate)
        });
        match Self::of(fitting) {
            Self::Unknown if is_known => Self::OtherNumbers,
            found => found,
        }
    }

    /// Whether a receipt in this state is parked. What is parked may be ambiguous.
    pub const fn is_parked(&self, state: ReceiptState) -> bool {
        !matches!(self, Self::One(_)) && !matches!(state, ReceiptState::Intermediate)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NUMBER: u64 = 4_520_123_456;

    fn ends() -> NumberEnds {
        NumberEnds::of("20123456", "1919").unwrap()
    }

    #[test]
    fn parks_what_has_not_one_part() {
        let unmatched: [ReceiptMatch<u8>; 3] =
            [ReceiptMatch::Unknown, ReceiptMatch::Ambiguous, ReceiptMatch::OtherNumbers];
        for found in unmatched {
            assert!(found.is_parked(ReceiptState::Failed));
            assert!(!found.is_parked(ReceiptState::Intermediate));
        }
        assert!(!ReceiptMatch::One(1).is_parked(ReceiptState::Delivered));
    }

    proptest! {
        #[test]
        fn an_unmarked_receipt_is_of_the_one_submission_that_fits(
            fits in prop::collection::vec(prop::option::of(any::<bool>()), 0..6), is_cut: bool
        ) {
            let candidates = fits.iter().enumerate().map(|(at, fits)| {
                (fits.map(|fits| if fits { NUMBER } else { NUMBER + 1 }), at)
            });
            let found = ReceiptMatch::of_fitting(ends(), candidates, is_cut);
            let fitting: Vec<_> =
                (0..fits.len()).filter(|at| fits[*at] == Some(true)).collect();
            let expected = match fitting[..] {
                _ if is_cut => ReceiptMatch::Ambiguous,
                [one] => ReceiptMatch::One(one),
                [_, _, ..] => ReceiptMatch::Ambiguous,
                [] if fits.is_empty() => ReceiptMatch::Unknown,
                [] => ReceiptMatch::OtherNumbers,
            };
            prop_assert_eq!(found, expected);
        }
    }
}
