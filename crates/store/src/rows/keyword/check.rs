//! Whether periods of keywords agree with their transfers.

use crate::tx::{Result, Tx, params};

/// At most `limit` of either kind that do not:
///
/// | there | is |
/// |---|---|
/// | the transfer of a period that costs something | posted, of its price, from its account to revenue; and no transfer is without a period |
/// | a keyword's number of periods | how many are stored |
pub(crate) async fn wrong(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let rows = tx
        .query(
            "SELECT coalesce(p.transfer, t.id) FROM (
                 SELECT n.transfer, n.price, k.account
                 FROM keyword_periods n JOIN sold_keywords k ON k.id = n.keyword
                 WHERE n.price > 0
             ) p FULL JOIN (
                 SELECT id, debit, credit, amount, state FROM transfers WHERE kind = 'keyword'
             ) t ON t.id = p.transfer
             WHERE NOT coalesce(t.state = 'posted' AND t.amount = p.price
                 AND t.credit = 'revenue'
                 AND t.debit = 'customer:' || CAST(p.account AS TEXT), 1 = 0)
             ORDER BY 1 LIMIT ?1",
            params![limit],
        )
        .await?;
    for mut row in rows {
        wrong.push(format!("{}: without its like", hex::encode(row.get::<Vec<u8>>()?)));
    }
    let rows = tx
        .query(
            "SELECT id FROM sold_keywords k
             WHERE periods <> (SELECT count(*) FROM keyword_periods n WHERE n.keyword = k.id)
             ORDER BY id LIMIT ?1",
            params![limit],
        )
        .await?;
    for mut row in rows {
        wrong.push(format!("keyword {}: its periods are not stored", row.get::<i64>()?));
    }
    Ok(wrong)
}
