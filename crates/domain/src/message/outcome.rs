//! What the outcome of a submission does to its recipient.
//!
//! | outcome | of the claim that holds the lease | of a lost lease |
//! |---|---|---|
//! | parts taken | recorded | recorded: the carrier has them |
//! | accepted, sent | *submitted*; the carrier is no longer *tried* | *submitted* if one carrier has all parts |
//! | delivered | *success* | *success* |
//! | refused | *failed* or *expired*, unless a carrier has all parts; *submitted* if one owes a receipt | no change: a later claim decides |
//! | try another | stays *pending* with the reason; the carrier becomes *tried* | no change |
//! | deferred | stays *pending* with the reason; *submitted* after [`NO_ANSWERS_MAX`] unanswered claims, or after one where the recipient pays | no change; an unanswered claim is counted |
//! | late | no change beyond the parts taken | no change beyond the parts taken |
//!
//! *Sent* also settles the order at once ([`crate::sale::change`]). For a recipient of a campaign it is
//! *delivered*.
//!
//! A final recipient changes its counters only. Each outcome may be recorded twice: a claim is counted
//! once.

use super::delivery::Delivery;
use super::parts::{Part, PartState};
use super::recipient::RecipientEvent;
#[cfg(doc)]
use crate::limits::NO_ANSWERS_MAX;
use crate::ports::{End, Outcome};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

impl End {
    /// The carrier may have the message although it gave no answer.
    pub const fn is_unanswered(&self) -> bool {
        matches!(self, Self::Deferred { reason: Reason::NoAnswer, .. })
    }
}

impl Delivery {
    /// Adds a part that the outcome's carrier took; `None` when the carrier had it already.
    pub fn take_part(&mut self, outcome: &Outcome, part: u16, now: Timestamp) -> Option<&Part> {
        let known = |known: &Part| known.carrier == outcome.carrier && known.part == part;
        if self.parts.iter().any(known) {
            return None;
        }
        let state = match outcome.end {
            End::Delivered => PartState::Delivered,
            End::Accepted
            | End::Sent
            | End::Refused { .. }
            | End::TryAnother { .. }
            | End::Deferred { .. }
            | End::Late => PartState::Accepted,
        };
        self.parts.push(Part {
            carrier: outcome.carrier.clone(),
            part,
            parts: outcome.parts.max(1),
            attempt: outcome.key.attempt,
            link: outcome.link,
            at: now,
            state,
            code: None,
            noted: None,
        });
        self.parts.last()
    }

    /// Applies an outcome whose parts were taken before. `holds_lease`: its claim is the chunk's last.
    /// After `no_answers_max` claims without an answer it waits for a receipt.
    pub fn apply_outcome(&mut self, outcome: &Outcome, holds_lease: bool, no_answers_max: u32) {
        self.count_claim(outcome, holds_lease);
        if self.status.state.is_final() {
            return;
        }
        if matches!(outcome.end, End::Accepted | End::Sent) && holds_lease {
            self.status.tried.remove(&outcome.carrier);
        }
        let is_pending = holds_lease && self.is_pending() && self.decision().is_none();
        match &outcome.end {
            End::Delivered => {
                self.step(RecipientEvent::Delivered, None, None);
            }
            End::Refused { reason, code } if is_pending => {
                self.refuse(&outcome.carrier, *reason, code);
            }
            End::TryAnother { reason, code } if is_pending => {
                self.status.tried.add(&outcome.carrier);
                self.explain(*reason, Some(code.clone()));
            }
            End::Deferred { .. }
                if is_pending
                    && outcome.end.is_unanswered()
                    && self.status.unanswered >= no_answers_max =>
            {
                self.step(RecipientEvent::Submitted, Some(Reason::NoAnswer), None);
            }
            End::Deferred { reason, code, .. } if is_pending => self.explain(*reason, code.clone()),
            End::Accepted
            | End::Sent
            | End::Refused { .. }
            | End::TryAnother { .. }
            | End::Deferred { .. }
            | End::Late => self.apply_parts(),
        }
    }

    /// Keeps which claim deferred the recipient, and counts attempts and missing answers, once for
    /// each claim.
    fn count_claim(&mut self, outcome: &Outcome, holds_lease: bool) {
        let unanswered = outcome.end.is_unanswered();
        let attempted = match outcome.end {
            End::Deferred { reason, .. } => {
                let handed_over =
                    !outcome.carrier.as_str().is_empty() && outcome.accepted.is_empty();
                handed_over && reason != Reason::LinkDown
            }
            // A *tried* carrier is handed it again when no other is left: that must end.
            End::TryAnother { .. } => self.status.tried.contains(&outcome.carrier),
            End::Accepted | End::Sent | End::Delivered | End::Refused { .. } | End::Late => return,
        };
        let status = &mut self.status;
        if (holds_lease || unanswered) && status.deferred_attempt < outcome.key.attempt {
            status.deferred_attempt = outcome.key.attempt;
            status.unanswered += u32::from(unanswered);
            status.attempts += u32::from(attempted);
        }
    }

    fn refuse(&mut self, carrier: &CarrierName, reason: Reason, code: &str) {
        let refused = Some(carrier).filter(|carrier| !carrier.as_str().is_empty());
        // Near the node's deadline nobody waits for a receipt.
        let waits = reason != Reason::HoldRanOut;
        if waits && self.fall_back(refused, reason, Some(code.to_owned())) {
            return;
        }
        let event = match reason {
            Reason::Expired => RecipientEvent::Expired,
            _ => RecipientEvent::Failed,
        };
        self.step(event, Some(reason), Some(code.to_owned()));
    }

    /// Stores why it waits.
    fn explain(&mut self, reason: Reason, code: Option<String>) {
        (self.status.reason, self.status.code) = (Some(reason), code);
    }
}
