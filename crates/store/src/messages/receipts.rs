//! What carriers say later, and the receipts that wait for their submission.
//!
//! A receipt that no submission answers to, or more than one, is parked: it is never guessed which
//! one is meant. It is looked at again when a submission with its id is recorded.

use std::collections::{BTreeMap, BTreeSet};

use domain::ports::{AcceptedPart, Receipt, ReceiptState, Recorded};
use domain::recipient::PartState;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::apply::apply;
use super::parts::{self, Decision, Place};
use crate::sql::{Result, Row, Tx, params};

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
    let targets = find_targets(tx, &ids.collect::<Vec<_>>()).await?;
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
async fn find_targets(
    tx: &mut impl Tx,
    ids: &[(&CarrierName, &str)],
) -> Result<Vec<Option<(Place, u16)>>> {
    let rows: Vec<_> = ids.iter().map(|(carrier, id)| params![carrier.as_str(), *id]).collect();
    let found = tx
        .query_many(
            "SELECT message, idx, part FROM submissions
             WHERE carrier = ?1 AND carrier_id = ?2 LIMIT 2",
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

async fn park(tx: &mut impl Tx, receipts: &[(&Receipt, PartState)], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = receipts
        .iter()
        .map(|(receipt, state)| {
            let (carrier, id) = (receipt.carrier.as_str(), &receipt.carrier_id);
            params![carrier, id, *state, receipt.code.as_ref(), receipt.at, now]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO parked_receipts (carrier, carrier_id, state, code, at, parked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (carrier, carrier_id, state) DO NOTHING",
        &rows,
    )
    .await
    .map(drop)
}

/// Decides parts by receipts that came before their submission was recorded.
pub(super) async fn apply_parked(
    tx: &mut impl Tx,
    accepted: &[(&CarrierName, &AcceptedPart)],
) -> Result<()> {
    let ids: BTreeMap<_, _> =
        accepted.iter().map(|(carrier, part)| ((*carrier, part.carrier_id.as_str()), ())).collect();
    let ids: Vec<_> = ids.into_keys().collect();
    let rows: Vec<_> = ids.iter().map(|(carrier, id)| params![carrier.as_str(), *id]).collect();
    let parked = tx
        .query_many(
            "SELECT id, state, code, at FROM parked_receipts
             WHERE carrier = ?1 AND carrier_id = ?2 ORDER BY id",
            &rows,
        )
        .await?;
    let waiting: Vec<_> =
        ids.into_iter().zip(parked).filter(|(_, rows)| !rows.is_empty()).collect();
    let ids: Vec<_> = waiting.iter().map(|(id, _)| *id).collect();
    let targets = find_targets(tx, &ids).await?;
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
