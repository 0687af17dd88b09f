//! Receipts without a unique submission: kept until their submission is recorded, because they came
//! first, or until they are too old, because several submissions have their id. A parked receipt is
//! matched again when a submission with its id is recorded.

use std::collections::{BTreeMap, BTreeSet};

use domain::limits::EARLY_RECEIPT_AGE_MAX;
use domain::message::receipt::{PartReceipt, ReceiptMatch};
use domain::number::Msisdn;
use domain::ports::{Outcome, Receipt, ReceiptState};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::match_receipts::{ReceiptKey, match_receipts};
use super::recipients::Recipients;
use super::row_part;
use super::submissions::{PartKey, ReceiptUpdates};
use crate::tx::{Result, Tx, params};

/// Maximum number of parked receipts per carrier: some minutes of a fast one, far longer than a
/// submission takes to be recorded, and no more than tens of megabytes when all its ids are
/// unknown.
const PARKED_MAX: i64 = 100_000;

/// Parked receipts deleted per call: bounds how long other changes wait.
const DELETED_MAX: i64 = 10_000;

/// Keeps a repeat once, unless the parked one is too old to be applied, because then the id was
/// reused. Beyond the maximum, the oldest are deleted.
pub(crate) async fn park(
    tx: &mut impl Tx,
    receipts: &[(&Receipt, bool)],
    now: Timestamp,
) -> Result<()> {
    let early = now.before(EARLY_RECEIPT_AGE_MAX);
    let rows: Vec<_> = receipts
        .iter()
        .map(|(receipt, is_ambiguous)| {
            params![
                receipt.carrier.as_str(),
                &receipt.carrier_id,
                receipt.state,
                stored_number(receipt.to.map(Msisdn::digits)),
                receipt.code.as_ref(),
                receipt.at,
                i64::from(*is_ambiguous),
                now,
                early,
                receipt
                    .unmarked
                    .as_ref()
                    .map_or(0, |_| { stored_other(receipt.swapped().map(Msisdn::digits)) }),
                receipt.scope,
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO parked_receipts (carrier, carrier_id, state, to_number, code, at, ambiguous,
             parked_at, ordinal, number_ends, scope)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(max(ordinal), 0) + 1, ?10, ?11
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

/// Records the receipts that came before the parts of these outcomes, and deletes them here. Their
/// effect on recipients is decided with the outcomes.
pub(crate) async fn apply_parked(
    tx: &mut impl Tx,
    outcomes: &[&Outcome],
    recipients: &mut Recipients,
    now: Timestamp,
) -> Result<()> {
    let ids: BTreeSet<_> = outcomes
        .iter()
        .flat_map(|outcome| {
            let ids = outcome.accepted.iter().map(|part| part.carrier_id.as_str());
            ids.map(|id| (&outcome.carrier, id))
        })
        .collect();
    let ids = of_carriers_with_parked(tx, ids).await?;
    let parked = load(tx, &ids, now).await?;
    if parked.is_empty() {
        return Ok(());
    }
    row_part::store_new(tx, recipients).await?;
    let keys: Vec<_> = parked.iter().map(|(key, _)| *key).collect();
    let matches = match_receipts(tx, &keys, now).await?;
    let (mut updates, mut used) = (ReceiptUpdates::default(), Vec::new());
    for ((key, receipt), matched) in parked.into_iter().zip(matches) {
        let ReceiptMatch::One((recipient_key, named)) = matched else { continue };
        let Some(recipient) = recipients.get_mut(&recipient_key) else { continue };
        used.push((key, receipt.state));
        for part in recipient.delivery.parts_of_receipt(key.carrier, &named, key.scope) {
            let effect = recipient.delivery.record_receipt(key.carrier, part, &receipt);
            let part = PartKey { recipient: recipient_key, carrier: key.carrier, part };
            updates.add(recipient, effect, part, receipt.clone());
        }
    }
    updates.store(tx).await?;
    delete(tx, &used).await
}

/// Most carriers have parked none.
async fn of_carriers_with_parked<'a>(
    tx: &mut impl Tx,
    mut ids: BTreeSet<(&'a CarrierName, &'a str)>,
) -> Result<BTreeSet<(&'a CarrierName, &'a str)>> {
    let carriers: BTreeSet<_> = ids.iter().map(|(carrier, _)| *carrier).collect();
    for carrier in carriers {
        let sql = "SELECT 1 FROM parked_receipts WHERE carrier = ?1 LIMIT 1";
        if tx.query(sql, params![carrier.as_str()]).await?.is_empty() {
            ids.retain(|(of, _)| *of != carrier);
        }
    }
    Ok(ids)
}

/// The receipts parked under these ids, in order of arrival. Ordering in SQL would use the index of
/// everything that the carrier has parked.
async fn load<'a>(
    tx: &mut impl Tx,
    ids: &BTreeSet<(&'a CarrierName, &'a str)>,
    now: Timestamp,
) -> Result<Vec<(ReceiptKey<'a>, PartReceipt)>> {
    let after = now.before(EARLY_RECEIPT_AGE_MAX);
    let rows: Vec<_> =
        ids.iter().map(|(carrier, id)| params![carrier.as_str(), *id, after]).collect();
    let found = tx
        .query_many(
            "SELECT ordinal, to_number, number_ends, scope, state, code, at FROM parked_receipts
             WHERE carrier = ?1 AND carrier_id = ?2 AND parked_at >= ?3 FOR UPDATE",
            &rows,
        )
        .await?;
    let mut parked = Vec::new();
    for ((carrier, id), rows) in ids.iter().zip(found) {
        let mut of_id = BTreeMap::new();
        for mut row in rows {
            let (ordinal, number) = (row.get::<i64>()?, row.get::<u64>()?);
            let unmarked = other_of(row.get()?);
            let number_of = Some(number).filter(|to| *to > 0);
            let key = ReceiptKey { carrier, id, number: number_of, unmarked, scope: row.get()? };
            let (state, code): (ReceiptState, _) = (row.get()?, row.get()?);
            let receipt = PartReceipt { state, code, at: row.get()? };
            of_id.insert((ordinal, number, unmarked, state.as_str()), (key, receipt));
        }
        parked.extend(of_id.into_values());
    }
    Ok(parked)
}

async fn delete(tx: &mut impl Tx, used: &[(ReceiptKey<'_>, ReceiptState)]) -> Result<()> {
    let rows: Vec<_> = used
        .iter()
        .map(|(ReceiptKey { carrier, id, number, unmarked, .. }, state)| {
            let other = unmarked.map_or(0, stored_other);
            params![carrier.as_str(), *id, *state, stored_number(*number), other]
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

/// 0 if the receipt has none.
fn stored_number(number: Option<u64>) -> i64 {
    number.and_then(|number| i64::try_from(number).ok()).unwrap_or(0)
}

/// In the column `number_ends`, which is 0 for a marked receipt: the number at the other end of an
/// unmarked one, or 1 if there is none.
fn stored_other(number: Option<u64>) -> i64 {
    number.and_then(|number| i64::try_from(number).ok()).unwrap_or(1)
}

fn other_of(stored: u64) -> Option<Option<u64>> {
    (stored > 0).then(|| Some(stored).filter(|number| *number > 1))
}

pub(crate) async fn delete_old(tx: &mut impl Tx, parked_before: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM parked_receipts
         WHERE (carrier, carrier_id, state, to_number, number_ends) IN (
             SELECT carrier, carrier_id, state, to_number, number_ends FROM parked_receipts
             WHERE parked_at < ?1 LIMIT ?2
         )",
        params![parked_before, DELETED_MAX],
    )
    .await
    .map(drop)
}
