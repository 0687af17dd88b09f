//! Finds the submissions that a receipt is for, by the rules of [`domain::message::receipt`].
//! Numbers are compared in today's international spelling, in which they are stored.

use domain::limits::PARKED_RECEIPT_AGE_MAX;
use domain::message::receipt::ReceiptMatch;
use domain::ports::ReceiptScope;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::recipients::RecipientKey;
use crate::tx::{Result, Row, Tx, params};

/// Submissions with one id that are read; with more, the match is ambiguous.
const SAME_ID_MAX: i64 = 256;

/// The key by which a receipt finds its submissions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReceiptKey<'a> {
    pub(crate) carrier: &'a CarrierName,
    pub(crate) id: &'a str,
    /// Destination number, if the receipt has one.
    pub(crate) number: Option<u64>,
    /// `None` if the receipt is marked as one; else the number at its other end, if it is one.
    pub(crate) unmarked: Option<Option<u64>>,
    pub(crate) scope: ReceiptScope,
}

/// A recipient, and its parts with the receipt's id.
pub(crate) type Matched = ReceiptMatch<(RecipientKey, Vec<u16>)>;

/// The match of each receipt.
pub(crate) async fn match_receipts(
    tx: &mut impl Tx,
    receipts: &[ReceiptKey<'_>],
    now: Timestamp,
) -> Result<Vec<Matched>> {
    let after = now.before(PARKED_RECEIPT_AGE_MAX);
    let mut matches = vec![Matched::Unknown; receipts.len()];
    let unknown = |matches: &[Matched], number: fn(&ReceiptKey<'_>) -> Option<u64>| {
        let receipts = receipts.iter().enumerate();
        let receipts = receipts.filter(|(at, _)| matches[*at] == Matched::Unknown);
        receipts.filter_map(|(at, key)| Some((at, number(key)?))).collect::<Vec<_>>()
    };
    let numbered = unknown(&matches, |key| key.number);
    find_by_number(tx, receipts, &numbered, after, &mut matches).await?;
    let swapped = unknown(&matches, |key| key.unmarked?);
    find_by_number(tx, receipts, &swapped, after, &mut matches).await?;
    let left =
        (0..receipts.len()).filter(|at| matches[*at] == Matched::Unknown).collect::<Vec<_>>();
    find_by_id(tx, receipts, &left, after, &mut matches).await?;
    Ok(matches)
}

async fn find_by_number(
    tx: &mut impl Tx,
    receipts: &[ReceiptKey<'_>],
    wanted: &[(usize, u64)],
    after: Timestamp,
    matches: &mut [Matched],
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = wanted
        .iter()
        .map(|(at, number)| {
            let ReceiptKey { carrier, id, .. } = receipts[*at];
            params![carrier.as_str(), id, i64::try_from(*number).ok(), after, SAME_ID_MAX]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT message, idx, part FROM all_submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND number = ?3 AND at > ?4 LIMIT ?5",
            &rows,
        )
        .await?;
    for ((at, _), rows) in wanted.iter().zip(found) {
        matches[*at] = read(rows)?;
    }
    Ok(())
}

async fn find_by_id(
    tx: &mut impl Tx,
    receipts: &[ReceiptKey<'_>],
    wanted: &[usize],
    after: Timestamp,
    matches: &mut [Matched],
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = wanted
        .iter()
        .map(|at| {
            let ReceiptKey { carrier, id, .. } = receipts[*at];
            params![carrier.as_str(), id, after, SAME_ID_MAX]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT message, idx, part FROM all_submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND at > ?3 LIMIT ?4",
            &rows,
        )
        .await?;
    for (at, rows) in wanted.iter().zip(found) {
        matches[*at] = match receipts[*at].unmarked {
            None => read(rows)?,
            Some(_) if rows.is_empty() => Matched::Unknown,
            Some(_) => Matched::OtherNumbers,
        };
    }
    Ok(())
}

fn read(rows: Vec<Row>) -> Result<Matched> {
    let is_cut = i64::try_from(rows.len()) == Ok(SAME_ID_MAX);
    let parts = rows.into_iter().map(|mut row| Ok(((row.get()?, row.get()?), row.get()?)));
    Ok(Matched::of(parts.collect::<Result<Vec<_>>>()?, is_cut))
}
