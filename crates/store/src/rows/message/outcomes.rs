//! What became of submissions.
//!
//! | end | this claim | a lost lease |
//! |---|---|---|
//! | accepted parts | recorded | recorded: the carrier has them |
//! | accepted | submitted; the carrier counts as tried no more | submitted, if all parts are with it |
//! | delivered | success | success |
//! | refused | failed or expired, unless all parts are with a carrier, or one owes its word | decides nothing: a later claim will tell |
//! | try another | stays pending, with the reason; the carrier counts as tried | decides nothing |
//! | deferred | stays pending, with the reason; *submitted* after too many silences | decides nothing; a silence is counted |
//! | late | – | – |
//! | chunk's end (`ends.rs`) | kept | ignored |
//!
//! Everything that is asked is read first, with the messages locked; what the outcomes change is
//! computed on that, and each row is written once.

use std::collections::BTreeSet;

use domain::limits::NO_ANSWERS_MAX;
use domain::message::recipient::{PartState, RecipientEvent, RecipientState};
use domain::ports::{ChunkEnd, ChunkId, End, Lease, Outcome, Recorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::apply::apply;
use super::message_lock::{self, Messages};
use super::parked::hear_parked;
use super::parts::Part;
use super::recipients::{self, Place, Recipient, Recipients};
use crate::rows::queue::finish_claim::{self, Live};
use crate::tx::{AdvisoryLock, Result, Tx, params};

pub(crate) async fn record_outcomes(
    tx: &mut impl Tx,
    outcomes: &[Outcome],
    ends: &[(ChunkId, u32, ChunkEnd)],
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Recorded> {
    let takers: BTreeSet<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.accepted.is_empty())
        .map(|outcome| outcome.carrier.as_str())
        .collect();
    for carrier in takers {
        tx.lock_shared(AdvisoryLock::Park(carrier)).await?;
    }
    let chunks = outcomes.iter().map(|outcome| outcome.key.chunk);
    let ended = ends.iter().map(|(chunk, ..)| *chunk);
    let mut messages =
        message_lock::lock(tx, chunks.chain(ended).map(|chunk| chunk.message)).await?;
    let outcomes = of_known(outcomes, &messages);
    let places: BTreeSet<Place> = outcomes.iter().map(|outcome| place(outcome)).collect();
    let mut recipients = recipients::load(tx, places).await?;
    let live = finish_claim::load(tx, asked(&outcomes, ends, &messages)).await?;

    take_parts(tx, &outcomes, &mut recipients, now).await?;
    hear_parked(tx, &outcomes, &mut recipients, now).await?;
    let mut silent = BTreeSet::new();
    for outcome in &outcomes {
        let Some(recipient) = recipients.get_mut(&place(outcome)) else { continue };
        let key = outcome.key;
        let current = live.get(&key.chunk).is_some_and(|chunk| chunk.attempt == key.attempt);
        if note_deferral(outcome, recipient, current) {
            silent.insert(key.chunk);
        }
        if !recipient.state.is_final() {
            step(outcome, recipient, current);
        }
    }
    let recorded = apply(tx, &mut messages, &recipients, now, tell).await?;
    mark_unsure(tx, &silent).await?;
    let live = Live { chunks: live, silent };
    let withdrawn = finish_claim::record(tx, ends, live, &mut messages, now, tell).await?;
    Ok(finish_claim::sum(recorded, withdrawn))
}

const fn place(outcome: &Outcome) -> Place {
    (outcome.key.chunk.message, outcome.key.recipient)
}

fn of_known<'a>(outcomes: &'a [Outcome], messages: &Messages) -> Vec<&'a Outcome> {
    let known = |outcome: &&Outcome| {
        let chunk = outcome.key.chunk;
        let known = messages.contains_key(&chunk.message);
        if !known {
            tracing::warn!(%chunk, "an outcome of a message that is not there");
        }
        known
    };
    outcomes.iter().filter(known).collect()
}

/// The chunks whose rows are asked for. What a carrier took at the first claim needs none, and most
/// end with it.
fn asked(
    outcomes: &[&Outcome],
    ends: &[(ChunkId, u32, ChunkEnd)],
    messages: &Messages,
) -> BTreeSet<ChunkId> {
    let by_claim = outcomes.iter().filter(|outcome| match outcome.end {
        End::Refused { .. } | End::TryAnother { .. } | End::Deferred { .. } => true,
        End::Accepted => outcome.key.attempt > 1,
        End::Delivered | End::Late => false,
    });
    let by_claim: BTreeSet<_> = by_claim.map(|outcome| outcome.key.chunk).collect();
    let ended = ends.iter().filter(|(_, attempt, end)| !finish_claim::is_plain(*attempt, *end));
    let ended = ended.map(|(chunk, ..)| *chunk);
    let known = |chunk: &ChunkId| messages.contains_key(&chunk.message);
    by_claim.into_iter().chain(ended).filter(known).collect()
}

