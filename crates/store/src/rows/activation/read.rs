//! Reads activations and their messages.

use domain::activation::{Activation, ActivationMessage, Code, CountryCode, ServiceCode};
use domain::id::{ActivationId, OrderId};
use domain::ports::{ActivationList, ActivationMessageList, SuccessCount};
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::row::{ActivationRow, select};
use crate::tx::{Result, Row, Tx, params};

/// A parameter that excludes nothing.
const ANY: i64 = -1;

fn activations(rows: Vec<Row>) -> Result<Vec<Activation>> {
    rows.into_iter().map(|row| Ok(ActivationRow::read(row)?.activation)).collect()
}

pub(crate) async fn find(tx: &mut impl Tx, id: ActivationId) -> Result<Option<Activation>> {
    let rows = tx.query(select!("WHERE id = ?1"), params![id.0]).await?;
    Ok(activations(rows)?.pop())
}

pub(crate) async fn find_by_order(tx: &mut impl Tx, id: &OrderId) -> Result<Option<Activation>> {
    let rows = tx.query(select!("WHERE order_id = ?1"), params![id]).await?;
    Ok(activations(rows)?.pop())
}

pub(crate) async fn find_by_loan(tx: &mut impl Tx, loan: &Uuid) -> Result<Option<Activation>> {
    let rows = tx.query(select!("WHERE loan = ?1"), params![loan]).await?;
    Ok(activations(rows)?.pop())
}

/// Of each order, if it has one.
pub(crate) async fn find_of_orders(
    tx: &mut impl Tx,
    orders: &[OrderId],
) -> Result<Vec<Option<Activation>>> {
    let keys: Vec<_> = orders.iter().map(|order| params![order]).collect();
    let found = tx.query_many(select!("WHERE order_id = ?1"), &keys).await?;
    found.into_iter().map(|rows| Ok(activations(rows)?.pop())).collect()
}

pub(crate) async fn list(tx: &mut impl Tx, list: &ActivationList) -> Result<Vec<Activation>> {
    let before = list.before.map_or(i64::MAX, |id| id.0);
    let rentals = list.rentals.map_or(ANY, i64::from);
    let params = params![list.account, before, rentals, list.limit];
    // Each has an index of its own.
    let rows = if list.open {
        let open = select!(
            "WHERE account = ?1 AND id < ?2 AND ended_at IS NULL
                 AND (?3 = -1 OR ?3 = CASE WHEN rented_ms IS NULL THEN 0 ELSE 1 END)
             ORDER BY id DESC LIMIT ?4"
        );
        tx.query(open, params).await?
    } else {
        let all = select!(
            "WHERE account = ?1 AND id < ?2
                 AND (?3 = -1 OR ?3 = CASE WHEN rented_ms IS NULL THEN 0 ELSE 1 END)
             ORDER BY id DESC LIMIT ?4"
        );
        tx.query(all, params).await?
    };
    activations(rows)
}

pub(crate) async fn messages(
    tx: &mut impl Tx,
    list: &ActivationMessageList,
) -> Result<Vec<ActivationMessage>> {
    let rows = tx
        .query(
            "SELECT nth, text, code, at FROM activation_messages
             WHERE activation = ?1 AND nth > ?2 ORDER BY nth LIMIT ?3",
            params![list.activation.0, list.after, list.limit],
        )
        .await?;
    let message = |mut row: Row| {
        Ok(ActivationMessage {
            number: row.get()?,
            text: Text::new(row.get::<String>()?),
            code: row.get::<Option<String>>()?.map(Code::new),
            at: row.get()?,
        })
    };
    rows.into_iter().map(message).collect()
}

pub(crate) async fn success_count(
    tx: &mut impl Tx,
    service: &ServiceCode,
    country: Option<CountryCode>,
    since: Timestamp,
) -> Result<SuccessCount> {
    let country = country.map_or(ANY, |country| i64::from(country.0));
    let rows = tx
        .query(
            "SELECT count(*), count(CASE WHEN messages > 0 THEN 1 END) FROM activations
             WHERE service = ?1 AND ended_at >= ?2 AND ended_at IS NOT NULL AND number IS NOT NULL
                 AND rented_ms IS NULL
                 AND (?3 = -1 OR country = ?3)",
            params![service.as_str(), since, country],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(SuccessCount::default()) };
    Ok(SuccessCount { ended: row.get()?, with_code: row.get()? })
}
