//! Joined inbound messages: stored with their events, and read.

use domain::id::{AccountId, InboundId};
use domain::inbound::{InboundContent, InboundMessage, Octets, Party, Receivers};
use domain::ports::{PortError, ReceivedMessage};
use domain::routing::CarrierName;
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::part_set_rows::Set;
use crate::rows::campaign::take_sms_ids;
use crate::rows::keyword::{self, KeywordOwner};
use crate::rows::pool;
use crate::rows::{directory::blocklist, event};
use crate::tx::{Result, Row, Tx, params};

/// What was stored with messages.
#[derive(Default)]
pub(super) struct Added {
    pub(super) events: u32,
    /// Replies to keywords.
    pub(super) replies: u32,
    /// Loans that a message came for.
    pub(super) loans: Vec<Uuid>,
}

/// Stores the messages of these sets, complete or not, with their events and replies, and applies their
/// keywords to the block list. A message with an account's keyword is that account's; one to a number on loan is the
/// loan's alone. `sent_at` is the network's time of a single message, if it is known.
pub(super) async fn add(
    tx: &mut impl Tx,
    sets: &[Set],
    sent_at: Option<Timestamp>,
    receivers: &Receivers,
    now: Timestamp,
) -> Result<Added> {
    if sets.is_empty() {
        return Ok(Added::default());
    }
    let mut messages: Vec<_> = sets.iter().map(|set| message(set, receivers)).collect();
    let owners = keyword::owners(tx, &messages, receivers).await?;
    for (message, owner) in messages.iter_mut().zip(&owners) {
        message.account = owner.as_ref().map(|owner| owner.account).or(message.account);
    }
    let mut loans = pool::find_loans(tx, &messages, now).await?;
    let is_lent = |message: &InboundMessage| loans.contains_key(message.to.as_str());
    messages
        .iter_mut()
        .filter(|message| is_lent(message))
        .for_each(|message| message.account = None);
    let sms_ids = take_ids(tx, &messages).await?;
    let missing: Vec<_> = messages.iter().map(|message| words(&message.missing)).collect();
    let rows: Vec<_> = messages
        .iter()
        .zip(&missing)
        .zip(owners.iter().zip(&sms_ids))
        .map(|((message, missing), (owner, sms_id))| {
            let (text, octets) = match &message.content {
                InboundContent::Text(text) => (Some(text.as_str()), None),
                InboundContent::Octets(octets) => (None, Some(octets.as_slice())),
            };
            let (from, to) = (message.from.as_str(), message.to.as_str());
            let (carrier, account) = (message.carrier.as_str(), message.account);
            let (parts, at) = (u32::from(message.parts), message.received_at);
            let word = owner.as_ref().map(|owner| owner.word.as_str());
            params![
                &message.id,
                carrier,
                from,
                to,
                account,
                text,
                octets,
                parts,
                missing,
                at,
                now,
                word,
                *sms_id
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO inbound_messages (id, carrier, sender, destination, account, text, octets,
             parts, missing, received_at, joined_at, keyword, sms_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        &rows,
    )
    .await?;
    let mut events = Vec::new();
    let of_nobody = messages.iter().zip(&owners).filter(|(message, _)| !is_lent(message));
    for (message, owner) in of_nobody {
        let receiver = receivers.of(&message.to);
        let of_owner = owner.as_ref().and_then(|owner| owner.callback.as_ref());
        let targets = [receiver.target.as_ref(), receiver.callback.as_ref().or(of_owner)];
        let targets = targets.into_iter().flatten();
        events.extend((1..).zip(targets).map(|(number, target)| (message, number, target)));
    }
    event::add_inbound(tx, &events, now).await?;
    let events = super::count(events.len());
    blocklist::obey(tx, &messages, receivers, now).await?;
    let replies = add_replies(tx, &messages, &owners, receivers, now).await?;
    let loans = pool::add_messages(tx, &messages, sent_at, &mut loans, now).await?;
    Ok(Added { events, replies, loans })
}

async fn add_replies(
    tx: &mut impl Tx,
    messages: &[InboundMessage],
    owners: &[Option<KeywordOwner>],
    receivers: &Receivers,
    now: Timestamp,
) -> Result<u32> {
    let mut replies = 0;
    for (message, owner) in messages.iter().zip(owners) {
        if let Some(owner) = owner.as_ref().filter(|owner| owner.has_reply) {
            let added = keyword::add_reply(tx, message, owner.keyword, receivers, now).await?;
            replies += u32::from(added);
        }
    }
    Ok(replies)
}

/// Ids of the query door for messages of accounts.
async fn take_ids(tx: &mut impl Tx, messages: &[InboundMessage]) -> Result<Vec<Option<i64>>> {
    let of_accounts = messages.iter().filter(|message| message.account.is_some()).count();
    if of_accounts == 0 {
        return Ok(vec![None; messages.len()]);
    }
    let first = take_sms_ids(tx, super::count(of_accounts)).await?;
    let mut ids = i64::try_from(first).unwrap_or(i64::MAX)..;
    let id = |message: &InboundMessage| message.account.and_then(|_| ids.next());
    Ok(messages.iter().map(id).collect())
}

fn message(set: &Set, receivers: &Receivers) -> InboundMessage {
    InboundMessage {
        id: set.id,
        carrier: set.key.carrier.clone(),
        from: set.key.from.clone(),
        to: set.key.to.clone(),
        content: set.parts.content(),
        parts: set.parts.total,
        missing: set.parts.missing(),
        account: receivers.of(&set.key.to).account,
        received_at: set.parts.first_at,
    }
}

/// Numbers separated by spaces.
fn words(numbers: &[u8]) -> String {
    numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn find(tx: &mut impl Tx, id: InboundId) -> Result<Option<InboundMessage>> {
    let rows = tx
        .query(
            "SELECT id, carrier, sender, destination, account, text, octets, parts, missing,
                 received_at
             FROM inbound_messages WHERE id = ?1",
            params![&id],
        )
        .await?;
    rows.into_iter().next().map(read).transpose()
}

pub(crate) async fn list(
    tx: &mut impl Tx,
    before: Option<InboundId>,
    limit: u32,
) -> Result<Vec<InboundMessage>> {
    let before = before.unwrap_or(InboundId(Uuid::max()));
    let rows = tx
        .query(
            "SELECT id, carrier, sender, destination, account, text, octets, parts, missing,
                 received_at
             FROM inbound_messages WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            params![&before, limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

/// Messages of an account, newest first.
pub(crate) async fn received(
    tx: &mut impl Tx,
    account: AccountId,
    before: Option<InboundId>,
    limit: u32,
) -> Result<Vec<ReceivedMessage>> {
    let before = before.unwrap_or(InboundId(Uuid::max()));
    let rows = tx
        .query(
            "SELECT id, carrier, sender, destination, account, text, octets, parts, missing,
                 received_at, sms_id, keyword
             FROM inbound_messages WHERE account = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
            params![account, &before, limit],
        )
        .await?;
    let read = |mut row: Row| {
        let message = read_from(&mut row)?;
        Ok(ReceivedMessage { message, sms_id: row.get()?, keyword: row.get()? })
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<InboundMessage> {
    read_from(&mut row)
}

fn read_from(row: &mut Row) -> Result<InboundMessage> {
    let unreadable = |column| PortError::Refused(format!("unreadable column: {column}"));
    let id = row.get()?;
    let carrier = CarrierName::new(&row.get::<String>()?);
    let (from, to) = (Party::new(row.get::<String>()?), Party::new(row.get::<String>()?));
    let account = row.get()?;
    let content = match (row.get::<Option<String>>()?, row.get::<Option<Vec<u8>>>()?) {
        (Some(text), None) => InboundContent::Text(Text::from(text)),
        (None, Some(octets)) => InboundContent::Octets(Octets::new(octets)),
        _ => return Err(unreadable("text")),
    };
    let parts = row.get()?;
    let missing = row.get::<String>()?;
    let missing = missing.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>();
    let missing = missing.map_err(|_| unreadable("missing"))?;
    let received_at = row.get()?;
    Ok(InboundMessage { id, carrier, from, to, content, parts, missing, account, received_at })
}

/// Incomplete messages of a sender that are kept.
pub(crate) async fn incomplete_of(tx: &mut impl Tx, sender: &str) -> Result<i64> {
    let rows = tx
        .query(
            "SELECT count(*) FROM inbound_messages WHERE missing <> '' AND sender = ?1",
            params![sender],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.get())
}

/// Deletes at most `limit` incomplete messages that were joined before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM inbound_messages WHERE id IN (
             SELECT id FROM inbound_messages WHERE missing <> '' AND joined_at < ?1 LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}
