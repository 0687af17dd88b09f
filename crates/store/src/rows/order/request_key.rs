//! Idempotency keys of requests for orders. A key is stored in the change that stores its order, and
//! deleted when that order ends without ever having been paid: then the request may be made again.

use domain::id::OrderId;
use domain::limits::{FORGET_AFTER, IDEMPOTENCY_KEY_AGE_MAX};
use domain::message::campaign::Idempotency;
use domain::ports::{OrderAnswer, PortError, RepeatedOrder};
use domain::secret::Secret;
use domain::time::Timestamp;

use super::read::WEBHOOK_SECRET;
use crate::tx::{Result, Tx, params};

/// What a key says about a new request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is stored for this request now.
    New,
    /// The same request was accepted as this order.
    Repeat(OrderId),
    /// Another request has it.
    Reused,
}

/// Stores the key for `order`; waits while a request with the same key is in progress.
pub(super) async fn take(
    tx: &mut impl Tx,
    client: &str,
    idempotency: &Idempotency,
    order: &OrderId,
    now: Timestamp,
) -> Result<Taken> {
    let Idempotency { key, request } = idempotency;
    let stored = tx
        .execute(
            "INSERT INTO order_keys (client, key, request, order_id, at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (client, key) DO NOTHING",
            params![client, key, &request[..], order, now],
        )
        .await?;
    if stored > 0 {
        return Ok(Taken::New);
    }
    let rows = tx
        .query(
            "SELECT request, order_id FROM order_keys WHERE client = ?1 AND key = ?2",
            params![client, key],
        )
        .await?;
    let deleted = || PortError::Unavailable("an idempotency key was deleted meanwhile".to_owned());
    let mut row = rows.into_iter().next().ok_or_else(deleted)?;
    let same = row.get::<Vec<u8>>()? == request[..];
    Ok(if same { Taken::Repeat(row.get()?) } else { Taken::Reused })
}

/// Deletes the keys of these orders.
pub(super) async fn release(
    tx: &mut impl Tx,
    orders: impl Iterator<Item = &OrderId>,
) -> Result<()> {
    let rows: Vec<_> = orders.map(|order| params![order]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_many("DELETE FROM order_keys WHERE order_id = ?1", &rows).await.map(drop)
}

/// What a client's request with this key was answered.
pub(crate) async fn find_repeated(
    tx: &mut impl Tx,
    client: &str,
    idempotency: &Idempotency,
) -> Result<Option<RepeatedOrder>> {
    let rows = tx
        .query(
            "SELECT k.request, o.id, o.price, o.payment, o.invoice, o.webhook_secret
             FROM order_keys k JOIN all_orders o ON o.id = k.order_id
             WHERE k.client = ?1 AND k.key = ?2",
            params![client, &idempotency.key],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    if row.get::<Vec<u8>>()? != idempotency.request {
        return Ok(Some(RepeatedOrder::KeyReused));
    }
    let id: OrderId = row.get()?;
    let (price, payment, invoice) = (row.get()?, row.get()?, row.get()?);
    let sealed: Option<Vec<u8>> = row.get()?;
    let open = |sealed: Vec<u8>| {
        let opened = tx.vault().open(WEBHOOK_SECRET, id.as_bytes(), &sealed)?;
        let unreadable = |_| PortError::Refused("unreadable column: webhook_secret".to_owned());
        String::from_utf8(opened.to_vec()).map(Secret::new).map_err(unreadable)
    };
    let webhook_secret = sealed.map(open).transpose()?;
    Ok(Some(RepeatedOrder::Accepted(OrderAnswer { id, price, payment, invoice, webhook_secret })))
}

/// The keys of these orders, of those that have one.
pub(crate) async fn keys_of(
    tx: &mut impl Tx,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, String)>> {
    let asked: Vec<_> = orders.iter().map(|order| params![order]).collect();
    let found =
        tx.query_many("SELECT order_id, key FROM order_keys WHERE order_id = ?1", &asked).await?;
    found.into_iter().flatten().map(|mut row| Ok((row.get()?, row.get()?))).collect()
}

/// Keys are kept for a shorter time than other rows, which are deleted `before`.
pub(crate) async fn forget_keys(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let before = before.after(FORGET_AFTER.saturating_sub(IDEMPOTENCY_KEY_AGE_MAX));
    tx.execute(
        "DELETE FROM order_keys WHERE (client, key) IN (
             SELECT client, key FROM order_keys WHERE at < ?1 ORDER BY at LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}
