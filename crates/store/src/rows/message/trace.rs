//! Traces of a message's recipients, of their failed tries, and of their parts at carriers.

use std::collections::BTreeSet;

use domain::id::MessageId;
use domain::message::Address;
use domain::message::delivery::TriedCarriers;
use domain::message::door::Door;
use domain::message::recipient::RecipientState;
use domain::ports::{NotedReceipt, PartTrace, PortError, RecipientTrace, TracedMessage};
use domain::routing::CarrierName;

use super::tries;
use crate::rows::campaign::{self, claim_number};
use crate::tx::{Result, Row, Tx, params};

/// `None` without such a message.
pub(crate) async fn traced_message(
    tx: &mut impl Tx,
    message: &MessageId,
) -> Result<Option<TracedMessage>> {
    let rows = tx
        .query(
            "SELECT m.id, m.order_id, m.account, coalesce(m.door, o.door, b.door), m.created_at,
                 m.valid_until
             FROM messages m
             LEFT JOIN orders o ON o.id = m.order_id
             LEFT JOIN bulk_messages b ON b.message = m.id
             WHERE m.id = ?1",
            params![message],
        )
        .await?;
    rows.into_iter().next().map(read_message).transpose()
}

fn read_message(mut row: Row) -> Result<TracedMessage> {
    let (id, order, account) = (row.get()?, row.get()?, row.get()?);
    let door = row.get::<Option<String>>()?.map(|door| door.parse::<Door>()).transpose();
    let door = door.map_err(|_| PortError::Refused("unreadable column: door".to_owned()))?;
    let (created_at, valid_until) = (row.get()?, row.get()?);
    Ok(TracedMessage { id, order, account, door, created_at, valid_until })
}

/// Up to `limit` recipients from index `first` on, without the excluded ones.
pub(crate) async fn trace(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    limit: u32,
) -> Result<Vec<RecipientTrace>> {
    let last = first.saturating_add(limit);
    let rows = tx
        .query(
            concat!(
                "SELECT r.idx, r.address, r.state, r.reason, r.code, r.tried, r.updated_at,
                     c.requeued_at
                 FROM all_recipients r ",
                crate::rows::campaign::missed_runs::waits_for_retry!(),
                " WHERE r.message = ?1 AND r.idx >= ?2 AND r.idx < ?3 ORDER BY r.idx"
            ),
            params![message, first, last],
        )
        .await?;
    let (mut recipients, mut requeued) = (Vec::with_capacity(rows.len()), BTreeSet::new());
    for row in rows {
        let (recipient, again) = read(row)?;
        if again {
            requeued.insert(recipient.index);
        }
        recipients.push(recipient);
    }
    recipients.extend(packed(tx, message, first, last).await?);
    recipients.sort_by_key(|recipient| recipient.index);
    let rows = tx
        .query(
            "SELECT idx, carrier, carrier_id, part, parts, attempt, link, state, code, at, decided_at,
                 noted, noted_code, noted_at
             FROM all_submissions WHERE message = ?1 AND idx >= ?2 AND idx < ?3
             ORDER BY idx, at, attempt, carrier, part",
            params![message, first, last],
        )
        .await?;
    for mut row in rows {
        let index: u32 = row.get()?;
        let found = recipients.binary_search_by_key(&index, |recipient| recipient.index);
        // Parts and tries before a paid retry are not shown.
        if let Ok(found) = found
            && !requeued.contains(&index)
        {
            recipients[found].parts.push(read_part(row)?);
        }
    }
    for (index, failed) in tries::between(tx, message, first, last).await? {
        let found = recipients.binary_search_by_key(&index, |recipient| recipient.index);
        if let Ok(found) = found
            && !requeued.contains(&index)
        {
            recipients[found].tries.push(failed);
        }
    }
    Ok(recipients)
}

/// Recipients of a campaign that are still packed.
async fn packed(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    last: u32,
) -> Result<Vec<RecipientTrace>> {
    let pending = campaign::pending(tx, message, first, last).await?;
    let rows = tx.query("SELECT created_at FROM messages WHERE id = ?1", params![message]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(Vec::new()) };
    let updated_at = row.get()?;
    let trace = |(index, number)| RecipientTrace {
        index,
        to: Address::Phone(number),
        state: RecipientState::Pending,
        reason: None,
        code: None,
        tried: Vec::new(),
        updated_at,
        tries: Vec::new(),
        parts: Vec::new(),
    };
    Ok(pending.into_iter().map(trace).collect())
}

/// With whether it waits for a retry: then its row holds the result of the previous try.
fn read(mut row: Row) -> Result<(RecipientTrace, bool)> {
    let (index, to, state) = (row.get()?, row.get()?, row.get()?);
    let (reason, code, tried) = (row.get()?, row.get()?, row.get::<Option<String>>()?);
    let tried = TriedCarriers::from_stored(tried.as_deref()).into_names();
    let (updated_at, tries, parts) = (row.get()?, Vec::new(), Vec::new());
    let trace = RecipientTrace { index, to, state, reason, code, tried, updated_at, tries, parts };
    let Some(updated_at) = row.get()? else { return Ok((trace, false)) };
    let (state, reason, code, tried) = (RecipientState::Pending, None, None, Vec::new());
    Ok((RecipientTrace { state, reason, code, tried, updated_at, ..trace }, true))
}

fn read_part(mut row: Row) -> Result<PartTrace> {
    Ok(PartTrace {
        carrier: CarrierName::new(&row.get::<String>()?),
        carrier_id: row.get()?,
        part: row.get()?,
        parts: row.get()?,
        attempt: claim_number(row.get()?),
        link: row.get()?,
        state: row.get()?,
        code: row.get()?,
        taken_at: row.get()?,
        decided_at: row.get()?,
        noted: read_noted(&mut row)?,
    })
}

fn read_noted(row: &mut Row) -> Result<Option<NotedReceipt>> {
    let (state, code, at) = (row.get()?, row.get()?, row.get()?);
    let (Some(state), Some(at)) = (state, at) else { return Ok(None) };
    Ok(Some(NotedReceipt { state, code, at }))
}
