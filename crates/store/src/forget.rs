//! Dropping what nobody asks for any more: orders that were cancelled without ever having been paid,
//! webhook calls that ended with the events they told, and chunks that ended. No money depends on
//! any of it, and the ledger is never touched.

use domain::order::OrderId;
use domain::time::Timestamp;
use uuid::Uuid;

use crate::sql::{Result, Tx, params};

/// At most `limit` rows of each that ended before `before`; returns how many rows went.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let orders = forget_orders(tx, before, limit).await?;
    let calls = forget_calls(tx, before, limit).await?;
    // No late outcome is told of a chunk that ended so long ago.
    let chunks = tx
        .execute(
            "DELETE FROM chunks WHERE id IN (
                 SELECT id FROM chunks WHERE ended_at IS NOT NULL AND ended_at < ?1
                 ORDER BY ended_at LIMIT ?2
             )",
            params![before, limit],
        )
        .await?;
    Ok(orders + calls + chunks)
}

async fn forget_orders(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
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
    let calls = tx
        .execute_many(
            "DELETE FROM webhook_calls
             WHERE event IN (SELECT id FROM events WHERE order_id = ?1)",
            &ids,
        )
        .await?;
    let events = tx.execute_many("DELETE FROM events WHERE order_id = ?1", &ids).await?;
    let orders = tx.execute_many("DELETE FROM orders WHERE id = ?1", &ids).await?;
    Ok([calls, events, orders].iter().flatten().sum())
}

/// An event goes with the last of its calls.
async fn forget_calls(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let rows = tx
        .query(
            "DELETE FROM webhook_calls WHERE id IN (
                 SELECT id FROM webhook_calls WHERE ended_at IS NOT NULL AND ended_at < ?1
                 ORDER BY ended_at LIMIT ?2
             )
             RETURNING event",
            params![before, limit],
        )
        .await?;
    let calls = rows.len() as u64;
    let told = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<Uuid>>>()?;
    let told: Vec<_> = told.iter().map(|event| params![event]).collect();
    let events = tx
        .execute_many(
            "DELETE FROM events WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM webhook_calls c WHERE c.event = events.id)",
            &told,
        )
        .await?;
    Ok(calls + events.iter().sum::<u64>())
}
