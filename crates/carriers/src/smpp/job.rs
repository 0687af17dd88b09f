//! One submission on its way: its parts, and what became of each, until they make one outcome.
//!
//! | of its parts | the end is |
//! |---|---|
//! | one was refused | refused, with the first refusal |
//! | else one may have been taken | deferred, no answer |
//! | else this carrier will not take one | another is tried |
//! | else one was answered with an unknown status | deferred, or refused after some tries |
//! | else one was throttled | deferred, throttled (after the link's own tries) |
//! | else the carrier was busy with one | deferred, carrier busy |
//! | else one was not sent | deferred, link down |
//! | all were taken | accepted, or delivered where no receipt follows |
//!
//! In every case the outcome names the parts that were taken, so that they are not sent again.

use std::sync::Arc;
use std::time::Duration;

use domain::message::{Address, Content, Lane};
use domain::number::Msisdn;
use domain::ports::{AcceptedPart, End, Outcome, Submission, SubmissionKey};
use domain::reason::Reason;
use domain::routing::CarrierName;
use tokio::time::Instant;

use super::cut::{Piece, cut};
use super::open::GivenUp;
use super::profile::Profile;
use super::verdict::NotTaken;

#[derive(Debug)]
enum Step {
    /// Taken, now or at an earlier attempt.
    Taken,
    Waiting,
    Sent,
    NotTaken(NotTaken),
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) key: SubmissionKey,
    pub(super) to: Msisdn,
    pub(super) content: Arc<Content>,
    pub(super) reference: u16,
    parts: Vec<(Piece, Step)>,
    accepted: Vec<AcceptedPart>,
    /// When the carrier first wished for less instead of taking it.
    pub(super) throttled_since: Option<Instant>,
    /// Its turn, given by the queue.
    pub(super) turn: u64,
    /// It holds a place in the queue.
    pub(super) placed: bool,
}

/// What an outcome depends on besides the answers.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    /// What a message is whose parts were all taken.
    pub(super) taken: End,
    /// What the link will wait itself when it is throttled.
    pub(super) throttled_wait: Duration,
    /// An unknown status was answered as often as it is borne.
    pub(super) unknown_is_final: bool,
}

