//! The parts that carriers took of a recipient's text, and when they decide the recipient.
//!
//! One carrier after another may take the same text. What each of them took is kept, so that every
//! receipt finds its part:
//!
//! | parts of a carrier | all delivered | one failed or expired | all taken |
//! |---|---|---|---|
//! | that took one last, and is not *tried* | success | failed, expired | submitted |
//! | that another one took over from, or that is *tried* | success | – | – |
//!
//! While another carrier holds the whole text without a receipt, nothing fails: the text may still
//! arrive. The receipt of that carrier decides, or the time for receipts passes.
//!
//! A part which one carrier delivered is not missing at another that cuts the text into as many
//! parts. Parts which are on their way at two carriers do not make one text.

use std::collections::BTreeMap;

use super::delivery::Delivery;
use super::recipient::RecipientEvent;
use crate::ports::ReceiptState;
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::state::stored_as;
use crate::time::Timestamp;

/// What became of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartState {
    /// Taken by the carrier.
    Accepted,
    Delivered,
    Failed,
    Expired,
}

stored_as!(PartState {
    Accepted = "accepted",
    Delivered = "delivered",
    Failed = "failed",
    Expired = "expired",
});

/// A part as a carrier took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub carrier: CarrierName,
    /// From 1.
    pub part: u16,
    /// Parts that the text has at this carrier.
    pub parts: u16,
    /// The claim that handed it over.
    pub attempt: u32,
    /// The carrier's link that took it, from 1; `None` where links have no numbers.
    pub link: Option<u16>,
    /// When it was taken.
    pub at: Timestamp,
    pub state: PartState,
    /// The carrier's own code for the state.
    pub code: Option<String>,
    /// The last receipt that did not decide the part.
    pub noted: Option<ReceiptState>,
}

/// What the known parts of one text decide. A text with a part missing was not delivered, so one
/// failure fails it; it is delivered when all `parts` are.
pub fn roll_up(parts: u16, known: &[PartState]) -> Option<RecipientEvent> {
    let count = |wanted| known.iter().filter(|&&state| state == wanted).count();
    let parts = usize::from(parts);
    if count(PartState::Failed) > 0 {
        Some(RecipientEvent::Failed)
    } else if count(PartState::Expired) > 0 {
        Some(RecipientEvent::Expired)
    } else if count(PartState::Delivered) >= parts {
        Some(RecipientEvent::Delivered)
    } else if known.len() >= parts {
        Some(RecipientEvent::Submitted)
    } else {
        None
    }
}

impl Delivery {
    /// The carrier that took a part last, unless it is *tried*.
    pub(super) fn carrier(&self) -> Option<&CarrierName> {
        let last = self.parts.iter().max_by_key(|part| (part.at, part.attempt))?;
        Some(&last.carrier).filter(|carrier| !self.status.tried.contains(carrier))
    }

    /// The last carrier that holds the whole text without a receipt that decides it.
    pub fn awaiting_receipt(&self) -> Option<&CarrierName> {
        let awaiting =
            |part: &&Part| self.decision_of(&part.carrier) == Some(RecipientEvent::Submitted);
        let last = self.parts.iter().filter(awaiting).max_by_key(|part| (part.at, part.attempt))?;
        Some(&last.carrier)
    }

    /// What the parts decide; `None` while no carrier has the whole text.
    pub(super) fn decision(&self) -> Option<RecipientEvent> {
        let delivers =
            |part: &Part| self.decision_of(&part.carrier) == Some(RecipientEvent::Delivered);
        match self.carrier().and_then(|carrier| self.decision_of(carrier)) {
            Some(RecipientEvent::Delivered) => Some(RecipientEvent::Delivered),
            _ if self.parts.iter().any(delivers) => Some(RecipientEvent::Delivered),
            Some(RecipientEvent::Failed | RecipientEvent::Expired)
                if self.awaiting_receipt().is_some() =>
            {
                Some(RecipientEvent::Submitted)
            }
            event => event,
        }
    }

    /// Moves the recipient to the state that its parts decide, if they decide one.
    pub fn apply_parts(&mut self) {
        let Some(event) = self.decision() else { return };
        let reason = match event {
            RecipientEvent::Failed => Some(Reason::Undelivered),
            RecipientEvent::Expired => Some(Reason::Expired),
            RecipientEvent::Submitted
            | RecipientEvent::Returned
            | RecipientEvent::Requeued
            | RecipientEvent::Delivered
            | RecipientEvent::TimedOut
            | RecipientEvent::Invalid
            | RecipientEvent::Blocked => None,
        };
        let code = reason.and_then(|_| self.code_of_failure());
        self.step(event, reason, code);
    }

    /// Whether the carrier of this part took the whole text.
    pub(super) fn is_whole_at(&self, part: &Part) -> bool {
        let (parts, states) = self.text_at(&part.carrier);
        states.len() >= usize::from(parts)
    }

    fn decision_of(&self, carrier: &CarrierName) -> Option<RecipientEvent> {
        let (parts, states) = self.text_at(carrier);
        roll_up(parts, &states)
    }

    /// How many parts the text has at a carrier, and the states of those known.
    fn text_at(&self, carrier: &CarrierName) -> (u16, Vec<PartState>) {
        let own = || self.parts.iter().filter(|part| part.carrier == *carrier);
        let parts = own().max_by_key(|part| (part.attempt, part.at)).map_or(1, |part| part.parts);
        let mut states: BTreeMap<u16, PartState> =
            own().map(|part| (part.part, part.state)).collect();
        let delivered = self.parts.iter().filter(|part| {
            part.carrier != *carrier && part.parts == parts && part.state == PartState::Delivered
        });
        states.extend(delivered.map(|part| (part.part, part.state)));
        (parts.max(1), states.into_values().collect())
    }

    /// The carrier's code for the part that failed or expired.
    fn code_of_failure(&self) -> Option<String> {
        let carrier = self.carrier()?;
        let failed = self.parts.iter().filter(|part| {
            part.carrier == *carrier && matches!(part.state, PartState::Failed | PartState::Expired)
        });
        failed.filter_map(|part| part.code.clone()).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivers_only_when_all_parts_are() {
        use PartState::{Accepted, Delivered, Expired, Failed};
        assert_eq!(roll_up(2, &[Delivered]), None);
        assert_eq!(roll_up(2, &[Delivered, Accepted]), Some(RecipientEvent::Submitted));
        assert_eq!(roll_up(2, &[Delivered, Delivered]), Some(RecipientEvent::Delivered));
        assert_eq!(roll_up(3, &[Delivered, Failed]), Some(RecipientEvent::Failed));
        assert_eq!(roll_up(3, &[Delivered, Expired]), Some(RecipientEvent::Expired));
    }
}
