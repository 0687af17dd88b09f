//! Records outcomes of submissions by the rules of [`domain::message::outcome`].
//!
//! Everything is read first, with the messages locked; the effects are computed from that, and each
//! row is written once. Outcomes of a lost lease are recorded too, because the carrier has the
//! parts; the end of a lost claim is ignored.

use std::collections::{BTreeMap, BTreeSet};

use domain::limits::NO_ANSWERS_MAX;
use domain::message::recipient::RecipientState;
use domain::ports::{ChunkEnd, ChunkId, End, Lease, Outcome, Recorded};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::apply::apply;
use super::message_lock::{self, Messages};
use super::parked_receipts::apply_parked;
use super::recipients::{self, RecipientKey, Recipients};
use super::row_part::RowPart;
use super::settle_sent::settle_as_sent;
use super::submissions::{self, NewSubmission};
use super::tries;
use crate::rows::queue::finish_claim::{self, ClaimEnd, finish_claims};
use crate::tx::{AdvisoryLock, Result, Tx};

pub(crate) async fn record_outcomes(
    tx: &mut impl Tx,
    outcomes: &[Outcome],
    ends: &[(ChunkId, u32, ChunkEnd)],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    let put_off_by = put_off_by(outcomes);
    let ends: Vec<_> = ends
        .iter()
        .map(|&(id, attempt, end)| {
            let carrier = put_off_by.get(&(id, attempt)).copied();
            ClaimEnd { id, attempt, end, carrier }
        })
        .collect();
    lock_carriers(tx, outcomes).await?;
    let chunks = outcomes.iter().map(|outcome| outcome.key.chunk);
    let chunks = chunks.chain(ends.iter().map(|end| end.id));
    let mut messages = message_lock::lock(tx, chunks.map(|chunk| chunk.message)).await?;
    let (resolved, sent) = resolve_sent(outcomes, &messages);
    let outcomes = with_message(resolved.as_deref().unwrap_or(outcomes), &messages);
    let keys: BTreeSet<RecipientKey> = outcomes.iter().map(|outcome| key(outcome)).collect();
    let mut recipients = recipients::load(tx, &messages, keys).await?;
    let needed = needed_chunks(&outcomes, &ends, &messages);
    let mut chunks = finish_claim::load(tx, &messages, needed).await?;

    tries::store(tx, &outcomes, &recipients, now).await?;
    take_parts(tx, &outcomes, &mut recipients, now).await?;
    apply_parked(tx, &outcomes, &mut recipients, now).await?;
    for outcome in &outcomes {
        let Some(recipient) = recipients.get_mut(&key(outcome)) else { continue };
        let chunk = chunks.get(&outcome.key.chunk);
        let holds_lease = chunk.is_some_and(|chunk| chunk.attempt == outcome.key.attempt);
        let pays = messages.get(&outcome.key.chunk.message).is_some_and(|message| message.charged);
        let no_answers_max = if pays { 1 } else { NO_ANSWERS_MAX };
        recipient.delivery.apply_outcome(outcome, holds_lease, no_answers_max);
    }
    finish_claim::end_leases(&ends, &mut messages);
    let mut recorded = apply(tx, &mut messages, &recipients, now, event_lease).await?;
    let sent = sent.into_iter().filter(|key| is_submitted(&recipients, key));
    let sent: Vec<_> = sent.map(|(message, _)| message).collect();
    recorded.add(settle_as_sent(tx, &mut messages, sent, now, event_lease).await?.1);
    let unanswered = outcomes.iter().filter(|outcome| outcome.end.is_unanswered());
    let unanswered: BTreeSet<_> = unanswered.map(|outcome| outcome.key.chunk).collect();
    finish_claim::keep_doubt(tx, &unanswered, &mut chunks, &mut messages).await?;
    recorded.add(finish_claims(tx, &ends, chunks, &mut messages, now, event_lease).await?);
    Ok(recorded)
}

/// The carrier that last deferred recipients of each claim, as far as these outcomes show it.
fn put_off_by(outcomes: &[Outcome]) -> BTreeMap<(ChunkId, u32), &CarrierName> {
    let deferred = outcomes.iter().filter(|outcome| {
        matches!(outcome.end, End::Deferred { .. } | End::TryAnother { .. })
            && !outcome.carrier.as_str().is_empty()
    });
    deferred.map(|Outcome { key, carrier, .. }| ((key.chunk, key.attempt), carrier)).collect()
}

