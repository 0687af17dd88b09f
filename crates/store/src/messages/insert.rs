//! A new message: its row, its recipients, and the chunks that queue them.

use domain::limits::{CHUNK_RECIPIENTS_MAX, MESSAGE_RECIPIENTS_MAX};
use domain::message::{Address, MessageState, NewMessage};
use domain::order::OrderId;
use domain::ports::PortError;
use domain::recipient::RecipientState;
use domain::time::Timestamp;

use crate::sql::{Result, Tx, params};

pub(crate) async fn insert(
    tx: &mut impl Tx,
    new: &NewMessage,
    order: Option<&OrderId>,
    now: Timestamp,
) -> Result<()> {
    let (content, id) = (&new.content, &new.content.message);
    let count = u32::try_from(new.recipients.len()).unwrap_or(u32::MAX);
    if count == 0 || count > MESSAGE_RECIPIENTS_MAX {
        return Err(PortError::Refused("a message has 1 to 2,000,000 recipients".to_owned()));
    }
    let sender = content.sender.as_ref().map(|sender| sender.as_str());
    let stored = tx
        .execute(
            "INSERT INTO messages (id, account, order_id, sender, text, parts, lane, state,
                 valid_until, receipts_until, recipients, pending, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?12)
             ON CONFLICT (id) DO NOTHING",
            params![
                id,
                content.account,
                order,
                sender,
                content.text.as_str(),
                content.parts,
                content.lane,
                MessageState::Pending,
                content.valid_until,
                new.receipts_until,
                count,
                now,
            ],
        )
        .await?;
    if stored == 0 {
        return Err(PortError::Conflict("the message exists".to_owned()));
    }
    let mut first = 0;
    let run = usize::try_from(CHUNK_RECIPIENTS_MAX).unwrap_or(usize::MAX);
    for addresses in new.recipients.chunks(run) {
        first = insert_chunk(tx, new, first, addresses, now).await?;
    }
    Ok(())
}

/// Returns the index after the chunk's last.
async fn insert_chunk(
    tx: &mut impl Tx,
    new: &NewMessage,
    first: u32,
    addresses: &[Address],
    now: Timestamp,
) -> Result<u32> {
    let (content, id) = (&new.content, &new.content.message);
    let addresses: Vec<_> = addresses.iter().map(Address::stored).collect();
    let rows: Vec<_> = (first..)
        .zip(&addresses)
        .map(|(index, address)| params![id, index, address, RecipientState::Pending, now])
        .collect();
    tx.execute_many(
        "INSERT INTO recipients (message, idx, address, state, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &rows,
    )
    .await?;
    let next = first.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    tx.execute(
        "INSERT INTO chunks (message, first_idx, last_idx, lane, valid_until, due_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![id, first, next.saturating_sub(1), content.lane, content.valid_until, now],
    )
    .await?;
    Ok(next)
}
