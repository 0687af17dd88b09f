//! One submission in progress: its parts and their results, which form one outcome.
//!
//! | parts | outcome |
//! |---|---|
//! | one was refused | refused, with the first refusal |
//! | else one may have been accepted | deferred, no answer |
//! | else this carrier does not serve one | another carrier is tried |
//! | else one was answered with an unknown status | deferred, or refused after some attempts |
//! | else one was throttled | deferred, throttled (after the link's own retries) |
//! | else the queue was full for one | deferred, queue full |
//! | else the carrier was busy with one | deferred, carrier busy |
//! | else one was not sent | deferred, link down |
//! | all were accepted | accepted, or delivered where no receipt follows |
//!
//! The outcome always lists the accepted parts, so that they are not sent again.

use std::sync::Arc;
use std::time::Duration;

use domain::message::{Address, Content, Lane};
use domain::number::Msisdn;
use domain::ports::{AcceptedPart, End, Outcome, Submission, SubmissionKey};
use domain::reason::Reason;
use domain::routing::CarrierName;
use smpp::CommandStatus;
use tokio::time::Instant;

use super::cut::{Piece, cut};
use super::profile::Profile;
use super::verdict::{NotAccepted, code_of};

#[derive(Debug)]
enum Step {
    /// Accepted, now or in an earlier attempt.
    Accepted,
    Waiting,
    Sent,
    NotAccepted(NotAccepted),
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) key: SubmissionKey,
    pub(super) to: Msisdn,
    pub(super) content: Arc<Content>,
    pub(super) reference: u16,
    parts: Vec<(Piece, Step)>,
    accepted: Vec<AcceptedPart>,
    /// The last status that did not accept a part.
    status: Option<CommandStatus>,
    /// When the carrier first throttled it.
    pub(super) throttled_since: Option<Instant>,
    /// Position in its lane, assigned by the queue.
    pub(super) position: u64,
    /// Whether it holds a slot of the queue.
    pub(super) holds_slot: bool,
}

/// What an outcome depends on besides the responses.
#[derive(Debug, Clone)]
pub(super) struct OutcomeContext {
    /// Outcome of a message whose parts were all accepted.
    pub(super) taken: End,
    /// The link's own pause when it is throttled.
    pub(super) throttled_wait: Duration,
    /// The allowed attempts with an unknown status are used up.
    pub(super) unknown_is_final: bool,
}

/// A part whose submission ended without its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnansweredPart {
    pub(super) key: SubmissionKey,
    /// Counted from 1.
    pub(super) part: u16,
    /// Parts of the whole submission.
    pub(super) parts: u16,
}

impl Job {
    /// Splits the text; an error is the outcome of a submission that cannot be sent.
    pub(super) fn new(
        submission: Submission,
        profile: &Profile,
    ) -> Result<Self, (SubmissionKey, u16, End)> {
        let Submission { key, to, content, reference, accepted } = submission;
        let refused = |reason, code: &str| {
            (key, content.parts, End::Refused { reason, code: code.to_owned() })
        };
        let Address::Phone(to) = to else {
            return Err(refused(Reason::BadDestination, "smpp:address"));
        };
        let cut =
            cut(&content, profile, reference).map_err(|_| refused(Reason::Refused, "smpp:text"))?;
        if content.charge.is_some() && cut.len() > 1 {
            // Each part would be charged.
            return Err(refused(Reason::Refused, "smpp:parts"));
        }
        let step =
            |part: u16| if accepted.contains(&part) { Step::Accepted } else { Step::Waiting };
        let parts: Vec<_> = cut.into_iter().zip(1..).map(|(cut, part)| (cut, step(part))).collect();
        let count = u16::try_from(parts.len()).unwrap_or(u16::MAX);
        if parts.iter().all(|(_, step)| matches!(step, Step::Accepted)) {
            return Err((key, count, profile.taken()));
        }
        Ok(Self {
            key,
            to,
            content,
            reference,
            parts,
            accepted: vec![],
            status: None,
            throttled_since: None,
            position: 0,
            holds_slot: false,
        })
    }

