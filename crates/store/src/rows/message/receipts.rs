//! What carriers say later.
//!
//! | the carrier's id stands for | the receipt |
//! |---|---|
//! | one submission | is of it |
//! | several, one of them to the number that the receipt names | is of that one |
//! | several, otherwise | is *ambiguous*: kept (`parked.rs`), and decides nothing |
//! | none | is parked until a submission with its id is recorded |
//!
//! What only its text calls a receipt may come from any phone. It is of a submission to the number that
//! it comes from, or of none: where its id is known of others alone it is a message that came in. It is
//! parked then too, for what is told now of a submission that is not recorded yet may have an id that was
//! in use before; and what is parked must fit when it is looked at again, so that no true one is lost
//! and no forged one counts.
//!
//! Carriers use ids again, so old submissions are none; decided ones are, for constant ids decide
//! nothing. A final word on an undecided part decides it, and with it its recipient. On its way, or
//! said when all was decided, it is kept with the part and shown.

use std::collections::BTreeSet;

use domain::inbound::InboundPart;
use domain::limits::PARKED_RECEIPT_AGE_MAX;
use domain::number::{Msisdn, NumberEnds};
use domain::ports::{Lease, Receipt, ReceiptState, Recorded};
use domain::time::Timestamp;

use super::apply::apply;
use super::message_lock;
use super::parked::park;
use super::parts::{Said, Words};
use super::recipients::{self, Place};
use crate::tx::{AdvisoryLock, Result, Row, Tx, params};

/// Submissions of one id that are looked through for a number. Where there are more, nobody knows.
const SAME_ID_MAX: i64 = 100;

/// What a receipt may be of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) carrier: &'a str,
    pub(crate) id: &'a str,
    pub(crate) to: Option<u64>,
    /// What the number of its submission must fit.
    pub(crate) ends: Option<NumberEnds>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A recipient's part.
    Part(Place, u16),
    Nothing,
    Several,
    /// Of others, whose numbers it does not fit.
    Others,
}

impl<'a> Name<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        Self {
            carrier: receipt.carrier.as_str(),
            id: &receipt.carrier_id,
            to: receipt.to.map(Msisdn::digits),
            ends: receipt.ends(),
        }
    }
}

