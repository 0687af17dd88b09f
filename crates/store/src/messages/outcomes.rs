//! What became of submissions, and the end of the chunks they were claimed with.
//!
//! | end | this claim | a lost lease |
//! |---|---|---|
//! | accepted parts | recorded | recorded: the carrier has them |
//! | delivered | success | success |
//! | refused | failed or expired, unless all parts are with a carrier | decides nothing: a later claim will tell |
//! | deferred | stays pending, with the reason | decides nothing |
//! | chunk's end | kept | ignored |

use std::collections::{BTreeSet, HashMap};

use domain::message::MessageId;
use domain::ports::{AcceptedPart, ChunkEnd, ChunkId, End, Outcome, Recorded};
use domain::reason::Reason;
use domain::recipient::{PartState, RecipientEvent, RecipientState};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::apply::{Change, apply};
use super::parts::{self, Known, Place};
use super::receipts::apply_parked;
use crate::sql::{Result, Tx, params};

pub(crate) async fn record_outcomes(
    tx: &mut impl Tx,
    outcomes: &[Outcome],
    ends: &[(ChunkId, u32, ChunkEnd)],
    now: Timestamp,
) -> Result<Recorded> {
    let told = place_outcomes(tx, outcomes).await?;
    insert_submissions(tx, &told, now).await?;
    let accepted: Vec<(&CarrierName, &AcceptedPart)> = told
        .iter()
        .flat_map(|told| told.outcome.accepted.iter().map(|part| (&told.outcome.carrier, part)))
        .collect();
    apply_parked(tx, &accepted).await?;
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
    end_chunks(tx, ends, now).await?;
    Ok(recorded)
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
            End::Accepted | End::Refused { .. } | End::Deferred { .. } => PartState::Accepted,
        };
        let carrier = outcome.carrier.as_str();
        rows.extend(outcome.accepted.iter().map(|accepted| {
            let AcceptedPart { part, carrier_id } = accepted;
            params![message, *index, *part, carrier, carrier_id, state, now]
        }));
    }
    tx.execute_many(
        "INSERT INTO submissions (message, idx, part, carrier, carrier_id, state, at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM recipients WHERE message = ?1 AND idx = ?2
         ON CONFLICT (message, idx, part) DO NOTHING",
        &rows,
    )
    .await
    .map(drop)
}

fn change(told: &Told<'_>, known: &mut Known) -> Option<Change> {
    let (outcome, (message, index)) = (told.outcome, told.place);
    if known.state.is_final() {
        return None;
    }
    let parts_before = known.parts;
    if told.current || known.parts.is_none() {
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
) -> Result<()> {
    let (mut done, mut left, mut retried) = (Vec::new(), Vec::new(), Vec::new());
    for &(id, attempt, end) in ends {
        match end {
            ChunkEnd::Done => {
                done.push(params![id, attempt, now, RecipientState::Pending]);
                left.push(params![id, attempt, now]);
            }
            ChunkEnd::Retry { at, reason } => retried.push(params![id, attempt, at, reason]),
        }
    }
    tx.execute_many(
        "UPDATE chunks SET ended_at = ?3, lease_node = NULL
         WHERE id = ?1 AND attempt = ?2 AND ended_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM recipients r WHERE r.message = chunks.message
                 AND r.idx BETWEEN chunks.first_idx AND chunks.last_idx AND r.state = ?4
         )",
        &done,
    )
    .await?;
    // Called done with recipients left: they come up again.
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?3
         WHERE id = ?1 AND attempt = ?2 AND ended_at IS NULL",
        &left,
    )
    .await?;
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = ?3, reason = ?4
         WHERE id = ?1 AND attempt = ?2 AND ended_at IS NULL",
        &retried,
    )
    .await
    .map(drop)
}
