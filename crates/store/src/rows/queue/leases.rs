//! What a node does with its leases. Whoever has a chunk's row is about to end or to claim it, so
//! nobody waits for one here.

use domain::ports::ChunkId;
use domain::time::Timestamp;

use crate::rows::event;
use crate::tx::{Result, Row, Tx, params};

/// Lapsed leases freed in one call.
const LAPSED_MAX: u32 = 1_000;

pub(crate) async fn renew_leases(
    tx: &mut impl Tx,
    node: &str,
    claims: &[(ChunkId, u32)],
    lease_until: Timestamp,
) -> Result<()> {
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

/// A lease that is given up says nothing of what a carrier has: the chunk stays unsure.
pub(crate) async fn release_leases(tx: &mut impl Tx, node: &str, now: Timestamp) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT message, first_idx FROM chunks WHERE lease_node = ?1 FOR UPDATE SKIP LOCKED",
            params![node],
        )
        .await?;
    let freed = read_ids(rows)?;
    free(tx, &freed, Some(now)).await?;
    Ok(freed.len() as u64 + event::release(tx, node, now).await?)
}

/// Frees what a node that died had leased: it is due since its lease passed.
pub(crate) async fn free_lapsed(tx: &mut impl Tx, now: Timestamp) -> Result<()> {
    let rows = tx
        .query(
            "SELECT message, first_idx FROM chunks WHERE lease_node IS NOT NULL AND due_at <= ?1
             ORDER BY due_at LIMIT ?2 FOR UPDATE SKIP LOCKED",
            params![now, LAPSED_MAX],
        )
        .await?;
    free(tx, &read_ids(rows)?, None).await
}

fn read_ids(rows: Vec<Row>) -> Result<Vec<ChunkId>> {
    rows.into_iter().map(|mut row| Ok(ChunkId { message: row.get()?, first: row.get()? })).collect()
}

async fn free(tx: &mut impl Tx, chunks: &[ChunkId], due_at: Option<Timestamp>) -> Result<()> {
    if chunks.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = chunks.iter().map(|id| params![&id.message, id.first, due_at]).collect();
    tx.execute_many(
        "UPDATE chunks SET lease_node = NULL, due_at = coalesce(?3, due_at)
         WHERE message = ?1 AND first_idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}
