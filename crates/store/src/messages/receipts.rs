//! What carriers say later, and the receipts that wait for their submission.
//!
//! A receipt that no submission answers to, or more than one, is parked: it is never guessed which
//! one is meant. It is looked at again when a submission with its id is recorded.

use std::collections::{BTreeMap, BTreeSet};

use domain::limits::{EARLY_RECEIPT_AGE_MAX, PARKED_RECEIPT_AGE_MAX};
use domain::ports::{AcceptedPart, Receipt, ReceiptState, Recorded};
use domain::recipient::PartState;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::apply::apply;
use super::parts::{self, Decision, Place};
use crate::sql::{Result, Row, Tx, params};

/// Parked receipts kept for one carrier: some minutes of a fast one, far longer than a submission
/// takes to be recorded, and no more than tens of megabytes when all its ids are strange.
const PARKED_MAX: i64 = 100_000;

pub(crate) async fn record_receipts(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    now: Timestamp,
) -> Result<Recorded> {
    let said: Vec<_> = receipts
        .iter()
        .filter_map(|receipt| part_state(receipt.state).map(|state| (receipt, state)))
        .collect();
    let ids = said.iter().map(|(receipt, _)| (&receipt.carrier, receipt.carrier_id.as_str()));
    let targets = find_targets(tx, &ids.collect::<Vec<_>>(), now).await?;
    let (mut decisions, mut parked) = (Vec::new(), Vec::new());
    for ((receipt, state), target) in said.iter().zip(targets) {
        match target {
            Some((place, part)) => decisions.push(Decision {
                place,
                part,
                state: *state,
                code: receipt.code.clone(),
                at: receipt.at,
            }),
            None => parked.push((*receipt, *state)),
        }
    }
    park(tx, &parked, now).await?;
    parts::decide(tx, &decisions).await?;
    let places: BTreeSet<Place> = decisions.iter().map(|decision| decision.place).collect();
    let known = parts::load(tx, places).await?;
    let changes: Vec<_> =
        known.iter().filter_map(|(place, known)| known.change_by_parts(*place)).collect();
    let recorded = apply(tx, &changes, now).await?;
    Ok(Recorded { parked: u32::try_from(parked.len()).unwrap_or(u32::MAX), ..recorded })
}

const fn part_state(state: ReceiptState) -> Option<PartState> {
    match state {
        ReceiptState::Delivered => Some(PartState::Delivered),
        ReceiptState::Failed => Some(PartState::Failed),
        ReceiptState::Expired => Some(PartState::Expired),
        ReceiptState::Intermediate => None,
    }
}

/// The one submission that each carrier's id stands for, `None` when there is none or a second.
/// Carriers use ids again, so old submissions are none; decided ones are, for constant ids decide
/// nothing.
async fn find_targets(
    tx: &mut impl Tx,
    ids: &[(&CarrierName, &str)],
    now: Timestamp,
) -> Result<Vec<Option<(Place, u16)>>> {
    let after = now.before(PARKED_RECEIPT_AGE_MAX);
    let rows: Vec<_> =
        ids.iter().map(|(carrier, id)| params![carrier.as_str(), *id, after]).collect();
    let found = tx
        .query_many(
            "SELECT message, idx, part FROM submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND at > ?3 LIMIT 2",
            &rows,
        )
        .await?;
    let target = |rows: Vec<Row>| {
        let mut rows = rows.into_iter();
        match (rows.next(), rows.next()) {
            (Some(mut row), None) => {
                let place = (row.get()?, row.get()?);
                Ok(Some((place, row.get()?)))
            }
            _ => Ok(None),
        }
    };
    found.into_iter().map(target).collect()
}

/// Keeps a repeat once, unless what is kept is too old to be applied: then the id came round again.
/// When there are too many, the oldest go.
async fn park(tx: &mut impl Tx, receipts: &[(&Receipt, PartState)], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = receipts
        .iter()
        .map(|(receipt, state)| {
            let (carrier, id) = (receipt.carrier.as_str(), &receipt.carrier_id);
            let code = receipt.code.as_ref();
            params![carrier, id, *state, code, receipt.at, now, now.before(EARLY_RECEIPT_AGE_MAX)]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO parked_receipts (carrier, carrier_id, state, code, at, parked_at, number)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, coalesce(max(number), 0) + 1 FROM parked_receipts
             WHERE carrier = ?1
         ON CONFLICT (carrier, carrier_id, state) DO UPDATE SET code = excluded.code,
             at = excluded.at, parked_at = excluded.parked_at, number = excluded.number
             WHERE parked_receipts.parked_at < ?7",
        &rows,
    )
    .await?;
    let carriers: BTreeSet<_> =
        receipts.iter().map(|(receipt, _)| receipt.carrier.as_str()).collect();
    let rows: Vec<_> = carriers.iter().map(|carrier| params![*carrier, PARKED_MAX]).collect();
    tx.execute_many(
        "DELETE FROM parked_receipts WHERE carrier = ?1 AND number <= (
             SELECT max(number) FROM parked_receipts WHERE carrier = ?1
         ) - ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// Decides parts by receipts that came before their submission was recorded.
pub(super) async fn apply_parked(
    tx: &mut impl Tx,
    accepted: &[(&CarrierName, &AcceptedPart)],
    now: Timestamp,
) -> Result<()> {
    let ids: BTreeMap<_, _> =
        accepted.iter().map(|(carrier, part)| ((*carrier, part.carrier_id.as_str()), ())).collect();
    let ids: Vec<_> = ids.into_keys().collect();
    let after = now.before(EARLY_RECEIPT_AGE_MAX);
    let rows: Vec<_> =
        ids.iter().map(|(carrier, id)| params![carrier.as_str(), *id, after]).collect();
    let parked = tx
        .query_many(
            "SELECT id, state, code, at FROM parked_receipts
             WHERE carrier = ?1 AND carrier_id = ?2 AND parked_at >= ?3 ORDER BY number",
            &rows,
        )
        .await?;
    let waiting: Vec<_> =
        ids.into_iter().zip(parked).filter(|(_, rows)| !rows.is_empty()).collect();
    let ids: Vec<_> = waiting.iter().map(|(id, _)| *id).collect();
    let targets = find_targets(tx, &ids, now).await?;
    let (mut decisions, mut used) = (Vec::new(), Vec::new());
    for ((_, rows), target) in waiting.into_iter().zip(targets) {
        let Some((place, part)) = target else { continue };
        for mut row in rows {
            used.push(params![row.get::<i64>()?]);
            let (state, code, at) = (row.get()?, row.get()?, row.get()?);
            decisions.push(Decision { place, part, state, code, at });
        }
    }
    parts::decide(tx, &decisions).await?;
    tx.execute_many("DELETE FROM parked_receipts WHERE id = ?1", &used).await.map(drop)
}
