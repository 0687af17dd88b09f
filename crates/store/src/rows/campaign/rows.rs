//! Campaigns as their senders see them.

use domain::id::{AccountId, MessageId};
use domain::message::campaign::{BulkMessage, Counts};
use domain::text::Text;

use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn find(
    tx: &mut impl Tx,
    account: AccountId,
    message: &MessageId,
) -> Result<Option<BulkMessage>> {
    let found = find_many(tx, account, std::slice::from_ref(message)).await?;
    Ok(found.into_iter().next())
}

/// In the order of the ids; those that are the account's.
pub(crate) async fn find_many(
    tx: &mut impl Tx,
    account: AccountId,
    messages: &[MessageId],
) -> Result<Vec<BulkMessage>> {
    let rows: Vec<_> = messages.iter().map(|id| params![id, account]).collect();
    let found = tx
        .query_many(
            "SELECT m.id, b.account, m.sender, m.text, m.parts, m.state, m.recipients, m.pending,
                 m.finals, m.delivered, b.failed, b.invalid, b.blocked, b.expired, b.timeout,
                 b.price, b.charged, b.refunded, b.start_at, b.paused, m.valid_until, m.created_at,
                 b.ended_at
             FROM bulk_messages b JOIN messages m ON m.id = b.message
             WHERE b.message = ?1 AND b.account = ?2",
            &rows,
        )
        .await?;
    found.into_iter().flatten().map(read).collect()
}

fn read(mut row: Row) -> Result<BulkMessage> {
    Ok(BulkMessage {
        id: row.get()?,
        account: row.get()?,
        sender: row.get()?,
        text: Text::new(row.get::<String>()?),
        parts: row.get()?,
        state: row.get()?,
        counts: read_counts(&mut row)?,
        price: row.get()?,
        charged: row.get()?,
        refunded: row.get()?,
        start_at: row.get()?,
        paused: row.get::<i64>()? != 0,
        valid_until: row.get()?,
        created_at: row.get()?,
        ended_at: row.get()?,
    })
}

fn read_counts(row: &mut Row) -> Result<Counts> {
    let recipients: u32 = row.get()?;
    let (pending, finals): (u32, u32) = (row.get()?, row.get()?);
    Ok(Counts {
        pending,
        submitted: recipients.saturating_sub(pending).saturating_sub(finals),
        success: row.get()?,
        failed: row.get()?,
        invalid: row.get()?,
        blocked: row.get()?,
        expired: row.get()?,
        timeout: row.get()?,
    })
}