/// Stores what was newly taken. A carrier that takes a part again has it already.
async fn take_parts(
    tx: &mut impl Tx,
    outcomes: &[&Outcome],
    recipients: &mut Recipients,
    now: Timestamp,
) -> Result<()> {
    let mut rows = Vec::new();
    for outcome in outcomes {
        let state = match outcome.end {
            End::Delivered => PartState::Delivered,
            End::Accepted
            | End::Refused { .. }
            | End::TryAnother { .. }
            | End::Deferred { .. }
            | End::Late => PartState::Accepted,
        };
        let chunk = &outcome.key.chunk;
        let (index, attempt) = (outcome.key.recipient, outcome.key.attempt);
        let (carrier, parts) = (outcome.carrier.as_str(), outcome.parts.max(1));
        let Some(recipient) = recipients.get_mut(&place(outcome)) else { continue };
        let number = recipient.number.and_then(|number| i64::try_from(number).ok());
        for accepted in &outcome.accepted {
            let part = accepted.part;
            let has = |known: &Part| known.carrier == carrier && known.part == part;
            if recipient.parts.iter().any(has) {
                continue;
            }
            recipient.parts.push(Part {
                carrier: carrier.to_owned(),
                part,
                parts,
                attempt,
                at: now,
                state,
                code: None,
                word: None,
            });
            let id = &accepted.carrier_id;
            rows.push(params![
                &chunk.message,
                index,
                carrier,
                part,
                parts,
                id,
                number,
                attempt,
                state,
                now
            ]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_many(
        "INSERT INTO submissions (message, idx, carrier, part, parts, carrier_id, number, attempt,
             state, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &rows,
    )
    .await
    .map(drop)
}

/// Keeps which claim the recipient was deferred by, and counts attempts and silences, once for each
/// claim. True when the carrier was silent.
fn note_deferral(outcome: &Outcome, recipient: &mut Recipient, current: bool) -> bool {
    let (silent, attempted) = match outcome.end {
        End::Deferred { reason, .. } => {
            let handed = !outcome.carrier.as_str().is_empty() && outcome.accepted.is_empty();
            (reason == Reason::NoAnswer, handed && reason != Reason::LinkDown)
        }
        // One that was asked again, because nobody else is left, is not asked for ever.
        End::TryAnother { .. } => (false, recipient.tried.has(outcome.carrier.as_str())),
        End::Accepted | End::Delivered | End::Refused { .. } | End::Late => return false,
    };
    if (current || silent) && recipient.deferred_attempt < outcome.key.attempt {
        recipient.deferred_attempt = outcome.key.attempt;
        recipient.unanswered += u32::from(silent);
        recipient.attempts += u32::from(attempted);
        recipient.changed = true;
    }
    silent
}

fn step(outcome: &Outcome, recipient: &mut Recipient, current: bool) {
    if outcome.end == End::Accepted && current {
        recipient.stays_with(outcome.carrier.as_str());
    }
    let with_carrier = recipient.rolled_up().is_some();
    let pending = current && recipient.state == RecipientState::Pending && !with_carrier;
    match &outcome.end {
        End::Delivered => {
            recipient.step(RecipientEvent::Delivered, None, None);
        }
        End::Refused { reason, code } if pending => {
            // Near the node's deadline nobody waits for a receipt.
            let waits = *reason != Reason::HoldRanOut;
            let refused = Some(outcome.carrier.as_str()).filter(|carrier| !carrier.is_empty());
            if waits && recipient.falls_back(refused, *reason, Some(code.clone())) {
                return;
            }
            let event = match reason {
                Reason::Expired => RecipientEvent::Expired,
                _ => RecipientEvent::Failed,
            };
            recipient.step(event, Some(*reason), Some(code.clone()));
        }
        End::TryAnother { reason, code } if pending => {
            recipient.has_tried(outcome.carrier.as_str());
            recipient.explain(Some(*reason), Some(code.clone()));
        }
        End::Deferred { reason: Reason::NoAnswer, .. }
            if pending && recipient.unanswered >= NO_ANSWERS_MAX =>
        {
            recipient.step(RecipientEvent::Submitted, Some(Reason::NoAnswer), None);
        }
        End::Deferred { reason, .. } if pending => recipient.explain(Some(*reason), None),
        _ => {
            recipient.step_by_parts();
        }
    }
}

/// Whichever claim was not answered: a carrier may have it.
async fn mark_unsure(tx: &mut impl Tx, silent: &BTreeSet<ChunkId>) -> Result<()> {
    if silent.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = silent.iter().map(|chunk| params![&chunk.message, chunk.first]).collect();
    tx.execute_many(
        "UPDATE chunks SET unsure = 1, was_unsure = 1 WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}