    pub(super) fn lane(&self) -> Lane {
        self.content.lane
    }

    /// Number of parts at this carrier.
    pub(super) const fn pieces(&self) -> usize {
        self.parts.len()
    }

    /// Parts to send, and their weight in SMS.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let waiting = self.parts.iter().filter(|(_, step)| matches!(step, Step::Waiting));
        waiting.fold((0, 0), |(parts, weight), (piece, _)| {
            (parts + 1, weight + usize::from(piece.weight))
        })
    }

    /// The parts to send, with their index from 0, marked as sent.
    pub(super) fn send(&mut self) -> impl Iterator<Item = (u8, &Piece)> {
        self.parts.iter_mut().zip(0..=u8::MAX).filter_map(|((part, step), at)| {
            matches!(step, Step::Waiting).then(|| {
                *step = Step::Sent;
                (at, &*part)
            })
        })
    }

    /// Records the result of a sent part.
    pub(super) fn answer(&mut self, at: u8, answer: Result<String, NotAccepted>) {
        let Some((_, step @ Step::Sent)) = self.parts.get_mut(usize::from(at)) else { return };
        match answer {
            Ok(carrier_id) => {
                *step = Step::Accepted;
                self.accepted.push(AcceptedPart { part: u16::from(at) + 1, carrier_id });
            }
            Err(not_accepted) => *step = Step::NotAccepted(not_accepted),
        }
    }

    /// Keeps the status of a response that did not accept a part.
    pub(super) const fn note_status(&mut self, status: CommandStatus) {
        self.status = Some(status);
    }

    /// Records that a part was accepted after its response timed out; false if it had not timed out.
    pub(super) fn answer_late(&mut self, at: u8, carrier_id: &str) -> bool {
        let step = self.parts.get_mut(usize::from(at)).map(|(_, step)| step);
        let Some(step @ Step::NotAccepted(NotAccepted::NoAnswer)) = step else { return false };
        *step = Step::Accepted;
        let (part, carrier_id) = (u16::from(at) + 1, carrier_id.to_owned());
        self.accepted.push(AcceptedPart { part, carrier_id });
        true
    }

    /// The unanswered parts, with their index from 0, if the job ends as [`Reason::NoAnswer`].
    pub(super) fn unanswered(&self) -> impl Iterator<Item = (u8, UnansweredPart)> {
        let refused = |(_, step): &(Piece, Step)| {
            matches!(step, Step::NotAccepted(NotAccepted::Refused { .. }))
        };
        let parts = self.parts();
        let open = if self.parts.iter().any(refused) { &[] } else { self.parts.as_slice() };
        open.iter().zip(0..=u8::MAX).filter_map(move |((_, step), at)| {
            let unanswered = UnansweredPart { key: self.key, part: u16::from(at) + 1, parts };
            matches!(step, Step::NotAccepted(NotAccepted::NoAnswer)).then_some((at, unanswered))
        })
    }

    fn parts(&self) -> u16 {
        u16::try_from(self.parts.len()).unwrap_or(u16::MAX)
    }

    /// Records the same result for every part without a response.
    pub(super) fn answer_remaining(&mut self, answer: &NotAccepted) {
        for (_, step) in &mut self.parts {
            if let Step::Sent | Step::Waiting = step {
                *step = Step::NotAccepted(answer.clone());
            }
        }
    }

    /// Whether every sent part has a result.
    pub(super) fn is_answered(&self) -> bool {
        !self.parts.iter().any(|(_, step)| matches!(step, Step::Sent))
    }

    /// Returns true if parts failed only because the carrier throttled; those are then to be sent again.
    pub(super) fn retry_if_only_throttled(&mut self) -> bool {
        let only = self.parts.iter().all(|(_, step)| {
            matches!(step, Step::Accepted | Step::NotAccepted(NotAccepted::Throttled))
        });
        let any = self.parts.iter().any(|(_, step)| !matches!(step, Step::Accepted));
        if only && any {
            for (_, step) in &mut self.parts {
                if let Step::NotAccepted(_) = step {
                    *step = Step::Waiting;
                }
            }
        }
        only && any
    }

    /// Whether its outcome depends on an unknown status.
    pub(super) fn has_unknown_status(&self) -> bool {
        let mut unknown = false;
        for (_, step) in &self.parts {
            match step {
                Step::NotAccepted(
                    NotAccepted::Refused { .. }
                    | NotAccepted::NoAnswer
                    | NotAccepted::Another { .. },
                ) => return false,
                Step::NotAccepted(NotAccepted::Unknown { .. }) => unknown = true,
                Step::NotAccepted(
                    NotAccepted::Throttled
                    | NotAccepted::QueueFull
                    | NotAccepted::Busy
                    | NotAccepted::NotSent,
                )
                | Step::Accepted
                | Step::Waiting
                | Step::Sent => {}
            }
        }
        unknown
    }

    /// The outcome of all parts together.
    pub(super) fn outcome(mut self, carrier: &CarrierName, context: OutcomeContext) -> Outcome {
        let (accepted, parts) = (std::mem::take(&mut self.accepted), self.parts());
        let end = self.with_code(self.end(context));
        Outcome { key: self.key, carrier: carrier.clone(), link: None, parts, accepted, end }
    }

    /// Adds the carrier's status to a deferral that it is the reason for.
    fn with_code(&self, end: End) -> End {
        match end {
            End::Deferred { reason, wait, .. }
                if !matches!(reason, Reason::NoAnswer | Reason::LinkDown) =>
            {
                End::Deferred { reason, wait, code: self.status.map(code_of) }
            }
            end => end,
        }
    }

    fn end(&self, context: OutcomeContext) -> End {
        let has = |kind: &NotAccepted| {
            self.parts
                .iter()
                .any(|(_, step)| matches!(step, Step::NotAccepted(known) if known == kind))
        };
        let first = |wanted: fn(&NotAccepted) -> Option<End>| {
            self.parts.iter().find_map(|(_, step)| match step {
                Step::NotAccepted(not_accepted) => wanted(not_accepted),
                Step::Accepted | Step::Waiting | Step::Sent => None,
            })
        };
        let deferred = |reason| End::Deferred { reason, wait: None, code: None };
        if let Some(refused) = first(refusal) {
            refused
        } else if has(&NotAccepted::NoAnswer) {
            deferred(Reason::NoAnswer)
        } else if let Some(another) = first(another) {
            another
        } else if let Some(unknown) = first(unknown) {
            if context.unknown_is_final { unknown } else { deferred(Reason::CarrierBusy) }
        } else if has(&NotAccepted::Throttled) {
            End::Deferred {
                reason: Reason::Throttled,
                wait: Some(context.throttled_wait),
                code: None,
            }
        } else if has(&NotAccepted::QueueFull) {
            deferred(Reason::QueueFull)
        } else if has(&NotAccepted::Busy) {
            deferred(Reason::CarrierBusy)
        } else if self.parts.iter().all(|(_, step)| matches!(step, Step::Accepted)) {
            context.taken
        } else {
            deferred(Reason::LinkDown)
        }
    }
}

fn refusal(not_accepted: &NotAccepted) -> Option<End> {
    match not_accepted {
        NotAccepted::Refused { reason, code } => {
            Some(End::Refused { reason: *reason, code: code.clone() })
        }
        _ => None,
    }
}

fn another(not_accepted: &NotAccepted) -> Option<End> {
    match not_accepted {
        NotAccepted::Another { code } => {
            Some(End::TryAnother { reason: Reason::Refused, code: code.clone() })
        }
        _ => None,
    }
}

fn unknown(not_accepted: &NotAccepted) -> Option<End> {
    match not_accepted {
        NotAccepted::Unknown { code } => {
            Some(End::Refused { reason: Reason::Refused, code: code.clone() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
