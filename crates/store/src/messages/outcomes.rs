//! What became of submissions, and the end of the chunks they were claimed with.
//!
//! | end | this claim | a lost lease |
//! |---|---|---|
//! | accepted parts | recorded | recorded: the carrier has them |
//! | delivered | success | success |
//! | refused | failed or expired, unless all parts are with a carrier | decides nothing: a later claim will tell |
//! | deferred | stays pending, with the reason; *submitted* after too many silences | decides nothing; a silence is counted |
//! | late | – | – |
//! | chunk's end | kept | ignored |
//!
//! A claim makes its chunk *unsure*. Its end clears that, if the chunk was sure before the claim
//! and every recipient still pending was deferred for a reason that says that no carrier has it.
//! A deferral without an answer leaves the chunk unsure for good, whichever claim it is of.

use std::collections::{BTreeSet, HashMap};

use domain::limits::NO_ANSWERS_MAX;
use domain::message::MessageId;
use domain::ports::{AcceptedPart, ChunkEnd, ChunkId, End, Outcome, Recorded};
use domain::reason::Reason;
use domain::recipient::{PartState, RecipientEvent, RecipientState};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::apply::{Change, apply};
use super::parts::{self, Known, Place};
use super::receipts::apply_parked;
use super::withdraw::withdraw_unpaid;
use crate::sql::{Result, Tx, params};

pub(crate) async fn record_outcomes(
    tx: &mut impl Tx,
    outcomes: &[Outcome],
    ends: &[(ChunkId, u32, ChunkEnd)],
    now: Timestamp,
) -> Result<Recorded> {
    let told = place_outcomes(tx, outcomes).await?;
    insert_submissions(tx, &told, now).await?;
    note_deferrals(tx, &told).await?;
    let accepted: Vec<(&CarrierName, &AcceptedPart)> = told
        .iter()
        .flat_map(|told| told.outcome.accepted.iter().map(|part| (&told.outcome.carrier, part)))
        .collect();
    apply_parked(tx, &accepted, now).await?;
    let places: BTreeSet<Place> = told.iter().map(|told| told.place).collect();
    let mut known = parts::load(tx, places).await?;
    let mut changes: HashMap<Place, Change> = HashMap::new();
    for told in &told {
        let Some(known) = known.get_mut(&told.place) else { continue };
        let Some(change) = change(told, known) else { continue };
        known.state = change.to;
        // Two outcomes of one recipient in one batch are one change.
        let from = changes.get(&told.place).map_or(change.from, |earlier| earlier.from);
        changes.insert(told.place, Change { from, ..change });
    }
    let changes: Vec<_> = changes.into_values().collect();
    let recorded = apply(tx, &changes, now).await?;
    let withdrawn = end_chunks(tx, ends, now).await?;
    Ok(Recorded {
        recipients: recorded.recipients + withdrawn.recipients,
        decided: recorded.decided + withdrawn.decided,
        settled: recorded.settled + withdrawn.settled,
        cancelled: recorded.cancelled + withdrawn.cancelled,
        events: recorded.events + withdrawn.events,
        parked: 0,
    })
}

/// An outcome and the recipient it is of.
struct Told<'a> {
    outcome: &'a Outcome,
    place: Place,
    /// Its claim is still the chunk's last.
    current: bool,
}

async fn place_outcomes<'a>(tx: &mut impl Tx, outcomes: &'a [Outcome]) -> Result<Vec<Told<'a>>> {
    let chunks: BTreeSet<ChunkId> = outcomes.iter().map(|outcome| outcome.key.chunk).collect();
    let rows: Vec<_> = chunks.iter().map(|chunk| params![*chunk]).collect();
    let found = tx
        .query_many(
            "SELECT message, CASE WHEN ended_at IS NULL THEN attempt ELSE -1 END FROM chunks
             WHERE id = ?1",
            &rows,
        )
        .await?;
    let mut claims: HashMap<ChunkId, (MessageId, i64)> = HashMap::new();
    for (chunk, rows) in chunks.into_iter().zip(found) {
        if let Some(mut row) = rows.into_iter().next() {
            claims.insert(chunk, (row.get()?, row.get()?));
        }
    }
    let told = outcomes.iter().filter_map(|outcome| {
        let key = outcome.key;
        let Some((message, attempt)) = claims.get(&key.chunk) else {
            tracing::warn!(chunk = key.chunk.0, "an outcome of a chunk that is long gone");
            return None;
        };
        let current = i64::from(key.attempt) == *attempt;
        Some(Told { outcome, place: (*message, key.recipient), current })
    });
    Ok(told.collect())
}

