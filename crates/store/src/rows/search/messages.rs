//! Messages of all accounts, of orders and campaigns, newest first.

use domain::id::MessageId;
use domain::ports::{FoundMessage, MessageSearch, MessagesFound};

use super::{Budget, Ids};
use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn find_messages(
    tx: &mut impl Tx,
    search: &MessageSearch,
) -> Result<MessagesFound> {
    let mut ids = Ids::of(search.period);
    ids = search.before.map_or(ids, |before| ids.before(before));
    let limit = search.limit as usize;
    let (mut budget, mut found) = (Budget::new(search.limit), MessagesFound::default());
    loop {
        let step = budget.step();
        let messages = walk(tx, ids, step).await?;
        let looked_at = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        for message in messages {
            if found.messages.len() >= limit {
                return Ok(found);
            }
            found.next = Some(message.id);
            if fits(search, &message) {
                found.messages.push(message);
            }
        }
        if looked_at < step {
            return Ok(MessagesFound { next: None, ..found });
        }
        budget.spend(looked_at);
        match found.next {
            Some(last) if budget.left > 0 => ids = ids.before(last),
            _ => return Ok(found),
        }
    }
}

fn fits(search: &MessageSearch, message: &FoundMessage) -> bool {
    search.account.is_none_or(|account| message.account == Some(account))
        && search.state.is_none_or(|state| message.state == state)
}

/// The newest messages of these.
pub(crate) async fn walk(tx: &mut impl Tx, ids: Ids, limit: u32) -> Result<Vec<FoundMessage>> {
    let (first, last): (MessageId, MessageId) = ids.bounds();
    let rows = tx
        .query(
            "SELECT id, order_id, account, sender, parts, state, recipients, pending, finals,
                 delivered, created_at, updated_at
             FROM messages WHERE id >= ?1 AND id <= ?2 ORDER BY id DESC LIMIT ?3",
            params![&first, &last, limit],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<FoundMessage> {
    Ok(FoundMessage {
        id: row.get()?,
        order: row.get()?,
        account: row.get()?,
        sender: row.get()?,
        parts: row.get()?,
        state: row.get()?,
        recipients: row.get()?,
        pending: row.get()?,
        finals: row.get()?,
        delivered: row.get()?,
        created_at: row.get()?,
        updated_at: row.get()?,
    })
}
