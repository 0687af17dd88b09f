//! Which part a receipt is of, and what it does to the recipient.
//!
//! A receipt names its part by the carrier's id, which a carrier may use again or give to several
//! parts. Candidates are the submissions of that carrier and id which are young enough:
//!
//! | the receipt | candidates are looked up by | then, if there is none, by |
//! |---|---|---|
//! | is marked as one, and names a number | id and number | id |
//! | is marked as one, and names none | id | |
//! | is not marked | id and the number that it comes from | id and the number that it goes to |
//!
//! | candidates | the receipt |
//! |---|---|
//! | one, or several parts of one recipient | is of that part, or of one of these |
//! | of several recipients | is *ambiguous*: it is parked and decides nothing |
//! | none | is parked until a submission with its id is recorded |
//! | none, it is not marked, and its id is known of other numbers | is an inbound message, and is parked too |
//!
//! Any phone can send a text that looks like a receipt. So an unmarked one counts only for a
//! submission to exactly the number that it comes from, now or when it is looked up again. It is
//! parked although it is an inbound message, because its own submission may not be recorded yet and an
//! older one may have the same id. An intermediate receipt is never parked: it decides nothing.
//!
//! Which of a text's parts it is of depends on what the carrier's receipts stand for
//! ([`ReceiptScope`]): all that the carrier took; or its own part; or, where parts share an id, the
//! first of them that is not decided yet.
//!
//! | receipt \ part | accepted, recipient not final | accepted, recipient final | delivered, failed, expired |
//! |---|---|---|---|
//! | intermediate | noted | – | – |
//! | final, the part's state | – | – | – |
//! | final, another state | decides the part | noted; contradicts if the whole text says otherwise | noted, contradicts |

use super::delivery::Delivery;
use super::parts::{Part, PartState};
use super::recipient::RecipientState;
use crate::ports::{ReceiptScope, ReceiptState};
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
    /// The parts that a receipt stands for; `named` have its id, in ascending order.
    pub fn parts_of_receipt(
        &self,
        carrier: &CarrierName,
        named: &[u16],
        scope: ReceiptScope,
    ) -> Vec<u16> {
        let own = || self.parts.iter().filter(|part| part.carrier == *carrier);
        let last = own().map(|part| part.parts).max().unwrap_or(1);
        let is_whole = match scope {
            ReceiptScope::Part => false,
            ReceiptScope::First => named.contains(&1),
            ReceiptScope::Last => named.contains(&last),
            ReceiptScope::Message => true,
        };
        if is_whole {
            return own().map(|part| part.part).collect();
        }
        let is_open = |number: &&u16| {
            own().any(|part| part.part == **number && part.state == PartState::Accepted)
        };
        named.iter().find(is_open).or(named.last()).copied().into_iter().collect()
    }

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
    /// Submissions of one recipient, or one submission.
    One(T),
    /// No submission that is known yet.
    Unknown,
    Ambiguous,
    /// Its id is known of other numbers alone: it is an inbound message.
    OtherNumbers,
}

impl<K: PartialEq> ReceiptMatch<(K, Vec<u16>)> {
    /// From the candidates: recipients, and the parts of each with the receipt's id. With `is_cut`
    /// there are more than were read.
    pub fn of(candidates: impl IntoIterator<Item = (K, u16)>, is_cut: bool) -> Self {
        let mut found: Option<(K, Vec<u16>)> = None;
        for (recipient, part) in candidates {
            match &mut found {
                None => found = Some((recipient, vec![part])),
                Some((one, parts)) if *one == recipient => parts.push(part),
                Some(_) => return Self::Ambiguous,
            }
        }
        match found {
            None => Self::Unknown,
            Some(_) if is_cut => Self::Ambiguous,
            Some((recipient, mut parts)) => {
                parts.sort_unstable();
                Self::One((recipient, parts))
            }
        }
    }
}

impl<T> ReceiptMatch<T> {
    /// Whether a receipt in this state is parked. What is parked may be ambiguous.
    pub const fn is_parked(&self, state: ReceiptState) -> bool {
        !matches!(self, Self::One(_)) && !matches!(state, ReceiptState::Intermediate)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        fn a_receipt_is_of_the_one_recipient_that_has_its_id(
            candidates in prop::collection::vec((0..3u8, 1..4u16), 0..5), is_cut: bool
        ) {
            let found = ReceiptMatch::of(candidates.iter().copied(), is_cut);
            let mut recipients: Vec<_> = candidates.iter().map(|(recipient, _)| *recipient).collect();
            recipients.dedup();
            let expected = match recipients[..] {
                [] => ReceiptMatch::Unknown,
                [one] if !is_cut => {
                    let mut parts: Vec<_> = candidates.iter().map(|(_, part)| *part).collect();
                    parts.sort_unstable();
                    ReceiptMatch::One((one, parts))
                }
                _ => ReceiptMatch::Ambiguous,
            };
            prop_assert_eq!(found, expected);
        }
    }
}
