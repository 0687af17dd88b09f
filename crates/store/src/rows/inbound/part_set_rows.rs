//! Rows of part sets which wait for parts, or were joined a short while ago.

use std::collections::BTreeMap;

use domain::id::InboundId;
use domain::inbound::{InboundBody, JoinScheme, PartKey, PartSet, Party};
use domain::ports::PortError;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use ring::digest::{SHA256, digest};

use crate::tx::{Result, Row, Tx, params};

/// The scheme of messages of one part.
const WHOLE: &str = "whole";

/// A stored set with its key.
pub(crate) struct Set {
    pub(crate) id: InboundId,
    pub(crate) key: PartKey,
    pub(crate) parts: PartSet,
}

pub(crate) struct KeyColumns<'a> {
    pub(crate) key: &'a PartKey,
    pub(crate) reference: i64,
}

impl KeyColumns<'_> {
    fn scheme(&self) -> &'static str {
        self.key.joins.map_or(WHOLE, |(scheme, ..)| scheme.as_str())
    }

    fn total(&self) -> u32 {
        self.key.joins.map_or(1, |(.., total)| total.into())
    }
}

/// The newest sets of each key which wait, or were joined within its time span. At most sixteen, to
/// bound the work: a sender that reuses references faster mixes up its own messages.
pub(crate) async fn load_keys(
    tx: &mut impl Tx,
    keys: &BTreeMap<(PartKey, i64), (Timestamp, Timestamp)>,
) -> Result<Vec<Vec<(InboundId, PartSet)>>> {
    let rows: Vec<_> = keys
        .iter()
        .map(|((key, reference), (since, until))| {
            let columns = KeyColumns { key, reference: *reference };
            let (from, to) = (key.from.as_str(), key.to.as_str());
            let (scheme, total) = (columns.scheme(), columns.total());
            let carrier = key.carrier.as_str();
            params![carrier, from, to, scheme, *reference, total, *since, *until]
        })
        .collect();
    let found = tx
        .query_many(
            "SELECT s.id, s.total, s.first_at, s.joined_at, p.number, p.kind, p.body
             FROM inbound_sets s JOIN inbound_parts p ON p.set_id = s.id
             WHERE s.id IN (
                 SELECT id FROM inbound_sets
                 WHERE carrier = ?1 AND sender = ?2 AND destination = ?3 AND scheme = ?4
                     AND reference = ?5 AND total = ?6
                     AND (joined_at IS NULL OR joined_at >= ?7) AND first_at <= ?8
                 ORDER BY first_at DESC LIMIT 16
             )
             ORDER BY s.first_at, s.id, p.number",
            &rows,
        )
        .await?;
    found.into_iter().map(|rows| fold(rows, read_part)).collect()
}

/// These sets with their parts.
pub(crate) async fn load(tx: &mut impl Tx, ids: &[InboundId]) -> Result<Vec<Set>> {
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    let heads = tx
        .query_many(
            "SELECT carrier, sender, destination, scheme, reference, total FROM inbound_sets
             WHERE id = ?1",
            &rows,
        )
        .await?;
    let bodies = tx
        .query_many(
            "SELECT s.id, s.total, s.first_at, s.joined_at, p.number, p.kind, p.body
             FROM inbound_sets s JOIN inbound_parts p ON p.set_id = s.id
             WHERE s.id = ?1 ORDER BY p.number",
            &rows,
        )
        .await?;
    let mut sets = Vec::with_capacity(ids.len());
    for (head, body) in heads.into_iter().zip(bodies) {
        let (Some(mut head), Some((id, parts))) =
            (head.into_iter().next(), fold(body, read_part)?.pop())
        else {
            continue;
        };
        let carrier = CarrierName::new(&head.get::<String>()?);
        let (from, to) = (Party::new(head.get::<String>()?), Party::new(head.get::<String>()?));
        let (scheme, reference, total) = (head.get::<String>()?, head.get::<i64>()?, head.get()?);
        let joins = match scheme.parse::<JoinScheme>() {
            Ok(scheme) => Some((scheme, u16::try_from(reference).unwrap_or_default(), total)),
            Err(_) => None,
        };
        sets.push(Set { id, key: PartKey { carrier, from, to, joins }, parts });
    }
    Ok(sets)
}

type PartRow = (InboundId, PartSet);

/// Joins the rows of each set, one for each part.
fn fold(rows: Vec<Row>, read: fn(Row) -> Result<PartRow>) -> Result<Vec<PartRow>> {
    let mut sets: Vec<PartRow> = Vec::new();
    for row in rows {
        let (id, part) = read(row)?;
        match sets.last_mut() {
            Some((last, set)) if *last == id => set.parts.extend(part.parts),
            _ => sets.push((id, part)),
        }
    }
    Ok(sets)
}

fn read_part(mut row: Row) -> Result<PartRow> {
    let (id, total, first_at, joined_at) = (row.get()?, row.get()?, row.get()?, row.get()?);
    let number = row.get()?;
    let body = read_body(&row.get::<String>()?, row.get()?)?;
    Ok((id, PartSet { total, parts: BTreeMap::from([(number, body)]), first_at, joined_at }))
}

