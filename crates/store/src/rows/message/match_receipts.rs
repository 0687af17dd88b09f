//! Finds the submission that a receipt is for, by the rules of [`domain::message::receipt`].
//! Carriers write numbers in different notations, so a number decides only where the carrier's id
//! does not.

use domain::limits::PARKED_RECEIPT_AGE_MAX;
use domain::message::receipt::ReceiptMatch;
use domain::number::NumberEnds;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::recipients::RecipientKey;
use crate::tx::{Result, Row, Tx, params};

/// Submissions with one id to compare with a number; with more, the match is ambiguous.
const SAME_ID_MAX: i64 = 100;

/// The key by which a receipt finds its submission.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReceiptKey<'a> {
    pub(crate) carrier: &'a CarrierName,
    pub(crate) id: &'a str,
    /// Destination number, if the receipt has one.
    pub(crate) number: Option<u64>,
    /// What the number of an unmarked receipt's submission must match.
    pub(crate) ends: Option<NumberEnds>,
}

/// A recipient's part.
pub(crate) type Matched = ReceiptMatch<(RecipientKey, u16)>;

/// The match of each receipt.
pub(crate) async fn match_receipts(
    tx: &mut impl Tx,
    receipts: &[ReceiptKey<'_>],
    now: Timestamp,
) -> Result<Vec<Matched>> {
    let after = now.before(PARKED_RECEIPT_AGE_MAX);
    let mut matches = vec![Matched::Unknown; receipts.len()];
    let numbered = receipts.iter().enumerate();
    let numbered: Vec<_> = numbered.filter_map(|(at, key)| Some((at, key.number?))).collect();
    find_by_number(tx, receipts, &numbered, after, &mut matches).await?;
    let (mut unmarked, mut marked) = (Vec::new(), Vec::new());
    for (at, receipt) in receipts.iter().enumerate() {
        match receipt.ends {
            _ if matches[at] != Matched::Unknown => {}
            Some(ends) => unmarked.push((at, ends)),
            None => marked.push(at),
        }
    }
    find_fitting(tx, receipts, &unmarked, after, &mut matches).await?;
    find_by_id(tx, receipts, &marked, after, &mut matches).await?;
    Ok(matches)
}

async fn find_by_number(
    tx: &mut impl Tx,
    receipts: &[ReceiptKey<'_>],
    wanted: &[(usize, u64)],
    after: Timestamp,
    matches: &mut [Matched],
) -> Result<()> {
    let rows: Vec<_> = wanted
        .iter()
        .map(|(at, number)| {
            let ReceiptKey { carrier, id, .. } = receipts[*at];
            params![carrier.as_str(), id, i64::try_from(*number).ok(), after]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT message, idx, part FROM all_submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND number = ?3 AND at > ?4 LIMIT 2",
            &rows,
        )
        .await?;
    for ((at, _), rows) in wanted.iter().zip(found) {
        matches[*at] = Matched::of(read(rows)?);
    }
    Ok(())
}

async fn find_fitting(
    tx: &mut impl Tx,
    receipts: &[ReceiptKey<'_>],
    wanted: &[(usize, NumberEnds)],
    after: Timestamp,
    matches: &mut [Matched],
) -> Result<()> {
    let rows: Vec<_> = wanted
        .iter()
        .map(|(at, _)| {
            let ReceiptKey { carrier, id, .. } = receipts[*at];
            params![carrier.as_str(), id, after, SAME_ID_MAX]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT number, message, idx, part FROM all_submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND at > ?3 LIMIT ?4",
            &rows,
        )
        .await?;
    for ((at, ends), rows) in wanted.iter().zip(found) {
        let is_cut = i64::try_from(rows.len()) == Ok(SAME_ID_MAX);
        let candidates = rows
            .into_iter()
            .map(|mut row| Ok((row.get()?, read_part(row)?)))
            .collect::<Result<Vec<_>>>()?;
        matches[*at] = Matched::of_fitting(*ends, candidates, is_cut);
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
    let rows: Vec<_> = wanted
        .iter()
        .map(|at| params![receipts[*at].carrier.as_str(), receipts[*at].id, after])
        .collect();
    let found = tx
        .query_many(
            "SELECT message, idx, part FROM all_submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND at > ?3 LIMIT 2",
            &rows,
        )
        .await?;
    for (at, rows) in wanted.iter().zip(found) {
        matches[*at] = Matched::of(read(rows)?);
    }
    Ok(())
}

fn read(rows: Vec<Row>) -> Result<Vec<(RecipientKey, u16)>> {
    rows.into_iter().map(read_part).collect()
}

fn read_part(mut row: Row) -> Result<(RecipientKey, u16)> {
    Ok(((row.get()?, row.get()?), row.get()?))
}
