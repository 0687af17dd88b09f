//! Campaigns of an account, newest first: ids are in the order of time.

use std::cmp::Reverse;

use domain::id::{AccountId, MessageId};
use domain::limits::MESSAGES_PAGE_MAX;
use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use domain::ports::BulkList;

use super::rows::find_many;
use crate::tx::{Result, Tx, params};

/// A page, and how many there are on all pages.
pub(crate) async fn list(
    tx: &mut impl Tx,
    account: AccountId,
    list: &BulkList,
) -> Result<(Vec<BulkMessage>, u64)> {
    let limit = i64::from(list.limit.min(MESSAGES_PAGE_MAX));
    let offset = i64::try_from(list.offset).unwrap_or(i64::MAX).min(i64::MAX - limit);
    let mut states = list.states.clone();
    states.sort_unstable_by_key(|state| state.as_str());
    states.dedup();
    let (ids, count) = if states.is_empty() {
        of_any_state(tx, account, offset, limit).await?
    } else {
        of_states(tx, account, &states, offset, limit).await?
    };
    Ok((find_many(tx, account, &ids).await?, count))
}

async fn of_any_state(
    tx: &mut impl Tx,
    account: AccountId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<MessageId>, u64)> {
    let counted =
        tx.query("SELECT count(*) FROM bulk_messages WHERE account = ?1", params![account]).await?;
    let rows = tx
        .query(
            "SELECT message FROM bulk_messages WHERE account = ?1
             ORDER BY message DESC LIMIT ?2 OFFSET ?3",
            params![account, limit, offset],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<_>>()?;
    let count = counted.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    Ok((ids, count))
}

/// Each state has its own order in the index; several are merged.
async fn of_states(
    tx: &mut impl Tx,
    account: AccountId,
    states: &[MessageState],
    offset: i64,
    limit: i64,
) -> Result<(Vec<MessageId>, u64)> {
    let rows: Vec<_> = states.iter().map(|state| params![account, *state]).collect();
    let counted = tx
        .query_many(
            "SELECT count(*) FROM messages
             WHERE account = ?1 AND state = ?2 AND order_id IS NULL",
            &rows,
        )
        .await?;
    let mut count = 0_u64;
    for mut row in counted.into_iter().flatten() {
        count += row.get::<u64>()?;
    }
    // What is left out of one list is not known before they are merged.
    let alone = states.len() == 1;
    let (skipped, taken) = if alone { (offset, limit) } else { (0, offset + limit) };
    let rows: Vec<_> =
        states.iter().map(|state| params![account, *state, taken, skipped]).collect();
    let found = tx
        .query_many(
            "SELECT id FROM messages
             WHERE account = ?1 AND state = ?2 AND order_id IS NULL
             ORDER BY id DESC LIMIT ?3 OFFSET ?4",
            &rows,
        )
        .await?;
    let ids = found.into_iter().flatten().map(|mut row| row.get());
    let mut ids = ids.collect::<Result<Vec<MessageId>>>()?;
    ids.sort_unstable_by_key(|id| Reverse(*id));
    let skip = usize::try_from(if alone { 0 } else { offset }).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(0);
    Ok((ids.into_iter().skip(skip).take(limit).collect(), count))
}
