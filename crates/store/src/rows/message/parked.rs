//! Receipts that wait: for their submission, because they came first, or for ever, because nobody
//! knows which of several is meant. What waits is looked at again when a submission with its id is
//! recorded.

use std::collections::{BTreeMap, BTreeSet};

use domain::limits::EARLY_RECEIPT_AGE_MAX;
use domain::number::{Msisdn, NumberEnds};
use domain::ports::{Outcome, Receipt, ReceiptState};
use domain::time::Timestamp;

use super::parts::{Said, Words};
use super::receipts::{Name, Target, find_targets};
use super::recipients::Recipients;
use crate::tx::{Result, Tx, params};

/// Parked receipts kept for one carrier: some minutes of a fast one, far longer than a submission
/// takes to be recorded, and no more than tens of megabytes when all its ids are strange.
const PARKED_MAX: i64 = 100_000;

/// Parked receipts dropped in one call: bounds how long the others wait.
const DROPPED_MAX: i64 = 10_000;

/// Keeps a repeat once, unless what is kept is too old to be applied: then the id came round again.
/// When there are too many, the oldest go.
pub(crate) async fn park(
    tx: &mut impl Tx,
    receipts: &[(&Receipt, bool)],
    now: Timestamp,
) -> Result<()> {
    if receipts.is_empty() {
        return Ok(());
    }
    let early = now.before(EARLY_RECEIPT_AGE_MAX);
    let rows: Vec<_> = receipts
        .iter()
        .map(|(receipt, ambiguous)| {
            let to = receipt.to.map_or(0, Msisdn::digits);
            params![
                receipt.carrier.as_str(),
                &receipt.carrier_id,
                receipt.state,
                i64::try_from(to).unwrap_or(0),
                receipt.code.as_ref(),
                receipt.at,
                i64::from(*ambiguous),
                now,
                early,
                ends(receipt.ends()),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO parked_receipts (carrier, carrier_id, state, to_number, code, at, ambiguous,
             parked_at, ordinal, number_ends)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(max(ordinal), 0) + 1, ?10
             FROM parked_receipts WHERE carrier = ?1
         ON CONFLICT (carrier, carrier_id, state, to_number, number_ends) DO UPDATE SET code = excluded.code,
             at = excluded.at, ambiguous = excluded.ambiguous, parked_at = excluded.parked_at,
             ordinal = excluded.ordinal
             WHERE parked_receipts.parked_at < ?9
                 OR parked_receipts.ambiguous <> excluded.ambiguous",
        &rows,
    )
    .await?;
    let carriers: BTreeSet<_> =
        receipts.iter().map(|(receipt, _)| receipt.carrier.as_str()).collect();
    let rows: Vec<_> = carriers.iter().map(|carrier| params![*carrier, PARKED_MAX]).collect();
    tx.execute_many(
        "DELETE FROM parked_receipts WHERE carrier = ?1 AND ordinal <= (
             SELECT max(ordinal) FROM parked_receipts WHERE carrier = ?1
         ) - ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// Tells recipients what came before their parts were recorded.
pub(crate) async fn hear_parked(
    tx: &mut impl Tx,
    outcomes: &[&Outcome],
    recipients: &mut Recipients,
    now: Timestamp,
) -> Result<()> {
    let ids: BTreeSet<_> = outcomes
        .iter()
        .flat_map(|outcome| {
            let carrier = outcome.carrier.as_str();
            outcome.accepted.iter().map(move |part| (carrier, part.carrier_id.as_str()))
        })
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let after = now.before(EARLY_RECEIPT_AGE_MAX);
    let rows: Vec<_> = ids.iter().map(|(carrier, id)| params![*carrier, *id, after]).collect();
    let found = tx
        .query_many(
            "SELECT ordinal, to_number, number_ends, state, code, at FROM parked_receipts
             WHERE carrier = ?1 AND carrier_id = ?2 AND parked_at >= ?3 FOR UPDATE",
            &rows,
        )
        .await?;
    let (mut names, mut said) = (Vec::new(), Vec::new());
    for ((carrier, id), rows) in ids.into_iter().zip(found) {
        let mut waiting = BTreeMap::new();
        for mut row in rows {
            let (ordinal, to) = (row.get::<i64>()?, row.get::<u64>()?);
            let ends = NumberEnds::from_stored(row.get()?);
            let name = Name { carrier, id, to: Some(to).filter(|to| *to > 0), ends };
            let (state, code): (ReceiptState, _) = (row.get()?, row.get()?);
            let word = Said { state, code, at: row.get()? };
            waiting.insert((ordinal, to, ends, state.as_str()), (name, word));
        }
        // In the order in which they came. The rows' own order would be found by the index of all
        // that the carrier has parked.
        for (name, word) in waiting.into_values() {
            names.push(name);
            said.push(word);
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let targets = find_targets(tx, &names, now).await?;
    let mut words = Words::default();
    let mut used: Vec<(Name<'_>, ReceiptState)> = Vec::new();
    for ((name, said), target) in names.into_iter().zip(said).zip(targets) {
        let Target::Part(place, part) = target else { continue };
        let Some(recipient) = recipients.get_mut(&place) else { continue };
        used.push((name, said.state));
        words.add(recipient.hear(name.carrier, part, &said), (place, name.carrier, part), said);
    }
    words.store(tx).await?;
    let rows: Vec<_> = used
        .iter()
        .map(|(name, state)| {
            let to = name.to.and_then(|to| i64::try_from(to).ok()).unwrap_or(0);
            params![name.carrier, name.id, *state, to, ends(name.ends)]
        })
        .collect();
    tx.execute_many(
        "DELETE FROM parked_receipts
         WHERE carrier = ?1 AND carrier_id = ?2 AND state = ?3 AND to_number = ?4
             AND number_ends = ?5",
        &rows,
    )
    .await
    .map(drop)
}

/// As it is stored: 0 of what is marked.
fn ends(ends: Option<NumberEnds>) -> i64 {
    ends.and_then(|ends| i64::try_from(ends.stored()).ok()).unwrap_or(0)
}

pub(crate) async fn drop_parked(tx: &mut impl Tx, before: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM parked_receipts
         WHERE (carrier, carrier_id, state, to_number, number_ends) IN (
             SELECT carrier, carrier_id, state, to_number, number_ends FROM parked_receipts
             WHERE parked_at < ?1 LIMIT ?2
         )",
        params![before, DROPPED_MAX],
    )
    .await
    .map(drop)
}
