//! Inbound messages: parts are kept until they are joined.
//!
//! ```text
//! parts ──> inbound_sets + inbound_parts ── complete, or overdue ──> inbound_messages + event
//! ```
//!
//! A joined set is kept for as long as a carrier may repeat its parts, so that repeats are recognised.
//! Which set a part belongs to is decided by [`domain::inbound::place`].

mod messages;
mod part_set_rows;
mod part_sets;

use std::collections::{BTreeMap, BTreeSet};

use domain::id::InboundId;
use domain::inbound::{InboundPart, Receivers};
use domain::limits::{
    INBOUND_INCOMPLETE_PER_SENDER_MAX, INBOUND_JOINED_MAX, INBOUND_PARTS_WAITING_MAX,
    INBOUND_PARTS_WAITING_PER_SENDER_MAX, INBOUND_REPEAT_MAX,
};
use domain::ports::InboundRecorded;
use domain::time::Timestamp;

use self::messages::Added;
pub(crate) use self::messages::{find, forget, list, received};
use self::part_sets::PartSets;
use crate::tx::{AdvisoryLock, Result, Tx, params};

pub(crate) async fn record(
    tx: &mut impl Tx,
    parts: &[(InboundId, InboundPart)],
    receivers: &Receivers,
    now: Timestamp,
) -> Result<InboundRecorded> {
    record_parts(tx, parts, None, receivers, now).await
}

/// A message that came in one part. `sent_at` is the network's time.
pub(crate) async fn record_whole(
    tx: &mut impl Tx,
    part: (InboundId, InboundPart),
    sent_at: Option<Timestamp>,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<InboundRecorded> {
    record_parts(tx, &[part], sent_at, receivers, now).await
}

async fn record_parts(
    tx: &mut impl Tx,
    parts: &[(InboundId, InboundPart)],
    sent_at: Option<Timestamp>,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<InboundRecorded> {
    let carriers: BTreeSet<_> = parts.iter().map(|(_, part)| part.carrier.as_str()).collect();
    for carrier in &carriers {
        tx.lock(AdvisoryLock::JoinParts(carrier)).await?;
    }
    let mut sets = PartSets::load(tx, parts.iter().map(|(_, part)| part)).await?;
    let mut recorded = InboundRecorded::default();
    for (id, part) in parts {
        if !sets.take(*id, part, now) {
            recorded.repeats += 1;
        }
    }
    sets.save(tx).await?;
    let joined = sets.into_joined();
    recorded.complete = count(joined.len());
    let added = messages::add(tx, &joined, sent_at, receivers, now).await?;
    (recorded.events, recorded.replies, recorded.loans) =
        (added.events, added.replies, added.loans);
    let senders: BTreeSet<_> =
        parts.iter().map(|(_, part)| (part.carrier.as_str(), part.from.as_str())).collect();
    for (carrier, sender) in senders {
        let joined = make_room_of(tx, carrier, sender, receivers, now).await?;
        joined.add_to(&mut recorded);
    }
    for carrier in carriers {
        let joined = make_room(tx, carrier, receivers, now).await?;
        joined.add_to(&mut recorded);
    }
    Ok(recorded)
}

pub(crate) async fn join_incomplete(
    tx: &mut impl Tx,
    waiting_since: Timestamp,
    receivers: &Receivers,
    now: Timestamp,
    limit: u32,
) -> Result<InboundRecorded> {
    let rows = tx
        .query(
            "SELECT DISTINCT carrier FROM inbound_sets
             WHERE joined_at IS NULL AND first_at < ?1 ORDER BY carrier",
            params![waiting_since],
        )
        .await?;
    for mut row in rows {
        let carrier: String = row.get()?;
        tx.lock(AdvisoryLock::JoinParts(&carrier)).await?;
    }
    let rows = tx
        .query(
            "SELECT id FROM inbound_sets WHERE joined_at IS NULL AND first_at < ?1
             ORDER BY first_at LIMIT ?2",
            params![waiting_since, limit],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<_>>>()?;
    let joined = join_as_they_are(tx, &ids, receivers, now).await?;
    let forgotten = part_set_rows::forget(tx, now.before(INBOUND_REPEAT_MAX), limit).await?;
    let mut recorded = InboundRecorded { forgotten, ..InboundRecorded::default() };
    joined.add_to(&mut recorded);
    Ok(recorded)
}

/// Messages joined without overdue parts.
#[derive(Default)]
struct Joined {
    messages: u32,
    added: Added,
}

impl Joined {
    fn add_to(self, recorded: &mut InboundRecorded) {
        recorded.incomplete += self.messages;
        recorded.events += self.added.events;
        recorded.replies += self.added.replies;
        recorded.loans.extend(self.added.loans);
    }
}

/// Joins the oldest incomplete messages of a sender of which too many parts wait.
async fn make_room_of(
    tx: &mut impl Tx,
    carrier: &str,
    sender: &str,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<Joined> {
    let waiting = part_set_rows::waiting_of(tx, carrier, sender).await?;
    let parts: i64 = waiting.iter().map(|(_, here)| here).sum();
    let mut excess = parts - i64::from(INBOUND_PARTS_WAITING_PER_SENDER_MAX);
    let mut ids = Vec::new();
    for (id, here) in waiting {
        if excess <= 0 {
            break;
        }
        excess -= here;
        ids.push(id);
    }
    if ids.is_empty() {
        Ok(Joined::default())
    } else {
        join_as_they_are(tx, &ids, receivers, now).await
    }
}

/// Joins the oldest incomplete messages of a carrier of which too many parts wait.
async fn make_room(
    tx: &mut impl Tx,
    carrier: &str,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<Joined> {
    let mut excess =
        part_set_rows::waiting(tx, carrier).await? - i64::from(INBOUND_PARTS_WAITING_MAX);
    if excess <= 0 {
        return Ok(Joined::default());
    }
    let mut ids = Vec::new();
    for (id, here) in part_set_rows::oldest_waiting(tx, carrier, INBOUND_JOINED_MAX).await? {
        if excess <= 0 {
            break;
        }
        excess -= here;
        ids.push(id);
    }
    join_as_they_are(tx, &ids, receivers, now).await
}

/// Joins these sets without their missing parts; drops those of senders of whom enough are kept.
async fn join_as_they_are(
    tx: &mut impl Tx,
    ids: &[InboundId],
    receivers: &Receivers,
    now: Timestamp,
) -> Result<Joined> {
    let mut sets = part_set_rows::load(tx, ids).await?;
    part_set_rows::mark_joined(tx, ids, now).await?;
    let all = sets.len();
    let mut kept: BTreeMap<String, i64> = BTreeMap::new();
    for set in &sets {
        let sender = set.key.from.as_str();
        if !kept.contains_key(sender) {
            kept.insert(sender.to_owned(), messages::incomplete_of(tx, sender).await?);
        }
    }
    sets.retain(|set| {
        let Some(kept) = kept.get_mut(set.key.from.as_str()) else { return true };
        *kept += 1;
        *kept <= i64::from(INBOUND_INCOMPLETE_PER_SENDER_MAX)
    });
    if sets.len() < all {
        let dropped = all - sets.len();
        tracing::warn!(dropped, "a sender has too many incomplete inbound messages; dropped");
    }
    let added = messages::add(tx, &sets, None, receivers, now).await?;
    Ok(Joined { messages: count(all), added })
}

fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}