async fn insert_submissions(tx: &mut impl Tx, told: &[Told<'_>], now: Timestamp) -> Result<()> {
    let mut rows = Vec::new();
    for Told { outcome, place: (message, index), .. } in told {
        let state = match outcome.end {
            End::Delivered => PartState::Delivered,
            End::Accepted | End::Refused { .. } | End::Deferred { .. } | End::Late => {
                PartState::Accepted
            }
        };
        let (carrier, attempt) = (outcome.carrier.as_str(), outcome.key.attempt);
        rows.extend(outcome.accepted.iter().map(|accepted| {
            let AcceptedPart { part, carrier_id } = accepted;
            params![message, *index, *part, carrier, carrier_id, attempt, state, now]
        }));
    }
    tx.execute_many(
        "INSERT INTO submissions (message, idx, part, carrier, carrier_id, attempt, state, at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM recipients WHERE message = ?1 AND idx = ?2
         ON CONFLICT (message, idx, part) DO UPDATE SET carrier = excluded.carrier,
             carrier_id = excluded.carrier_id, attempt = excluded.attempt,
             state = excluded.state, at = excluded.at
             WHERE submissions.carrier <> excluded.carrier AND submissions.state = 'accepted'",
        &rows,
    )
    .await
    .map(drop)
}

/// Keeps which claim each recipient was deferred by, and counts the silences, once for each claim.
async fn note_deferrals(tx: &mut impl Tx, told: &[Told<'_>]) -> Result<()> {
    let (mut deferred, mut unsure) = (Vec::new(), BTreeSet::new());
    for Told { outcome, place: (message, index), current } in told {
        let End::Deferred { reason, .. } = outcome.end else { continue };
        let silent = reason == Reason::NoAnswer;
        if silent {
            unsure.insert(outcome.key.chunk);
        }
        if *current || silent {
            deferred.push(params![message, *index, outcome.key.attempt, i64::from(silent)]);
        }
    }
    tx.execute_many(
        "UPDATE recipients SET deferred_attempt = ?3, unanswered = unanswered + ?4
         WHERE message = ?1 AND idx = ?2 AND deferred_attempt < ?3",
        &deferred,
    )
    .await?;
    let unsure: Vec<_> = unsure.into_iter().map(|chunk| params![chunk]).collect();
    tx.execute_many("UPDATE chunks SET unsure = 1, was_unsure = 1 WHERE id = ?1", &unsure)
        .await
        .map(drop)
}

fn change(told: &Told<'_>, known: &mut Known) -> Option<Change> {
    let (outcome, (message, index)) = (told.outcome, told.place);
    if known.state.is_final() {
        return None;
    }
    let parts_before = known.parts;
    // What one carrier has is not counted by the parts of another.
    let counts = match &known.carrier {
        Some(carrier) => carrier == outcome.carrier.as_str(),
        None => told.current || known.parts.is_none(),
    };
    if counts {
        known.parts = Some(outcome.parts.max(1));
    }
    let with_carrier = known.change_by_parts(told.place);
    let pending = known.state == RecipientState::Pending && known.rolled_up().is_none();
    match &outcome.end {
        End::Delivered => known.change(told.place, RecipientEvent::Delivered, None, None),
        End::Refused { reason, code } if told.current && pending => {
            let event = match reason {
                Reason::Expired => RecipientEvent::Expired,
                _ => RecipientEvent::Failed,
            };
            known.change(told.place, event, Some(*reason), Some(code.clone()))
        }
        End::Deferred { reason: Reason::NoAnswer, .. }
            if told.current && pending && known.unanswered >= NO_ANSWERS_MAX =>
        {
            known.change(told.place, RecipientEvent::Submitted, Some(Reason::NoAnswer), None)
        }
        End::Deferred { reason, .. } if told.current && pending => {
            let (from, parts) = (known.state, known.parts);
            let reason = Some(*reason);
            Some(Change { message, index, from, to: from, parts, reason, code: None })
        }
        _ => with_carrier.or_else(|| {
            // Only the number of parts is news.
            let (from, parts) = (known.state, known.parts);
            let news = pending && parts != parts_before;
            news.then_some(Change {
                message,
                index,
                from,
                to: from,
                parts,
                reason: None,
                code: None,
            })
        }),
    }
}

async fn end_chunks(
    tx: &mut impl Tx,
    ends: &[(ChunkId, u32, ChunkEnd)],
    now: Timestamp,
) -> Result<Recorded> {
    let done: Vec<_> = ends
        .iter()
        .map(|(id, attempt, _)| params![*id, *attempt, now, RecipientState::Pending])
        .collect();
    tx.execute_many(
        "UPDATE chunks SET ended_at = ?3, lease_node = NULL
         WHERE id = ?1 AND attempt = ?2 AND ended_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM recipients r WHERE r.message = chunks.message
                 AND r.idx BETWEEN chunks.first_idx AND chunks.last_idx AND r.state = ?4
         )",
        &done,
    )
    .await?;
    let claims: Vec<_> = ends.iter().map(|(id, attempt, _)| (*id, *attempt)).collect();
    let withdrawn = withdraw_unpaid(tx, &claims, now).await?;
    let left: Vec<_> = ends
        .iter()
        .map(|&(id, attempt, end)| {
            let (at, reason) = match end {
                ChunkEnd::Retry { at, reason } => (at, Some(reason)),
                // Called done with recipients left: they come up again.
                ChunkEnd::Done => (now, None),
            };
            params![id, attempt, at, reason, RecipientState::Pending]
        })
        .collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?3, reason = coalesce(?4, reason),
             unsure = CASE WHEN was_unsure = 1 OR EXISTS (
                 SELECT 1 FROM recipients r WHERE r.message = chunks.message
                     AND r.idx BETWEEN chunks.first_idx AND chunks.last_idx AND r.state = ?5
                     AND r.deferred_attempt <> ?2
             ) THEN 1 ELSE 0 END
         WHERE id = ?1 AND attempt = ?2 AND ended_at IS NULL",
        &left,
    )
    .await?;
    Ok(withdrawn)
}
