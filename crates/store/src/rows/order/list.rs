//! Orders at the node, as the operator sees them.

use domain::ports::{HeldOrder, LostOrder};

use crate::tx::{Result, Tx, params};

pub(crate) async fn held_orders(tx: &mut impl Tx, limit: u32) -> Result<Vec<HeldOrder>> {
    let rows = tx
        .query(
            "SELECT id, coalesce(held, price), paid_at, coalesce(deadline_height, 0) FROM orders
             WHERE paid_at IS NOT NULL AND check_at IS NOT NULL ORDER BY paid_at, id LIMIT ?1",
            params![limit],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| {
            let (order, held) = (row.get()?, row.get()?);
            Ok(HeldOrder { order, held, since: row.get()?, deadline_height: row.get()? })
        })
        .collect()
}

pub(crate) async fn lost_orders(tx: &mut impl Tx, limit: u32) -> Result<Vec<LostOrder>> {
    let rows = tx
        .query(
            "SELECT id, price, updated_at FROM orders WHERE state = 'lost'
             ORDER BY updated_at DESC, id LIMIT ?1",
            params![limit],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| Ok(LostOrder { order: row.get()?, price: row.get()?, at: row.get()? }))
        .collect()
}
