//! How numbers for one code ended, by service and country, and by buyer.

use domain::activation::CountryCode;
use domain::ports::{BuyerOf, BuyerSuccess, PortError, ServiceSuccess, SuccessCount};
use domain::time::Timestamp;

use crate::tx::{Result, Row, Tx, params};

pub(crate) async fn successes(
    tx: &mut impl Tx,
    since: Timestamp,
    sample: u32,
) -> Result<Vec<ServiceSuccess>> {
    let rows = tx
        .query(
            "SELECT service, country, count(*), count(CASE WHEN messages > 0 THEN 1 END)
             FROM (
                 SELECT service, country, messages FROM activations
                 WHERE ended_at >= ?1 AND ended_at IS NOT NULL AND number IS NOT NULL
                     AND rented_ms IS NULL
                 ORDER BY ended_at DESC LIMIT ?2
             ) AS ended
             WHERE country IS NOT NULL GROUP BY service, country ORDER BY service, country",
            params![since, sample],
        )
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<ServiceSuccess> {
    let unreadable = |_| PortError::Refused("unreadable column: service".to_owned());
    Ok(ServiceSuccess {
        service: row.get::<String>()?.parse().map_err(unreadable)?,
        country: CountryCode(row.get()?),
        count: SuccessCount { ended: row.get()?, with_code: row.get()? },
    })
}

pub(crate) async fn buyer_success(
    tx: &mut impl Tx,
    buyer: &BuyerOf,
    since: Timestamp,
    sample: u32,
) -> Result<BuyerSuccess> {
    let rows = match buyer {
        BuyerOf::Account(account) => {
            tx.query(
                "SELECT count(CASE WHEN ended_at IS NOT NULL AND number IS NOT NULL THEN 1 END),
                     count(CASE WHEN ended_at IS NOT NULL AND messages > 0 THEN 1 END), max(paid_at)
                 FROM (
                     SELECT ended_at, number, messages, paid_at FROM activations
                     WHERE account = ?1 AND account IS NOT NULL AND rented_ms IS NULL
                         AND paid_at >= ?2
                     ORDER BY id DESC LIMIT ?3
                 ) AS newest",
                params![*account, since, sample],
            )
            .await?
        }
        BuyerOf::Client(client) => {
            tx.query(
                "SELECT count(CASE WHEN ended_at IS NOT NULL AND number IS NOT NULL THEN 1 END),
                     count(CASE WHEN ended_at IS NOT NULL AND messages > 0 THEN 1 END), max(paid_at)
                 FROM (
                     SELECT a.ended_at, a.number, a.messages, a.paid_at
                     FROM orders o JOIN activations a ON a.order_id = o.id
                     WHERE o.client = ?1 AND o.kind = 'receive' AND o.paid_at >= ?2
                         AND o.account IS NULL
                     ORDER BY o.paid_at DESC LIMIT ?3
                 ) AS newest",
                params![client.as_str(), since, sample],
            )
            .await?
        }
    };
    let Some(mut row) = rows.into_iter().next() else { return Ok(BuyerSuccess::default()) };
    Ok(BuyerSuccess {
        count: SuccessCount { ended: row.get()?, with_code: row.get()? },
        last_paid_at: row.get()?,
    })
}