/// What [`End::Sent`] means for each recipient: accepted for an order, which is settled afterwards, and
/// delivered for a campaign. `None` if there is none.
fn resolve_sent(
    outcomes: &[Outcome],
    messages: &Messages,
) -> (Option<Vec<Outcome>>, BTreeSet<RecipientKey>) {
    let mut sent = BTreeSet::new();
    if outcomes.iter().all(|outcome| outcome.end != End::Sent) {
        return (None, sent);
    }
    let mut resolved = outcomes.to_vec();
    for outcome in resolved.iter_mut().filter(|outcome| outcome.end == End::Sent) {
        let message = messages.get(&outcome.key.chunk.message);
        if message.is_some_and(|message| message.order.is_some()) {
            sent.insert(key(outcome));
            outcome.end = End::Accepted;
        } else {
            outcome.end = End::Delivered;
        }
    }
    (Some(resolved), sent)
}

fn is_submitted(recipients: &Recipients, key: &RecipientKey) -> bool {
    let state = recipients.get(key).map(|recipient| recipient.delivery.status.state);
    state == Some(RecipientState::Submitted)
}

const fn key(outcome: &Outcome) -> RecipientKey {
    (outcome.key.chunk.message, outcome.key.recipient)
}

/// Prevents receipts of these carriers from being parked meanwhile: either they find the
/// submissions of this change, or this change finds them.
async fn lock_carriers(tx: &mut impl Tx, outcomes: &[Outcome]) -> Result<()> {
    let took_parts = outcomes.iter().filter(|outcome| !outcome.accepted.is_empty());
    let carriers: BTreeSet<_> = took_parts.map(|outcome| outcome.carrier.as_str()).collect();
    for carrier in carriers {
        tx.lock_shared(AdvisoryLock::Park(carrier)).await?;
    }
    Ok(())
}

fn with_message<'a>(outcomes: &'a [Outcome], messages: &Messages) -> Vec<&'a Outcome> {
    let is_known = |outcome: &&Outcome| {
        let chunk = outcome.key.chunk;
        let is_known = messages.contains_key(&chunk.message);
        if !is_known {
            tracing::warn!(%chunk, "an outcome without its message is ignored");
        }
        is_known
    };
    outcomes.iter().filter(is_known).collect()
}

/// The chunks whose rows must be read. Parts accepted in the first claim need none, and most claims
/// end with these.
fn needed_chunks(
    outcomes: &[&Outcome],
    ends: &[ClaimEnd<'_>],
    messages: &Messages,
) -> BTreeSet<ChunkId> {
    let by_outcome = outcomes.iter().filter(|outcome| match outcome.end {
        End::Refused { .. } | End::TryAnother { .. } | End::Deferred { .. } => true,
        End::Accepted => outcome.key.attempt > 1,
        End::Delivered | End::Sent | End::Late => false,
    });
    let by_outcome = by_outcome.map(|outcome| outcome.key.chunk);
    let by_end = ends.iter().filter(|end| !end.is_plain()).map(|end| end.id);
    by_outcome.chain(by_end).filter(|chunk| messages.contains_key(&chunk.message)).collect()
}

/// Stores newly accepted parts. A part that a carrier accepts again is stored already.
async fn take_parts(
    tx: &mut impl Tx,
    outcomes: &[&Outcome],
    recipients: &mut Recipients,
    now: Timestamp,
) -> Result<()> {
    let mut new = Vec::new();
    for outcome in outcomes {
        let recipient_key = key(outcome);
        let Some(recipient) = recipients.get_mut(&recipient_key) else { continue };
        for accepted in &outcome.accepted {
            if let Some(part) = recipient.delivery.take_part(outcome, accepted.part, now) {
                if recipient.stored_before.is_some() {
                    if recipient.stored.row.is_none()
                        && let Some(row) = RowPart::new(part, &accepted.carrier_id)
                    {
                        recipient.stored.row = Some(row);
                        continue;
                    }
                    recipient.stored.others = recipient.stored.others.saturating_add(1);
                }
                new.push(NewSubmission {
                    recipient: recipient_key,
                    part: part.clone(),
                    carrier_id: &accepted.carrier_id,
                    number: recipient.number,
                });
            }
        }
    }
    submissions::insert(tx, &new).await
}
