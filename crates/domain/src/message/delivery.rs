//! A recipient on its way to the handset: how far it got, and the parts that carriers took. What
//! outcomes and receipts do to it stands in [`super::outcome`] and [`super::receipt`], when its parts
//! decide it in [`super::parts`]; here is what happens to it otherwise.
//!
//! | event | a carrier holds the whole text without a receipt | otherwise |
//! |---|---|---|
//! | blocked while *pending*, and no carrier can have the text | *submitted* with that carrier | *blocked* |
//! | blocked while *pending*, and a carrier may have it | *submitted* with that carrier | *submitted* |
//! | its validity passed while *pending* | *submitted* with that carrier | *expired* |
//! | no receipt within its route's time | *pending*, the carrier becomes *tried* | no change: nobody knows who has it |
//! | no receipt within the message's time | *timeout* | *timeout* |
//!
//! So no recipient who may still get the text ends as *blocked* or *expired*, and no part is handed
//! over again to one who is blocked. It makes no difference how many rows hold a recipient.

use super::parts::Part;
use super::recipient::{RecipientEvent, RecipientState, next};
use crate::reason::Reason;
use crate::routing::CarrierName;

/// Carriers that would not take a recipient, or took it and never reported on it; in the order in
/// which they were tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TriedCarriers(Vec<CarrierName>);

impl TriedCarriers {
    /// Reads the stored form: one name a line.
    pub fn from_stored(stored: Option<&str>) -> Self {
        Self(stored.into_iter().flat_map(str::lines).map(CarrierName::new).collect())
    }

    /// `None` if there is none.
    pub fn stored(&self) -> Option<String> {
        let names: Vec<_> = self.0.iter().map(CarrierName::as_str).collect();
        (!names.is_empty()).then(|| names.join("\n"))
    }

    pub fn contains(&self, carrier: &CarrierName) -> bool {
        self.0.contains(carrier)
    }

    pub(super) fn add(&mut self, carrier: &CarrierName) {
        if !self.contains(carrier) {
            self.0.push(carrier.clone());
        }
    }

    pub(super) fn remove(&mut self, carrier: &CarrierName) {
        self.0.retain(|name| name != carrier);
    }

    pub fn into_names(self) -> Vec<CarrierName> {
        self.0
    }
}

/// What is stored of a recipient beside its address and price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientStatus {
    pub state: RecipientState,
    pub reason: Option<Reason>,
    /// The carrier's own code for the reason.
    pub code: Option<String>,
    pub tried: TriedCarriers,
    /// The last claim that ended without handing it over.
    pub deferred_attempt: u32,
    /// Claims that ended without the carrier's answer.
    pub unanswered: u32,
    /// Claims in which a carrier was handed it and did not take it.
    pub attempts: u32,
}

impl RecipientStatus {
    /// As it is before the first claim.
    pub fn new(state: RecipientState) -> Self {
        Self {
            state,
            reason: None,
            code: None,
            tried: TriedCarriers::default(),
            deferred_attempt: 0,
            unanswered: 0,
            attempts: 0,
        }
    }
}

/// A recipient with the parts that carriers took.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub status: RecipientStatus,
    pub parts: Vec<Part>,
}

impl Delivery {
    /// Its number was blocked after the message was accepted. `in_doubt`: a carrier may have its text
    /// although none confirmed it.
    pub fn block(&mut self, in_doubt: bool) {
        if self.is_pending() && !self.fall_back(None, Reason::Blocked, None) {
            let event = if in_doubt { RecipientEvent::Submitted } else { RecipientEvent::Blocked };
            self.step(event, Some(Reason::Blocked), None);
        }
    }

    /// Its validity passed before a carrier took it.
    pub fn expire(&mut self) {
        if self.is_pending() && !self.fall_back(None, Reason::Expired, None) {
            self.step(RecipientEvent::Expired, Some(Reason::Expired), None);
        }
    }

    /// The time for receipts passed, or nobody pays for the delivery any more.
    pub fn time_out(&mut self, reason: Reason) {
        self.step(RecipientEvent::TimedOut, Some(reason), None);
    }

    /// Its carrier did not report within the route's time: another carrier may take it. A recipient
    /// which is *submitted* only because carriers did not answer stays.
    pub fn return_unreceipted(&mut self) {
        if let Some(carrier) = self.carrier().cloned()
            && self.step(RecipientEvent::Returned, None, None)
        {
            self.status.tried.add(&carrier);
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.status.state == RecipientState::Pending
    }

    /// No other carrier will have it, `refused` being the one that said so: it stays with the carrier
    /// that holds the whole text without a receipt. False when there is none.
    pub(super) fn fall_back(
        &mut self,
        refused: Option<&CarrierName>,
        reason: Reason,
        code: Option<String>,
    ) -> bool {
        let Some(carrier) = self.awaiting_receipt().cloned() else { return false };
        if let Some(refused) = refused {
            self.status.tried.add(refused);
        }
        self.status.tried.remove(&carrier);
        self.step(RecipientEvent::Submitted, Some(reason), code)
    }

    /// Moves to the event's state; false when the event is not legal or changes no state.
    pub(super) fn step(
        &mut self,
        event: RecipientEvent,
        reason: Option<Reason>,
        code: Option<String>,
    ) -> bool {
        let to = next(self.status.state, event).ok().filter(|to| *to != self.status.state);
        if let Some(to) = to {
            self.status.state = to;
            (self.status.reason, self.status.code) = (reason, code);
        }
        to.is_some()
    }

    /// The change as the buyer of an order sees it, from the state `before`. That another carrier is
    /// tried is not shown: what a carrier took stays *submitted* for the buyer.
    pub fn shown_change(
        &self,
        before: &RecipientStatus,
    ) -> Option<(RecipientState, RecipientState)> {
        let tried = |part: &Part| {
            before.tried.contains(&part.carrier) || self.status.tried.contains(&part.carrier)
        };
        let returned = || self.parts.iter().any(|part| tried(part) && self.is_whole_at(part));
        let shown = |state| match state {
            RecipientState::Pending if returned() => RecipientState::Submitted,
            state => state,
        };
        let (before, after) = (shown(before.state), shown(self.status.state));
        (before != after).then_some((before, after))
    }

    /// Whether some carrier confirmed that it has all of its text, and reported nothing that decides it.
    pub fn is_taken(&self) -> bool {
        self.awaiting_receipt().is_some()
    }

    /// Whether some carrier had all of its text when it left the state `before`: what an account with
    /// [`RefundPolicy::Unsent`](super::campaign::RefundPolicy) pays for.
    pub fn was_taken(&self, before: RecipientState) -> bool {
        before == RecipientState::Submitted || self.parts.iter().any(|part| self.is_whole_at(part))
    }
}

#[cfg(test)]
mod tests;