pub(crate) async fn record_receipts(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Recorded> {
    if receipts.is_empty() {
        return Ok(Recorded::default());
    }
    let names: Vec<_> = receipts.iter().map(Name::of).collect();
    let mut targets = find_targets(tx, &names, now).await?;
    let (parked, ambiguous) = park_others(tx, receipts, &names, &mut targets, now).await?;

    let places: BTreeSet<Place> = targets
        .iter()
        .filter_map(|target| if let Target::Part(place, _) = target { Some(*place) } else { None })
        .collect();
    let mut messages = message_lock::lock(tx, places.iter().map(|(message, _)| *message)).await?;
    let mut recipients = recipients::load(tx, places).await?;
    let mut words = Words::default();
    for (receipt, target) in receipts.iter().zip(&targets) {
        let Target::Part(place, part) = *target else { continue };
        let Some(recipient) = recipients.get_mut(&place) else { continue };
        let said = Said { state: receipt.state, code: receipt.code.clone(), at: receipt.at };
        let carrier = receipt.carrier.as_str();
        let heard = recipient.hear(carrier, part, &said);
        recipient.step_by_parts();
        words.add(heard, (place, carrier, part), said);
    }
    words.store(tx).await?;
    let recorded = apply(tx, &mut messages, &recipients, now, tell).await?;
    let messages = messages_among(receipts, &targets);
    Ok(Recorded { parked, ambiguous, contradictory: words.contradictory, messages, ..recorded })
}

fn messages_among(receipts: &[Receipt], targets: &[Target]) -> Vec<InboundPart> {
    let others = receipts.iter().zip(targets).filter(|(_, target)| **target == Target::Others);
    others.filter_map(|(receipt, _)| receipt.unmarked.as_deref().cloned()).collect()
}

/// Parks the receipts that are of nothing, or of more than one thing. Returns how many of each.
async fn park_others(
    tx: &mut impl Tx,
    receipts: &[Receipt],
    names: &[Name<'_>],
    targets: &mut [Target],
    now: Timestamp,
) -> Result<(u32, u32)> {
    let others = |targets: &[Target]| -> Vec<usize> {
        let of_none = |at: &usize| {
            !matches!(targets[*at], Target::Part(..))
                && receipts[*at].state != ReceiptState::Intermediate
        };
        (0..targets.len()).filter(of_none).collect()
    };
    let unmatched = others(targets);
    if unmatched.is_empty() {
        return Ok((0, 0));
    }
    let carriers: BTreeSet<_> = unmatched.iter().map(|at| names[*at].carrier).collect();
    for carrier in carriers {
        tx.lock(AdvisoryLock::Park(carrier)).await?;
    }
    // Nobody stores a submission of these carriers now: what was stored meanwhile is found.
    let asked: Vec<_> = unmatched.iter().map(|at| names[*at]).collect();
    for (at, target) in unmatched.into_iter().zip(find_targets(tx, &asked, now).await?) {
        targets[at] = target;
    }
    let others: Vec<_> = others(targets)
        .into_iter()
        .map(|at| (&receipts[at], targets[at] == Target::Several))
        .collect();
    park(tx, &others, now).await?;
    let ambiguous = others.iter().filter(|(_, ambiguous)| *ambiguous).count();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok((count(others.len() - ambiguous), count(ambiguous)))
}

/// What each name stands for. The number decides only where the id does not: carriers write
/// numbers in their own ways.
pub(crate) async fn find_targets(
    tx: &mut impl Tx,
    names: &[Name<'_>],
    now: Timestamp,
) -> Result<Vec<Target>> {
    let after = now.before(PARKED_RECEIPT_AGE_MAX);
    let mut targets = vec![Target::Nothing; names.len()];
    let numbered: Vec<_> = (0..names.len()).filter(|at| names[*at].to.is_some()).collect();
    let rows: Vec<_> = numbered
        .iter()
        .map(|at| {
            let Name { carrier, id, to, .. } = names[*at];
            let to = to.and_then(|to| i64::try_from(to).ok());
            params![carrier, id, to, after]
        })
        .collect();
    if !rows.is_empty() {
        let found = tx
            .query_many(
                "SELECT message, idx, part FROM submissions
                 WHERE carrier = ?1 AND carrier_id = ?2 AND number = ?3 AND at > ?4 LIMIT 2",
                &rows,
            )
            .await?;
        for (at, rows) in numbered.into_iter().zip(found) {
            targets[at] = only(rows)?;
        }
    }
    find_unmarked(tx, names, after, &mut targets).await?;
    let unknown: Vec<_> = (0..names.len())
        .filter(|at| targets[*at] == Target::Nothing && names[*at].ends.is_none())
        .collect();
    let rows: Vec<_> =
        unknown.iter().map(|at| params![names[*at].carrier, names[*at].id, after]).collect();
    if !rows.is_empty() {
        let found = tx
            .query_many(
                "SELECT message, idx, part FROM submissions
                 WHERE carrier = ?1 AND carrier_id = ?2 AND at > ?3 LIMIT 2",
                &rows,
            )
            .await?;
        for (at, rows) in unknown.into_iter().zip(found) {
            targets[at] = only(rows)?;
        }
    }
    Ok(targets)
}

/// Those that must fit the number and did not name it as it is stored.
async fn find_unmarked(
    tx: &mut impl Tx,
    names: &[Name<'_>],
    after: Timestamp,
    targets: &mut [Target],
) -> Result<()> {
    let unknown = names.iter().enumerate().filter(|(at, _)| targets[*at] == Target::Nothing);
    let unknown: Vec<_> = unknown.filter_map(|(at, name)| Some((at, name, name.ends?))).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = unknown
        .iter()
        .map(|(_, name, _)| params![name.carrier, name.id, after, SAME_ID_MAX])
        .collect();
    let found = tx
        .query_many(
            "SELECT number, message, idx, part FROM submissions
             WHERE carrier = ?1 AND carrier_id = ?2 AND at > ?3 LIMIT ?4",
            &rows,
        )
        .await?;
    for ((at, _, ends), rows) in unknown.into_iter().zip(found) {
        let count = rows.len();
        let mut fitting = Vec::new();
        for mut row in rows {
            if row.get::<Option<u64>>()?.is_some_and(|number| ends.fit(number)) {
                fitting.push(row);
            }
        }
        targets[at] = match only(fitting)? {
            _ if count == usize::try_from(SAME_ID_MAX).unwrap_or(usize::MAX) => Target::Several,
            Target::Nothing if count > 0 => Target::Others,
            target => target,
        };
    }
    Ok(())
}

fn only(rows: Vec<Row>) -> Result<Target> {
    let mut rows = rows.into_iter();
    match (rows.next(), rows.next()) {
        (Some(mut row), None) => {
            let place = (row.get()?, row.get()?);
            Ok(Target::Part(place, row.get()?))
        }
        (None, _) => Ok(Target::Nothing),
        (Some(_), Some(_)) => Ok(Target::Several),
    }
}