impl Job {
    /// Cuts the text; an error is how the submission ends without being sent.
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
        let cut = cut(content.text.as_str(), profile, reference)
            .map_err(|_| refused(Reason::Refused, "smpp:text"))?;
        let step = |part: u16| if accepted.contains(&part) { Step::Taken } else { Step::Waiting };
        let parts: Vec<_> = cut.into_iter().zip(1..).map(|(cut, part)| (cut, step(part))).collect();
        let count = u16::try_from(parts.len()).unwrap_or(u16::MAX);
        if parts.iter().all(|(_, step)| matches!(step, Step::Taken)) {
            return Err((key, count, profile.taken()));
        }
        Ok(Self {
            key,
            to,
            content,
            reference,
            parts,
            accepted: vec![],
            throttled_since: None,
            turn: 0,
            placed: false,
        })
    }

    pub(super) fn lane(&self) -> Lane {
        self.content.lane
    }

    /// Parts that the text has at this carrier.
    pub(super) const fn pieces(&self) -> usize {
        self.parts.len()
    }

    /// Parts to be sent: how many, and how many SMS they are.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let waiting = self.parts.iter().filter(|(_, step)| matches!(step, Step::Waiting));
        waiting.fold((0, 0), |(parts, weight), (piece, _)| {
            (parts + 1, weight + usize::from(piece.weight))
        })
    }

    /// The parts to be sent, by their place from 0; they count as sent from here on.
    pub(super) fn send(&mut self) -> impl Iterator<Item = (u8, &Piece)> {
        self.parts.iter_mut().zip(0..=u8::MAX).filter_map(|((part, step), at)| {
            matches!(step, Step::Waiting).then(|| {
                *step = Step::Sent;
                (at, &*part)
            })
        })
    }

    /// Notes what became of a part that was sent.
    pub(super) fn answer(&mut self, at: u8, answer: Result<String, NotTaken>) {
        let Some((_, step @ Step::Sent)) = self.parts.get_mut(usize::from(at)) else { return };
        match answer {
            Ok(carrier_id) => {
                *step = Step::Taken;
                self.accepted.push(AcceptedPart { part: u16::from(at) + 1, carrier_id });
            }
            Err(not_taken) => *step = Step::NotTaken(not_taken),
        }
    }

    /// Notes that a part was taken whose answer was waited for no more; false if it was not such a
    /// part.
    pub(super) fn answer_late(&mut self, at: u8, carrier_id: &str) -> bool {
        let step = self.parts.get_mut(usize::from(at)).map(|(_, step)| step);
        let Some(step @ Step::NotTaken(NotTaken::NoAnswer)) = step else { return false };
        *step = Step::Taken;
        let (part, carrier_id) = (u16::from(at) + 1, carrier_id.to_owned());
        self.accepted.push(AcceptedPart { part, carrier_id });
        true
    }

    /// The parts without an answer, by their place from 0, if the job ends as [`Reason::NoAnswer`].
    pub(super) fn given_up(&self) -> impl Iterator<Item = (u8, GivenUp)> {
        let refused =
            |(_, step): &(Piece, Step)| matches!(step, Step::NotTaken(NotTaken::Refused { .. }));
        let parts = self.parts();
        let open = if self.parts.iter().any(refused) { &[] } else { self.parts.as_slice() };
        open.iter().zip(0..=u8::MAX).filter_map(move |((_, step), at)| {
            let given_up = GivenUp { key: self.key, part: u16::from(at) + 1, parts };
            matches!(step, Step::NotTaken(NotTaken::NoAnswer)).then_some((at, given_up))
        })
    }

    fn parts(&self) -> u16 {
        u16::try_from(self.parts.len()).unwrap_or(u16::MAX)
    }

    /// Notes the same of every part that has no answer.
    pub(super) fn answer_open(&mut self, answer: &NotTaken) {
        for (_, step) in &mut self.parts {
            if let Step::Sent | Step::Waiting = step {
                *step = Step::NotTaken(answer.clone());
            }
        }
    }

    /// Whether every part that was sent has its answer.
    pub(super) fn is_answered(&self) -> bool {
        !self.parts.iter().any(|(_, step)| matches!(step, Step::Sent))
    }

    /// Whether nothing stands in the way but the carrier's wish for less; then the throttled parts
    /// wait to be sent again.
    pub(super) fn again_if_only_throttled(&mut self) -> bool {
        let only = self
            .parts
            .iter()
            .all(|(_, step)| matches!(step, Step::Taken | Step::NotTaken(NotTaken::Throttled)));
        let any = self.parts.iter().any(|(_, step)| !matches!(step, Step::Taken));
        if only && any {
            for (_, step) in &mut self.parts {
                if let Step::NotTaken(_) = step {
                    *step = Step::Waiting;
                }
            }
        }
        only && any
    }

    /// Whether its end depends on a status that nobody knows.
    pub(super) fn is_puzzling(&self) -> bool {
        let mut unknown = false;
        for (_, step) in &self.parts {
            match step {
                Step::NotTaken(
                    NotTaken::Refused { .. } | NotTaken::NoAnswer | NotTaken::Another { .. },
                ) => return false,
                Step::NotTaken(NotTaken::Unknown { .. }) => unknown = true,
                Step::NotTaken(NotTaken::Throttled | NotTaken::Busy | NotTaken::NotSent)
                | Step::Taken
                | Step::Waiting
                | Step::Sent => {}
            }
        }
        unknown
    }

    /// The one outcome.
    pub(super) fn outcome(mut self, carrier: &CarrierName, terms: Terms) -> Outcome {
        let (accepted, parts) = (std::mem::take(&mut self.accepted), self.parts());
        Outcome { key: self.key, carrier: carrier.clone(), parts, accepted, end: self.end(terms) }
    }

    fn end(&self, terms: Terms) -> End {
        let has = |kind: &NotTaken| {
            self.parts
                .iter()
                .any(|(_, step)| matches!(step, Step::NotTaken(known) if known == kind))
        };
        let first = |wanted: fn(&NotTaken) -> Option<End>| {
            self.parts.iter().find_map(|(_, step)| match step {
                Step::NotTaken(not_taken) => wanted(not_taken),
                Step::Taken | Step::Waiting | Step::Sent => None,
            })
        };
        let deferred = |reason| End::Deferred { reason, wait: None };
        if let Some(refused) = first(refusal) {
            refused
        } else if has(&NotTaken::NoAnswer) {
            deferred(Reason::NoAnswer)
        } else if let Some(another) = first(another) {
            another
        } else if let Some(unknown) = first(unknown) {
            if terms.unknown_is_final { unknown } else { deferred(Reason::CarrierBusy) }
        } else if has(&NotTaken::Throttled) {
            End::Deferred { reason: Reason::Throttled, wait: Some(terms.throttled_wait) }
        } else if has(&NotTaken::Busy) {
            deferred(Reason::CarrierBusy)
        } else if self.parts.iter().all(|(_, step)| matches!(step, Step::Taken)) {
            terms.taken
        } else {
            deferred(Reason::LinkDown)
        }
    }
}

fn refusal(not_taken: &NotTaken) -> Option<End> {
    match not_taken {
        NotTaken::Refused { reason, code } => {
            Some(End::Refused { reason: *reason, code: code.clone() })
        }
        _ => None,
    }
}

fn another(not_taken: &NotTaken) -> Option<End> {
    match not_taken {
        NotTaken::Another { code } => {
            Some(End::TryAnother { reason: Reason::Refused, code: code.clone() })
        }
        _ => None,
    }
}

fn unknown(not_taken: &NotTaken) -> Option<End> {
    match not_taken {
        NotTaken::Unknown { code } => {
            Some(End::Refused { reason: Reason::Refused, code: code.clone() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