fn read_body(kind: &str, octets: Vec<u8>) -> Result<InboundBody> {
    let unreadable = || PortError::Refused("unreadable column: body".to_owned());
    match kind {
        "text" => String::from_utf8(octets).map(InboundBody::Text).map_err(|_| unreadable()),
        "units" => {
            let (pairs, _) = octets.as_chunks::<2>();
            Ok(InboundBody::Units(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect()))
        }
        "octets" => Ok(InboundBody::Octets(octets)),
        _ => Err(unreadable()),
    }
}

fn body_columns(body: &InboundBody) -> (&'static str, Vec<u8>) {
    match body {
        InboundBody::Text(text) => ("text", text.as_bytes().to_vec()),
        InboundBody::Units(units) => {
            ("units", units.iter().flat_map(|unit| unit.to_be_bytes()).collect())
        }
        InboundBody::Octets(octets) => ("octets", octets.clone()),
    }
}

pub(crate) fn body_hash(body: &InboundBody) -> i64 {
    let (kind, octets) = body_columns(body);
    let hash = digest(&SHA256, &[kind.as_bytes(), &octets].concat());
    let (first, _) = hash.as_ref().as_chunks::<8>();
    first.first().map_or(0, |first| i64::from_be_bytes(*first))
}

pub(crate) async fn insert(
    tx: &mut impl Tx,
    sets: &[(KeyColumns<'_>, &InboundId, &PartSet)],
) -> Result<()> {
    let rows: Vec<_> = sets
        .iter()
        .map(|(columns, id, set)| {
            let key = columns.key;
            let (carrier, from, to) = (key.carrier.as_str(), key.from.as_str(), key.to.as_str());
            let (scheme, total) = (columns.scheme(), columns.total());
            let (here, reference) = (here(set), columns.reference);
            let (first_at, joined_at) = (set.first_at, set.joined_at);
            params![*id, carrier, from, to, scheme, reference, total, here, first_at, joined_at]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO inbound_sets
             (id, carrier, sender, destination, scheme, reference, total, here, first_at, joined_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &rows,
    )
    .await
    .map(drop)
}

pub(crate) async fn update(tx: &mut impl Tx, sets: &[(&InboundId, &PartSet)]) -> Result<()> {
    let rows: Vec<_> =
        sets.iter().map(|(id, set)| params![*id, here(set), set.joined_at]).collect();
    tx.execute_many("UPDATE inbound_sets SET here = ?2, joined_at = ?3 WHERE id = ?1", &rows)
        .await
        .map(drop)
}

fn here(set: &PartSet) -> u32 {
    u32::try_from(set.parts.len()).unwrap_or(u32::MAX)
}

pub(crate) async fn insert_parts(
    tx: &mut impl Tx,
    parts: &[(&InboundId, u8, &InboundBody)],
) -> Result<()> {
    let bodies: Vec<_> = parts.iter().map(|(.., body)| body_columns(body)).collect();
    let rows: Vec<_> = parts
        .iter()
        .zip(&bodies)
        .map(|((id, number, _), (kind, octets))| params![*id, u32::from(*number), *kind, octets])
        .collect();
    tx.execute_many(
        "INSERT INTO inbound_parts (set_id, number, kind, body) VALUES (?1, ?2, ?3, ?4)",
        &rows,
    )
    .await
    .map(drop)
}

/// Number of parts of a carrier which wait for others.
pub(crate) async fn waiting(tx: &mut impl Tx, carrier: &str) -> Result<i64> {
    let rows = tx
        .query(
            "SELECT here FROM inbound_sets WHERE joined_at IS NULL AND carrier = ?1",
            params![carrier],
        )
        .await?;
    rows.into_iter().map(|mut row| row.get::<i64>()).sum()
}

/// The waiting sets of a sender, oldest first, each with the number of parts it has.
pub(crate) async fn waiting_of(
    tx: &mut impl Tx,
    carrier: &str,
    sender: &str,
) -> Result<Vec<(InboundId, i64)>> {
    let rows = tx
        .query(
            "SELECT id, here FROM inbound_sets
             WHERE carrier = ?1 AND sender = ?2 AND joined_at IS NULL ORDER BY first_at",
            params![carrier, sender],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok((row.get()?, row.get()?))).collect()
}

/// Each with the number of parts it has.
pub(crate) async fn oldest_waiting(
    tx: &mut impl Tx,
    carrier: &str,
    limit: u32,
) -> Result<Vec<(InboundId, i64)>> {
    let rows = tx
        .query(
            "SELECT id, here FROM inbound_sets WHERE joined_at IS NULL AND carrier = ?1
             ORDER BY first_at LIMIT ?2",
            params![carrier, limit],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok((row.get()?, row.get()?))).collect()
}

pub(crate) async fn mark_joined(tx: &mut impl Tx, ids: &[InboundId], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = ids.iter().map(|id| params![id, now]).collect();
    tx.execute_many("UPDATE inbound_sets SET joined_at = ?2 WHERE id = ?1", &rows).await.map(drop)
}

/// Deletes sets that were joined before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT id FROM inbound_sets WHERE joined_at IS NOT NULL AND joined_at < ?1
             ORDER BY joined_at LIMIT ?2 FOR UPDATE SKIP LOCKED",
            params![before, limit],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<InboundId>>>()?;
    let rows: Vec<_> = ids.iter().map(|id| params![id]).collect();
    tx.execute_many("DELETE FROM inbound_parts WHERE set_id = ?1", &rows).await?;
    tx.execute_many("DELETE FROM inbound_sets WHERE id = ?1", &rows).await?;
    Ok(super::count(ids.len()))
}
