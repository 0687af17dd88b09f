//! Recipients of locked messages, with the parts that carriers took of them: read, changed by what
//! is told of them, and written once.

use std::collections::BTreeMap;

use domain::id::MessageId;
use domain::message::Address;
use domain::message::recipient::{RecipientEvent, RecipientState, next};
use domain::money::Msat;
use domain::reason::Reason;

use super::parts::Part;
use crate::tx::{Result, Row, Tx, params};

/// A recipient: message and index.
pub(crate) type Place = (MessageId, u32);

/// A message's recipients from the first to the last index.
pub(crate) type Range = (MessageId, u32, u32);

pub(crate) type Recipients = BTreeMap<Place, Recipient>;

/// Carriers by name, the first tried first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tried(Vec<String>);

impl Tried {
    pub(crate) fn read(stored: Option<&str>) -> Self {
        Self(stored.into_iter().flat_map(str::lines).map(str::to_owned).collect())
    }

    pub(crate) fn has(&self, carrier: &str) -> bool {
        self.0.iter().any(|name| name == carrier)
    }

    fn add(&mut self, carrier: &str) {
        if !self.has(carrier) {
            self.0.push(carrier.to_owned());
        }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn stored(&self) -> Option<String> {
        if self.0.is_empty() { None } else { Some(self.0.join("\n")) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Recipient {
    /// As it was read.
    pub(crate) before: RecipientState,
    pub(crate) state: RecipientState,
    pub(crate) reason: Option<Reason>,
    pub(crate) code: Option<String>,
    pub(crate) tried: Tried,
    /// The last claim that ended without handing it over.
    pub(crate) deferred_attempt: u32,
    /// Claims that ended without the carrier's answer.
    pub(crate) unanswered: u32,
    /// Claims in which a carrier was handed it and did not take it.
    pub(crate) attempts: u32,
    /// Of its share in a message to many.
    pub(crate) price: Msat,
    /// It goes to, if it is one.
    pub(crate) number: Option<u64>,
    /// Its row is not as it was.
    pub(crate) changed: bool,
    /// With a carrier that counted as tried.
    pub(crate) stayed: bool,
    /// What carriers took, if that was asked for.
    pub(crate) parts: Vec<Part>,
}

impl Recipient {
    fn read(row: &mut Row) -> Result<Self> {
        let state = row.get()?;
        let (reason, code, tried) = (row.get()?, row.get()?, row.get::<Option<String>>()?);
        let tried = Tried::read(tried.as_deref());
        let (deferred_attempt, unanswered, attempts) = (row.get()?, row.get()?, row.get()?);
        let price = row.get()?;
        let number = match row.get::<String>()?.parse() {
            Ok(Address::Phone(number)) => Some(number.digits()),
            // What is no address is handed to no carrier, so nobody asks for it.
            Ok(Address::Email(_)) | Err(_) => None,
        };
        Ok(Self {
            before: state,
            state,
            reason,
            code,
            tried,
            deferred_attempt,
            unanswered,
            attempts,
            price,
            number,
            changed: false,
            stayed: false,
            parts: Vec::new(),
        })
    }

    /// Does what the event brings; false when it brings nothing.
    pub(crate) fn step(
        &mut self,
        event: RecipientEvent,
        reason: Option<Reason>,
        code: Option<String>,
    ) -> bool {
        let to = next(self.state, event).ok().filter(|to| *to != self.state);
        if let Some(to) = to {
            self.state = to;
            self.explain(reason, code);
        }
        to.is_some()
    }

    /// Why it is as it is.
    pub(crate) fn explain(&mut self, reason: Option<Reason>, code: Option<String>) {
        (self.reason, self.code, self.changed) = (reason, code, true);
    }

    pub(crate) fn has_tried(&mut self, carrier: &str) {
        self.tried.add(carrier);
        self.changed = true;
    }

    /// The carrier has it after all, and nobody else will.
    pub(crate) fn stays_with(&mut self, carrier: &str) {
        self.stayed |= self.tried.has(carrier);
        self.changed |= self.stayed;
        self.tried.0.retain(|name| name != carrier);
    }
}

/// Recipients of a message with their parts, in the order that [`read`] reads.
macro_rules! with_parts {
    ($which:literal) => {
        concat!(
            "SELECT r.idx, r.state, r.reason, r.code, r.tried, r.deferred_attempt, r.unanswered,
                 r.attempts, r.price, r.address, s.carrier, s.part, s.parts, s.attempt, s.at, s.state, s.code, s.word
             FROM recipients r
             LEFT JOIN submissions s ON s.message = r.message AND s.idx = r.idx
             WHERE r.message = ?1 AND ",
            $which
        )
    };
}

/// A run of so many is read as one: its rows lie together, and so do those of its parts.
const RUN_MIN: usize = 4;

/// Recipients between two of a run that nobody asked for, at most.
const GAP_MAX: u32 = 3;

/// These recipients, with their parts.
pub(crate) async fn load(
    tx: &mut impl Tx,
    places: impl IntoIterator<Item = Place>,
) -> Result<Recipients> {
    let places: Vec<Place> = places.into_iter().collect();
    let near = |(one, index): &Place, (other, next): &Place| {
        one == other && index.abs_diff(*next) <= GAP_MAX + 1
    };
    let (runs, alone): (Vec<_>, Vec<_>) =
        places.chunk_by(near).partition(|run| run.len() >= RUN_MIN);
    let alone: Vec<_> = alone.concat();
    let rows: Vec<_> = alone.iter().map(|(message, index)| params![message, *index]).collect();
    let found = tx.query_many(with_parts!("r.idx = ?2"), &rows).await?;
    let mut recipients = read(alone.iter().map(|(message, _)| message), found)?;
    if !runs.is_empty() {
        load_runs(tx, &runs, &mut recipients).await?;
    }
    Ok(recipients)
}

async fn load_runs(tx: &mut impl Tx, runs: &[&[Place]], recipients: &mut Recipients) -> Result<()> {
    let rows: Vec<_> = runs
        .iter()
        .filter_map(|run| Some((run.first()?, run.last()?)))
        .map(|((message, first), (_, last))| params![message, *first, *last])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, state, reason, code, tried, deferred_attempt, unanswered, attempts,
                 price, address
             FROM recipients WHERE message = ?1 AND idx BETWEEN ?2 AND ?3",
            &rows,
        )
        .await?;
    for (run, rows) in runs.iter().zip(found) {
        for mut row in rows {
            let place = (run[0].0, row.get()?);
            if run.binary_search(&place).is_ok() {
                recipients.insert(place, Recipient::read(&mut row)?);
            }
        }
    }
    let found = tx
        .query_many(
            "SELECT idx, carrier, part, parts, attempt, at, state, code, word FROM submissions
             WHERE message = ?1 AND idx BETWEEN ?2 AND ?3",
            &rows,
        )
        .await?;
    for (run, rows) in runs.iter().zip(found) {
        for mut row in rows {
            if let Some(recipient) = recipients.get_mut(&(run[0].0, row.get()?)) {
                recipient.parts.extend(Part::read(&mut row)?);
            }
        }
    }
    Ok(())
}

/// Those of these ranges that are in `state`, with their parts.
pub(crate) async fn load_with_parts(
    tx: &mut impl Tx,
    ranges: &[Range],
    state: RecipientState,
) -> Result<Recipients> {
    let rows: Vec<_> = ranges
        .iter()
        .map(|(message, first, last)| params![message, *first, *last, state])
        .collect();
    let found =
        tx.query_many(with_parts!("r.idx BETWEEN ?2 AND ?3 AND r.state = ?4"), &rows).await?;
    read(ranges.iter().map(|(message, ..)| message), found)
}

/// Those of these ranges that are in `state`, without their parts.
pub(crate) async fn load_ranges(
    tx: &mut impl Tx,
    ranges: &[Range],
    state: RecipientState,
) -> Result<Recipients> {
    let rows: Vec<_> = ranges
        .iter()
        .map(|(message, first, last)| params![message, *first, *last, state])
        .collect();
    let found = tx
        .query_many(
            "SELECT idx, state, reason, code, tried, deferred_attempt, unanswered, attempts,
                 price, address
             FROM recipients WHERE message = ?1 AND idx BETWEEN ?2 AND ?3 AND state = ?4",
            &rows,
        )
        .await?;
    let mut recipients = Recipients::new();
    for ((message, ..), rows) in ranges.iter().zip(found) {
        for mut row in rows {
            recipients.insert((*message, row.get()?), Recipient::read(&mut row)?);
        }
    }
    Ok(recipients)
}

/// A row for each part, or one without.
fn read<'a>(
    messages: impl Iterator<Item = &'a MessageId>,
    found: Vec<Vec<Row>>,
) -> Result<Recipients> {
    let mut recipients = Recipients::new();
    for (message, rows) in messages.zip(found) {
        for mut row in rows {
            let place = (*message, row.get()?);
            let recipient = Recipient::read(&mut row)?;
            let part = Part::read(&mut row)?;
            recipients.entry(place).or_insert(recipient).parts.extend(part);
        }
    }
    Ok(recipients)
}
