//! The content shared by the chunks of one message.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::MessageId;
use domain::message::{Content, MessageState};
use domain::reason::Reason;
use domain::text::Text;

use super::leased_chunks::Claim;
use crate::rows::message::form_columns;
use crate::tx::{Result, Row, Tx, params};

pub(crate) struct Loaded {
    pub(crate) content: Arc<Content>,
    /// The state of a campaign, as read without a lock; `None` of a message that has an order.
    pub(crate) campaign: Option<MessageState>,
    pub(crate) held_in_quiet_hours: bool,
    /// Its recipients have texts of their own.
    pub(crate) is_merged: bool,
    pub(crate) deadline_height: Option<u32>,
    /// Why its order ended without a delivery, if it did: submissions are no longer paid for.
    pub(crate) unpaid: Option<Reason>,
}

/// The readable contents.
pub(crate) async fn load_content(
    tx: &mut impl Tx,
    claim: &Claim,
) -> Result<BTreeMap<MessageId, Loaded>> {
    let messages: BTreeSet<_> = claim.chunks.iter().map(|chunk| chunk.id.message).collect();
    let ids: Vec<_> = messages.iter().map(|id| params![id]).collect();
    let found = tx
        .query_many(
            "SELECT m.id, m.account, m.sender, m.text, m.form, m.link, m.charge, m.parts, m.lane, m.valid_until,
                 o.deadline_height,
                 CASE WHEN coalesce(o.state, m.order_state) IN ('lost', 'cancelled')
                     THEN coalesce(o.reason, m.order_reason, 'node_refunded') END,
                 CASE WHEN m.order_id IS NULL THEN m.state END,
                 coalesce(b.at_any_hour, 1), b.own_parts IS NOT NULL
             FROM messages m LEFT JOIN orders o ON o.id = m.order_id
             LEFT JOIN bulk_messages b ON b.message = m.id AND m.order_id IS NULL
             WHERE m.id = ?1",
            &ids,
        )
        .await?;
    let mut contents = BTreeMap::new();
    for (message, rows) in messages.into_iter().zip(found) {
        match rows.into_iter().next().map(read) {
            Some(Ok(loaded)) => {
                contents.insert(message, loaded);
            }
            Some(Err(error)) => tracing::error!(%message, %error, "a message cannot be read"),
            None => tracing::error!(%message, "a chunk without its message"),
        }
    }
    Ok(contents)
}

fn read(mut row: Row) -> Result<Loaded> {
    let (message, account, sender) = (row.get()?, row.get()?, row.get()?);
    let text = Text::new(row.get::<String>()?);
    let (form, charge) = form_columns::read(&mut row)?;
    let content = Content {
        message,
        account,
        sender,
        text,
        form,
        charge,
        parts: row.get()?,
        lane: row.get()?,
        valid_until: row.get()?,
    };
    let (deadline_height, unpaid, campaign) = (row.get()?, row.get()?, row.get()?);
    let held_in_quiet_hours = row.get::<i64>()? == 0;
    let is_merged = row.get::<i64>()? != 0;
    let content = Arc::new(content);
    Ok(Loaded { content, campaign, held_in_quiet_hours, is_merged, deadline_height, unpaid })
}
