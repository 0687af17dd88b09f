//! An account's messages, of orders and campaigns, newest first: ids are in the order of time.

use domain::id::{AccountId, MessageId};
use domain::limits::MESSAGES_PAGE_MAX;
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::ports::BulkList;
use uuid::Uuid;

use super::rows::find_many;
use crate::tx::{Result, Tx, params};

/// A page, and the number of messages on all pages.
pub(crate) async fn list(
    tx: &mut impl Tx,
    account: AccountId,
    list: &BulkList,
) -> Result<(Vec<BulkMessage>, u64)> {
    let limit = list.limit.min(MESSAGES_PAGE_MAX);
    let offset = i64::try_from(list.offset).unwrap_or(i64::MAX).min(i64::MAX - i64::from(limit));
    let none_newer = MessageId(Uuid::max());
    let ids = newest(tx, account, list.state, none_newer, offset, limit).await?;
    let count = count(tx, account, list.state).await?;
    Ok((find_many(tx, account, &ids).await?, count))
}

macro_rules! in_state {
    ($state:literal) => {
        concat!(
            "SELECT id FROM messages
             WHERE account = ?1 AND listed = 1 AND id < ?2 AND state = ",
            $state
        )
    };
}

/// Messages before one, in any state or in one. The index is by state, so messages in any state are
/// merged from five ranges.
pub(crate) async fn newest(
    tx: &mut impl Tx,
    account: AccountId,
    state: Option<MessageState>,
    before: MessageId,
    offset: i64,
    limit: u32,
) -> Result<Vec<MessageId>> {
    let rows = match state {
        Some(state) => {
            tx.query(
                concat!(in_state!("?5"), " ORDER BY id DESC LIMIT ?3 OFFSET ?4"),
                params![account, &before, limit, offset, state],
            )
            .await?
        }
        None => {
            tx.query(
                concat!(
                    in_state!("'scheduled'"),
                    " UNION ALL ",
                    in_state!("'pending'"),
                    " UNION ALL ",
                    in_state!("'sent'"),
                    " UNION ALL ",
                    in_state!("'failed'"),
                    " UNION ALL ",
                    in_state!("'cancelled'"),
                    " ORDER BY id DESC LIMIT ?3 OFFSET ?4"
                ),
                params![account, &before, limit, offset],
            )
            .await?
        }
    };
    rows.into_iter().map(|mut row| row.get()).collect()
}

/// The total is counted on insert. Nearly all messages become *sent*, so these are the total minus
/// the others.
async fn count(tx: &mut impl Tx, account: AccountId, state: Option<MessageState>) -> Result<u64> {
    let others = match state {
        None => "",
        Some(MessageState::Sent) => "scheduled pending failed cancelled",
        Some(state) => state.as_str(),
    };
    let rows: Vec<_> = others.split_whitespace().map(|state| params![account, state]).collect();
    let found = tx
        .query_many(
            "SELECT count(*) FROM messages WHERE account = ?1 AND listed = 1 AND state = ?2",
            &rows,
        )
        .await?;
    let mut counted = 0_u64;
    for mut row in found.into_iter().flatten() {
        counted += row.get::<u64>()?;
    }
    if !matches!(state, None | Some(MessageState::Sent)) {
        return Ok(counted);
    }
    let all = tx
        .query("SELECT messages FROM message_counts WHERE account = ?1", params![account])
        .await?;
    let all: u64 = all.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    Ok(all.saturating_sub(counted))
}
