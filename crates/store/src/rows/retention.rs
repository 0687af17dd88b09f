//! Deletes rows past their retention: orders cancelled without payment, ended events, old idempotency
//! keys, incomplete inbound messages, replies to keywords, answers of lookups, loans of
//! wholesalers, marks of what phones reported, texts that they sent, and contacts of lists that no group shows. No money depends
//! on them, and the ledger is never touched.

use domain::id::OrderId;
use domain::time::Timestamp;

use crate::rows::{campaign, directory, event, inbound, keyword, lookup, order, phone, upstream};
use crate::tx::{Result, Tx, params};

/// Deletes at most `limit` rows of each that ended before `before`; returns how many.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let events = event::forget(tx, before, limit).await?;
    let keys = campaign::forget(tx, before, limit).await?;
    let keys = keys + order::forget_keys(tx, before, limit).await?;
    let contacts = directory::drop_lists(tx, before, limit).await?;
    let incomplete = inbound::forget(tx, before, limit).await?;
    let replies = keyword::forget_replies(tx, before, limit).await?;
    let answers = lookup::forget(tx, before, limit).await?;
    let upstreams = upstream::forget(tx, before, limit).await?;
    let seen = phone::forget(tx, before, limit).await?;
    let texts = phone::texts::forget(tx, before, limit).await?;
    Ok(events + keys + contacts + incomplete + replies + answers + upstreams + seen + texts)
}

pub(crate) async fn forget_orders(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT id FROM orders
             WHERE state = 'cancelled' AND paid_at IS NULL AND updated_at < ?1
             ORDER BY updated_at LIMIT ?2",
            params![before, limit],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<OrderId>>>()?;
    let ids: Vec<_> = ids.iter().map(|id| params![id]).collect();
    // They have no webhook calls: these begin with the payment.
    let deleted = tx.execute_many("DELETE FROM orders WHERE id = ?1", &ids).await?;
    Ok(deleted.iter().sum())
}
