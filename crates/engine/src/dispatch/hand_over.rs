//! A claimed chunk goes to its carriers: for each recipient the first carrier of its route that is
//! up and has a place, or the reason why there is none.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use domain::hold;
use domain::limits;
use domain::message::MessageId;
use domain::ports::{
    Carrier, ChunkEnd, ClaimedChunk, ClaimedRecipient, End, Inbox, Outcome, Submission,
    SubmissionKey,
};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use futures_util::FutureExt;
use sha2::{Digest, Sha256};

use super::Dispatcher;
use super::inbox::DispatchInbox;
use crate::engine::Engine;

impl Dispatcher {
    pub(super) async fn hand_over(&self, engine: &Engine, chunk: ClaimedChunk, now: Timestamp) {
        let ClaimedChunk { id, attempt, content, deadline_height, recipients } = chunk;
        if self.in_work().adopt(id, attempt) {
            tracing::warn!(chunk = id.0, "a lease lapsed while its work went on");
            return;
        }
        if recipients.is_empty() {
            // All of them were recorded under an earlier claim.
            let end = vec![(id, attempt, ChunkEnd::Done)];
            if let Err(error) = self.store.record_outcomes(Vec::new(), end, now).await {
                tracing::warn!(%error, "an empty chunk is ended by a later claim");
            }
            return;
        }
        self.in_work().begin(id, attempt, recipients.iter().map(|r| r.index), now);
        let too_late = over(engine, content.valid_until, deadline_height, now);
        let mut by_carrier: HashMap<CarrierName, Vec<Submission>> = HashMap::new();
        let mut answered = Vec::new();
        for recipient in recipients {
            let key = SubmissionKey { chunk: id, attempt, recipient: recipient.index };
            let choice = match too_late {
                Some(reason) => Err(refused(reason)),
                None => self.choose(engine, &recipient),
            };
            match choice {
                Ok(carrier) => by_carrier.entry(carrier).or_default().push(Submission {
                    key,
                    to: recipient.to,
                    content: content.clone(),
                    reference: reference(content.message, recipient.index),
                    accepted: recipient.accepted,
                }),
                Err(end) => answered.push(Outcome {
                    key,
                    carrier: CarrierName::new(""),
                    parts: content.parts,
                    accepted: vec![],
                    end,
                }),
            }
        }
        for name in by_carrier.keys() {
            self.in_work().occupy(id, name);
        }
        if !answered.is_empty() {
            self.inbox.outcomes(answered).await;
        }
        for (name, batch) in by_carrier {
            if let Some(carrier) = engine.carriers.get(&name) {
                engine.tasks.spawn(submit(carrier.clone(), batch, self.inbox.clone()));
            }
        }
    }

    /// The carrier for a recipient, or how its submission ends without one. Parts that a carrier
    /// took bind the rest of the text to it: two carriers may cut a text differently.
    fn choose(&self, engine: &Engine, recipient: &ClaimedRecipient) -> Result<CarrierName, End> {
        let route = engine.settings.routes.find(&recipient.to);
        let begun = recipient.accepted_by.as_ref().filter(|_| !recipient.accepted.is_empty());
        let candidates = match begun {
            Some(begun) if engine.carriers.contains_key(begun) => std::slice::from_ref(begun),
            _ => route,
        };
        if candidates.is_empty() {
            return Err(refused(Reason::NoRoute));
        }
        let up = |name: &&CarrierName| engine.carriers.get(*name).is_some_and(|c| c.status().up);
        let mut alive = candidates.iter().filter(up).peekable();
        if alive.peek().is_none() {
            return Err(deferred(Reason::LinkDown));
        }
        let share = places_max(engine.carriers.len());
        let in_work = self.in_work();
        let free = alive.find(|name| in_work.places(name) < share);
        free.cloned().ok_or(deferred(Reason::Throttled))
    }
}

/// With several carriers none may take more than half the places, so that one which is slow does
/// not keep the others' messages waiting.
const fn places_max(carriers: usize) -> usize {
    if carriers > 1 { limits::CHUNKS_IN_WORK_MAX / 2 } else { limits::CHUNKS_IN_WORK_MAX }
}

/// Why nothing of this message is handed over any more.
fn over(
    engine: &Engine,
    valid_until: Timestamp,
    deadline_height: Option<u32>,
    now: Timestamp,
) -> Option<Reason> {
    if now >= valid_until {
        return Some(Reason::Expired);
    }
    let (deadline, tip) = (deadline_height?, engine.last_tip()?);
    hold::must_decide(deadline, &tip).then_some(Reason::HoldRanOut)
}

/// Hands a batch over; when the carrier panics, nobody knows what it had sent.
async fn submit(carrier: Arc<dyn Carrier>, batch: Vec<Submission>, inbox: Arc<DispatchInbox>) {
    let keys: Vec<_> = batch.iter().map(|s| (s.key, s.content.parts)).collect();
    if AssertUnwindSafe(carrier.submit(batch)).catch_unwind().await.is_ok() {
        return;
    }
    tracing::error!(carrier = carrier.name().as_str(), "carrier fell while taking a batch");
    let outcomes = keys.into_iter().map(|(key, parts)| Outcome {
        key,
        carrier: carrier.name().clone(),
        parts,
        accepted: vec![],
        end: deferred(Reason::NoAnswer),
    });
    inbox.outcomes(outcomes.collect()).await;
}

const fn refused(reason: Reason) -> End {
    End::Refused { reason, code: String::new() }
}

const fn deferred(reason: Reason) -> End {
    End::Deferred { reason, wait: None }
}

/// The same at every attempt, so that parts of two attempts still join at the handset.
fn reference(message: MessageId, recipient: u32) -> u16 {
    let mut hash = Sha256::new();
    hash.update(message.0.as_bytes());
    hash.update(recipient.to_be_bytes());
    let digest = hash.finalize();
    u16::from_be_bytes([digest[0], digest[1]])
}
