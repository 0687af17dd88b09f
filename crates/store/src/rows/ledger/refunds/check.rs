//! Whether refunds agree with their transfers, and with what was charged.

use crate::tx::{Result, Tx, params};

/// At most `limit` of either kind that do not:
///
/// | there | is |
/// |---|---|
/// | a refund's transfer | posted, of its amount, from revenue to its account; and no transfer is without a refund |
/// | the last refund's number and total | how many there are of the order or message, and their sum |
/// | that sum | at most what was charged |
pub(crate) async fn wrong(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let rows = tx
        .query(
            "SELECT coalesce(r.id, t.id) FROM refunds r FULL JOIN (
                 SELECT id, debit, credit, amount, state FROM transfers WHERE kind = 'refund'
             ) t ON t.id = r.id
             WHERE NOT coalesce(t.state = 'posted' AND t.amount = r.amount
                 AND t.debit = 'revenue'
                 AND t.credit = 'customer:' || CAST(r.account AS TEXT), 1 = 0)
             ORDER BY 1 LIMIT ?1",
            params![limit],
        )
        .await?;
    for mut row in rows {
        wrong.push(format!("{}: without its like", hex::encode(row.get::<Vec<u8>>()?)));
    }
    let rows = tx
        .query(
            "SELECT s.subject, s.given FROM (
                 SELECT subject, CAST(sum(amount) AS BIGINT) AS given, max(total) AS total,
                     max(number) AS number, count(*) AS refunds
                 FROM refunds GROUP BY subject
             ) s LEFT JOIN transfers t ON t.id = s.subject
                 AND t.kind IN ('credit_sale', 'lightning_sale')
             LEFT JOIN messages m ON m.id = s.subject AND m.order_state = 'settled'
             WHERE NOT coalesce(s.given = s.total AND s.number = s.refunds
                 AND s.given <= coalesce(m.price, t.posted), 1 = 0)
             ORDER BY s.subject LIMIT ?1",
            params![limit],
        )
        .await?;
    for mut row in rows {
        let (subject, given): (Vec<u8>, i64) = (row.get()?, row.get()?);
        wrong.push(format!("{}: {given} msat given back, not charged", hex::encode(subject)));
    }
    Ok(wrong)
}
