//! Recipients of locked messages, with the parts that carriers accepted: read, changed by the rules
//! of [`domain::message::delivery`], and written once by [`super::apply`].

use std::collections::BTreeMap;

use domain::id::MessageId;
use domain::message::Address;
use domain::message::delivery::{Delivery, RecipientStatus, TriedCarriers};
use domain::message::recipient::RecipientState;
use domain::money::Msat;

use super::submissions;
pub(crate) use super::submissions::RecipientKey;
use crate::tx::{Result, Row, Tx, params};

/// A message's recipients from the first to the last index.
pub(crate) type Range = (MessageId, u32, u32);

pub(crate) type Recipients = BTreeMap<RecipientKey, Recipient>;

#[derive(Debug, Clone)]
pub(crate) struct Recipient {
    /// The status as read.
    pub(crate) before: RecipientStatus,
    /// Its parts are empty unless loaded.
    pub(crate) delivery: Delivery,
    /// Price of this recipient in a campaign.
    pub(crate) price: Msat,
    /// Destination number; `None` for e-mail.
    pub(crate) number: Option<u64>,
}

impl Recipient {
    fn read(row: &mut Row) -> Result<Self> {
        let status = RecipientStatus {
            state: row.get()?,
            reason: row.get()?,
            code: row.get()?,
            tried: TriedCarriers::from_stored(row.get::<Option<String>>()?.as_deref()),
            deferred_attempt: row.get()?,
            unanswered: row.get()?,
            attempts: row.get()?,
        };
        let price = row.get()?;
        let number = match row.get::<String>()?.parse() {
            Ok(Address::Phone(number)) => Some(number.digits()),
            // An unreadable address is never submitted.
            Ok(Address::Email(_)) | Err(_) => None,
        };
        let delivery = Delivery { status: status.clone(), parts: Vec::new() };
        Ok(Self { before: status, delivery, price, number })
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.before != self.delivery.status
    }

    /// The states before and after.
    pub(crate) fn moved(&self) -> Option<(RecipientState, RecipientState)> {
        let (from, to) = (self.before.state, self.delivery.status.state);
        (from != to).then_some((from, to))
    }
}

/// Columns of a recipient `r` in the order that [`Recipient::read`] reads.
macro_rules! recipient_columns {
    () => {
        "r.idx, r.state, r.reason, r.code, r.tried, r.deferred_attempt, r.unanswered, r.attempts,
         r.price, r.address"
    };
}

/// Recipients of a message, without their parts.
macro_rules! without_parts {
    ($which:literal) => {
        concat!(
            "SELECT ",
            recipient_columns!(),
            " FROM recipients r WHERE r.message = ?1 AND ",
            $which
        )
    };
}

/// Recipients of a message, one row per part, or one without.
macro_rules! with_parts {
    ($which:literal) => {
        concat!(
            "SELECT ",
            recipient_columns!(),
            ", s.carrier, s.part, s.parts, s.attempt, s.at, s.state, s.code, s.noted
             FROM recipients r
             LEFT JOIN submissions s ON s.message = r.message AND s.idx = r.idx
             WHERE r.message = ?1 AND ",
            $which
        )
    };
}

/// At least this many neighbours are read as one range: their rows, and those of their parts, are
/// adjacent.
const RANGE_MIN: usize = 4;

/// Maximum gap in a range: recipients that are read needlessly.
const GAP_MAX: u32 = 3;

/// These recipients, with their parts.
pub(crate) async fn load(
    tx: &mut impl Tx,
    keys: impl IntoIterator<Item = RecipientKey>,
) -> Result<Recipients> {
    let keys: Vec<RecipientKey> = keys.into_iter().collect();
    let near = |(one, index): &RecipientKey, (other, next): &RecipientKey| {
        one == other && index.abs_diff(*next) <= GAP_MAX + 1
    };
    let (ranges, alone): (Vec<_>, Vec<_>) =
        keys.chunk_by(near).partition(|range| range.len() >= RANGE_MIN);
    let alone: Vec<_> = alone.concat();
    let rows: Vec<_> = alone.iter().map(|(message, index)| params![message, *index]).collect();
    let found = tx.query_many(with_parts!("r.idx = ?2"), &rows).await?;
    let mut recipients = read(alone.iter().map(|(message, _)| message), found)?;
    load_neighbours(tx, &ranges, &mut recipients).await?;
    Ok(recipients)
}

async fn load_neighbours(
    tx: &mut impl Tx,
    ranges: &[&[RecipientKey]],
    recipients: &mut Recipients,
) -> Result<()> {
    let rows: Vec<_> = ranges
        .iter()
        .filter_map(|range| Some((range.first()?, range.last()?)))
        .map(|((message, first), (_, last))| params![message, *first, *last])
        .collect();
    let found = tx.query_many(without_parts!("r.idx BETWEEN ?2 AND ?3"), &rows).await?;
    for (range, rows) in ranges.iter().zip(found) {
        for mut row in rows {
            let key = (range[0].0, row.get()?);
            if range.binary_search(&key).is_ok() {
                recipients.insert(key, Recipient::read(&mut row)?);
            }
        }
    }
    let found = tx
        .query_many(
            "SELECT idx, carrier, part, parts, attempt, at, state, code, noted FROM submissions
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3",
            &rows,
        )
        .await?;
    for (range, rows) in ranges.iter().zip(found) {
        for mut row in rows {
            if let Some(recipient) = recipients.get_mut(&(range[0].0, row.get()?)) {
                recipient.delivery.parts.extend(submissions::read(&mut row)?);
            }
        }
    }
    Ok(())
}

/// The recipients of these ranges that are in `state`, with their parts.
pub(crate) async fn load_with_parts(
    tx: &mut impl Tx,
    ranges: &[Range],
    state: RecipientState,
) -> Result<Recipients> {
    let rows = range_rows(ranges, state);
    let found =
        tx.query_many(with_parts!("r.idx BETWEEN ?2 AND ?3 AND r.state = ?4"), &rows).await?;
    read(ranges.iter().map(|(message, ..)| message), found)
}

/// The recipients of these ranges that are in `state`, without their parts.
pub(crate) async fn load_ranges(
    tx: &mut impl Tx,
    ranges: &[Range],
    state: RecipientState,
) -> Result<Recipients> {
    let rows = range_rows(ranges, state);
    let found =
        tx.query_many(without_parts!("r.idx BETWEEN ?2 AND ?3 AND r.state = ?4"), &rows).await?;
    let mut recipients = Recipients::new();
    for ((message, ..), rows) in ranges.iter().zip(found) {
        for mut row in rows {
            recipients.insert((*message, row.get()?), Recipient::read(&mut row)?);
        }
    }
    Ok(recipients)
}

fn range_rows(ranges: &[Range], state: RecipientState) -> Vec<[crate::tx::Value<'_>; 4]> {
    ranges.iter().map(|(message, first, last)| params![message, *first, *last, state]).collect()
}

fn read<'a>(
    messages: impl Iterator<Item = &'a MessageId>,
    found: Vec<Vec<Row>>,
) -> Result<Recipients> {
    let mut recipients = Recipients::new();
    for (message, rows) in messages.zip(found) {
        for mut row in rows {
            let key = (*message, row.get()?);
            let recipient = Recipient::read(&mut row)?;
            let part = submissions::read(&mut row)?;
            recipients.entry(key).or_insert(recipient).delivery.parts.extend(part);
        }
    }
    Ok(recipients)
}
