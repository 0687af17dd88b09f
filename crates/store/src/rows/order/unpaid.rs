//! The end of orders that nobody paid. They cost nothing, so as little as possible of them is kept: what
//! recognises a late payment, and what the buyer is shown.

use domain::ports::UnpaidEnd;
use domain::secret::Secret;

use super::change::OrderRow;
use super::read::WEBHOOK_SECRET;
use crate::tx::{Result, Tx, params};

/// Deletes the bodies of these orders, which have become final. Returns the report of each that has a webhook.
pub(super) async fn end(tx: &mut impl Tx, orders: &[&OrderRow]) -> Result<Vec<Option<UnpaidEnd>>> {
    let ids: Vec<_> = orders.iter().map(|row| params![&row.facts.id]).collect();
    let found = tx
        .query_many(
            "SELECT client, CASE WHEN invoice IS NULL THEN 0 ELSE 1 END FROM orders WHERE id = ?1",
            &ids,
        )
        .await?;
    let mut ends = Vec::with_capacity(orders.len());
    for (order, rows) in orders.iter().zip(found) {
        ends.push(match (rows.into_iter().next(), order.hook()) {
            (Some(mut row), Some(hook)) => {
                let (client, is_known): (String, i64) = (row.get()?, row.get()?);
                let id = order.facts.id.as_bytes();
                let opened = tx.vault().open(WEBHOOK_SECRET, id, &hook.sealed);
                let secret = opened.ok().and_then(|opened| String::from_utf8(opened.to_vec()).ok());
                if secret.is_none() {
                    // The end counts all the same, and so do those of the others.
                    tracing::error!(order = %order.facts.id, "its webhook secret cannot be read");
                }
                let (url, snapshot) = (hook.url.clone(), order.facts.snapshot());
                secret.filter(|_| is_known != 0).map(|secret| UnpaidEnd {
                    client,
                    url,
                    secret: Secret::new(secret),
                    snapshot,
                })
            }
            _ => None,
        });
    }
    tx.execute_many(
        "UPDATE orders SET text = CASE WHEN text IS NULL THEN NULL ELSE '' END, invoice = NULL,
             webhook_url = NULL, webhook_secret = NULL, webhook_wants = NULL, referral = NULL
         WHERE id = ?1",
        &ids,
    )
    .await?;
    Ok(ends)
}
