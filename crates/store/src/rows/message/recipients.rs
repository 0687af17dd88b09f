//! Recipients of locked messages, with the parts that carriers accepted: read, changed by the rules
//! of [`domain::message::delivery`], and written once by [`super::apply`].

use std::collections::BTreeMap;

use domain::id::MessageId;
use domain::message::delivery::{Delivery, RecipientStatus, TriedCarriers};
use domain::message::recipient::RecipientState;
use domain::money::Msat;

use super::message_lock::Messages;
use super::row_part::RowPart;
pub(crate) use super::submissions::RecipientKey;
use super::{single, submissions};
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
    /// Its parts as its message's row has them; `None` before: it has a row of its own.
    pub(crate) stored: StoredParts,
    pub(crate) stored_before: Option<StoredParts>,
}

/// The parts of a single message that its row knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StoredParts {
    pub(crate) row: Option<RowPart>,
    /// How many are rows of submissions: these are read only if there are some.
    pub(crate) others: u32,
}

impl Recipient {
    fn read(row: &mut Row) -> Result<Self> {
        let status = read_status(row)?;
        let price = row.get()?;
        let number = single::number(&row.get::<String>()?);
        let delivery = Delivery { status: status.clone(), parts: Vec::new() };
        let (stored, stored_before) = (StoredParts::default(), None);
        Ok(Self { before: status, delivery, price, number, stored, stored_before })
    }

    pub(crate) fn is_changed(&self) -> bool {
        let took = self.stored_before.as_ref().is_some_and(|before| *before != self.stored);
        took || self.before != self.delivery.status
    }

    /// As it is after this change.
    pub(super) fn written(self) -> Self {
        let stored_before = self.stored_before.map(|_| self.stored.clone());
        Self { before: self.delivery.status.clone(), stored_before, ..self }
    }

    /// The states before and after.
    pub(crate) fn moved(&self) -> Option<(RecipientState, RecipientState)> {
        let (from, to) = (self.before.state, self.delivery.status.state);
        (from != to).then_some((from, to))
    }
}

/// The next columns: from the state to the number of attempts.
pub(super) fn read_status(row: &mut Row) -> Result<RecipientStatus> {
    Ok(RecipientStatus {
        state: row.get()?,
        reason: row.get()?,
        code: row.get()?,
        tried: TriedCarriers::from_stored(row.get::<Option<String>>()?.as_deref()),
        deferred_attempt: row.get()?,
        unanswered: row.get()?,
        attempts: row.get()?,
    })
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
            ", s.carrier, s.part, s.parts, s.attempt, s.link, s.at, s.state, s.code, s.noted
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

/// These recipients of locked messages, with their parts.
pub(crate) async fn load(
    tx: &mut impl Tx,
    messages: &Messages,
    keys: impl IntoIterator<Item = RecipientKey>,
) -> Result<Recipients> {
    let (singles, keys): (Vec<RecipientKey>, Vec<_>) =
        keys.into_iter().partition(|(id, _)| of_single(messages, id).is_some());
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
    let singles = singles.into_iter().filter(|(_, index)| *index == 0);
    recipients.extend(load_singles(tx, messages, singles.map(|(id, _)| id)).await?);
    Ok(recipients)
}

fn of_single<'a>(messages: &'a Messages, id: &MessageId) -> Option<&'a Recipient> {
    Some(&messages.get(id)?.single.as_ref()?.recipient)
}

async fn load_singles(
    tx: &mut impl Tx,
    messages: &Messages,
    ids: impl Iterator<Item = MessageId>,
) -> Result<Recipients> {
    let recipient = |id: MessageId| Some(((id, 0), of_single(messages, &id)?.clone()));
    let mut recipients: Recipients = ids.filter_map(recipient).collect();
    for recipient in recipients.values_mut() {
        let part = recipient.stored.row.as_ref().map(|row| row.part.clone());
        recipient.delivery.parts.clear();
        recipient.delivery.parts.extend(part);
    }
    let taken: Vec<_> = recipients
        .iter()
        .filter(|(_, recipient)| recipient.stored.others > 0)
        .map(|((id, _), _)| *id)
        .collect();
    let rows: Vec<_> = taken.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT carrier, part, parts, attempt, link, at, state, code, noted FROM submissions
             WHERE message = ?1 AND idx = 0",
            &rows,
        )
        .await?;
    for (id, rows) in taken.iter().zip(found) {
        let Some(recipient) = recipients.get_mut(&(*id, 0)) else { continue };
        for mut row in rows {
            recipient.delivery.parts.extend(submissions::read(&mut row)?);
        }
    }
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
            "SELECT idx, carrier, part, parts, attempt, link, at, state, code, noted FROM submissions
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

/// The recipients of these ranges of locked messages that are in `state`, with their parts.
pub(crate) async fn load_with_parts(
    tx: &mut impl Tx,
    messages: &Messages,
    ranges: &[Range],
    state: RecipientState,
) -> Result<Recipients> {
    let (singles, ranges) = split(messages, ranges);
    let rows = range_rows(&ranges, state);
    let found =
        tx.query_many(with_parts!("r.idx BETWEEN ?2 AND ?3 AND r.state = ?4"), &rows).await?;
    let mut recipients = read(ranges.iter().map(|(message, ..)| message), found)?;
    recipients.extend(load_singles(tx, messages, in_state(messages, &singles, state)).await?);
    Ok(recipients)
}

/// The recipients of these ranges of locked messages that are in `state`; those with rows of their
/// own come without their parts.
pub(crate) async fn load_ranges(
    tx: &mut impl Tx,
    messages: &Messages,
    ranges: &[Range],
    state: RecipientState,
) -> Result<Recipients> {
    let (singles, ranges) = split(messages, ranges);
    let rows = range_rows(&ranges, state);
    let found =
        tx.query_many(without_parts!("r.idx BETWEEN ?2 AND ?3 AND r.state = ?4"), &rows).await?;
    let mut recipients = Recipients::new();
    for ((message, ..), rows) in ranges.iter().zip(found) {
        for mut row in rows {
            recipients.insert((*message, row.get()?), Recipient::read(&mut row)?);
        }
    }
    for id in in_state(messages, &singles, state) {
        recipients.extend(of_single(messages, &id).map(|recipient| ((id, 0), recipient.clone())));
    }
    Ok(recipients)
}

/// Messages with one recipient, and the ranges of the others.
fn split(messages: &Messages, ranges: &[Range]) -> (Vec<MessageId>, Vec<Range>) {
    let (mut singles, mut others) = (Vec::new(), Vec::new());
    for range in ranges {
        match of_single(messages, &range.0) {
            Some(_) if range.1 == 0 => singles.push(range.0),
            Some(_) => {}
            None => others.push(*range),
        }
    }
    (singles, others)
}

fn in_state<'a>(
    messages: &'a Messages,
    singles: &'a [MessageId],
    state: RecipientState,
) -> impl Iterator<Item = MessageId> + 'a {
    let is = move |id: &MessageId| {
        of_single(messages, id).is_some_and(|recipient| recipient.delivery.status.state == state)
    };
    singles.iter().copied().filter(is)
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
