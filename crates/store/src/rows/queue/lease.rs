//! Leases of chunks. A leased chunk's `due_at` is the end of its lease, so that the chunk of a dead
//! node becomes due by itself. A lost or released lease does not show what a carrier has: the
//! chunk's doubt stays ([`domain::message::chunk`]).
//!
//! A change that has locked a chunk's row is about to end or claim it; no other waits for the lock.

use domain::message::chunk::DoubtEvent;
use domain::ports::{ChunkId, Lease};
use domain::time::Timestamp;

use super::leased_chunks::LeasedChunk;
use crate::rows::event;
use crate::rows::message::single;
use crate::tx::{Result, Row, Tx, UNREADABLE_WAIT, params};

/// Expired leases released per call.
const LAPSED_MAX: u32 = 1_000;

/// Leases chunks whose rows the caller has locked.
pub(super) async fn lease(
    tx: &mut impl Tx,
    chunks: &[LeasedChunk],
    lease: &Lease,
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            let await_until = chunk.await_until.filter(|_| !chunk.is_overdue(now));
            let doubt = chunk.doubt.after(DoubtEvent::Claimed);
            let (id, attempt) = (&chunk.id, chunk.attempt);
            params![&id.message, id.first, &lease.node, lease.until, attempt, await_until, doubt]
        })
        .collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = ?3, due_at = ?4, attempt = ?5, await_until = ?6, doubt = ?7
         WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// Postpones chunks with unreadable rows, which need an operator.
pub(super) async fn put_off_unreadable(
    tx: &mut impl Tx,
    chunks: &[ChunkId],
    now: Timestamp,
) -> Result<()> {
    for chunk in chunks {
        tracing::error!(%chunk, "a chunk cannot be read and is put off");
    }
    let due_at = now.after(UNREADABLE_WAIT);
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first, due_at]).collect();
    tx.execute_many("UPDATE chunks SET due_at = ?3 WHERE message = ?1 AND first_idx = ?2", &rows)
        .await
        .map(drop)
}

pub(crate) async fn renew_leases(
    tx: &mut impl Tx,
    node: &str,
    claims: &[(ChunkId, u32)],
    lease_until: Timestamp,
) -> Result<()> {
    single::renew(tx, node, claims, lease_until).await?;
    let rows: Vec<_> =
        claims.iter().map(|(id, attempt)| params![&id.message, id.first, *attempt, node]).collect();
    let found = tx
        .query_many(
            "SELECT 1 FROM chunks
             WHERE message = ?1 AND first_idx = ?2 AND attempt = ?3 AND lease_node = ?4
             FOR UPDATE SKIP LOCKED",
            &rows,
        )
        .await?;
    let rows: Vec<_> = claims
        .iter()
        .zip(found)
        .filter(|(_, found)| !found.is_empty())
        .map(|((id, _), _)| params![&id.message, id.first, lease_until])
        .collect();
    tx.execute_many("UPDATE chunks SET due_at = ?3 WHERE message = ?1 AND first_idx = ?2", &rows)
        .await
        .map(drop)
}

/// Releases all leases of the node, of chunks and events. Returns how many.
pub(crate) async fn release_leases(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT message, first_idx FROM chunks WHERE lease_node = ?1 FOR UPDATE SKIP LOCKED",
            params![node],
        )
        .await?;
    let freed = read_ids(rows)?;
    free(tx, &freed, Some(now)).await?;
    let first_claims = single::free_node(tx, node, now).await?;
    Ok(freed.len() as u64 + first_claims + event::release(tx, node, now).await?)
}

/// Releases expired leases of a dead node: their chunks are due since the expiry.
pub(crate) async fn free_lapsed(tx: &mut impl Tx, now: Timestamp) -> Result<()> {
    let rows = tx
        .query(
            "SELECT message, first_idx FROM chunks WHERE lease_node IS NOT NULL AND due_at <= ?1
             ORDER BY due_at LIMIT ?2 FOR UPDATE SKIP LOCKED",
            params![now, LAPSED_MAX],
        )
        .await?;
    free(tx, &read_ids(rows)?, None).await?;
    single::free_lapsed(tx, now, LAPSED_MAX).await
}

fn read_ids(rows: Vec<Row>) -> Result<Vec<ChunkId>> {
    rows.into_iter().map(|mut row| Ok(ChunkId { message: row.get()?, first: row.get()? })).collect()
}

async fn free(tx: &mut impl Tx, chunks: &[ChunkId], due_at: Option<Timestamp>) -> Result<()> {
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first, due_at]).collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = coalesce(?3, due_at)
         WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}
