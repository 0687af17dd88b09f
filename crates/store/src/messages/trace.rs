//! What is known of a message's way.

use domain::message::{Address, MessageId};
use domain::ports::{PartTrace, RecipientTrace, Word};
use domain::recipient::RecipientState;
use domain::routing::CarrierName;

use super::recipients::Tried;
use crate::bulk;
use crate::sql::{Result, Row, Tx, params};

/// Up to `limit` recipients from index `first` on; those who get nothing have no way.
pub(crate) async fn trace(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    limit: u32,
) -> Result<Vec<RecipientTrace>> {
    let last = first.saturating_add(limit);
    let rows = tx
        .query(
            "SELECT idx, address, state, reason, code, tried, updated_at FROM recipients
             WHERE message = ?1 AND idx >= ?2 AND idx < ?3 ORDER BY idx",
            params![message, first, last],
        )
        .await?;
    let mut recipients = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    recipients.extend(untouched(tx, message, first, last).await?);
    recipients.sort_by_key(|recipient| recipient.index);
    let rows = tx
        .query(
            "SELECT idx, carrier, carrier_id, part, parts, attempt, state, code, at, decided_at,
                 word, word_code, word_at
             FROM submissions WHERE message = ?1 AND idx >= ?2 AND idx < ?3
             ORDER BY idx, at, attempt, carrier, part",
            params![message, first, last],
        )
        .await?;
    for mut row in rows {
        let index: u32 = row.get()?;
        let found = recipients.binary_search_by_key(&index, |recipient| recipient.index);
        if let Ok(found) = found {
            recipients[found].parts.push(read_part(row)?);
        }
    }
    Ok(recipients)
}

/// Recipients of a message to many whose chunk nobody worked on yet.
async fn untouched(
    tx: &mut impl Tx,
    message: &MessageId,
    first: u32,
    last: u32,
) -> Result<Vec<RecipientTrace>> {
    let pending = bulk::pending(tx, message, first, last).await?;
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
        parts: Vec::new(),
    };
    Ok(pending.into_iter().map(trace).collect())
}

fn read(mut row: Row) -> Result<RecipientTrace> {
    let (index, to, state) = (row.get()?, row.get()?, row.get()?);
    let (reason, code, tried) = (row.get()?, row.get()?, row.get::<Option<String>>()?);
    let tried = Tried::read(tried.as_deref());
    let tried = tried.names().iter().map(|name| CarrierName::new(name)).collect();
    let updated_at = row.get()?;
    Ok(RecipientTrace { index, to, state, reason, code, tried, updated_at, parts: Vec::new() })
}

fn read_part(mut row: Row) -> Result<PartTrace> {
    Ok(PartTrace {
        carrier: CarrierName::new(&row.get::<String>()?),
        carrier_id: row.get()?,
        part: row.get()?,
        parts: row.get()?,
        attempt: row.get()?,
        state: row.get()?,
        code: row.get()?,
        taken_at: row.get()?,
        decided_at: row.get()?,
        word: read_word(&mut row)?,
    })
}

fn read_word(row: &mut Row) -> Result<Option<Word>> {
    let (state, code, at) = (row.get()?, row.get()?, row.get()?);
    let (Some(state), Some(at)) = (state, at) else { return Ok(None) };
    Ok(Some(Word { state, code, at }))
}
