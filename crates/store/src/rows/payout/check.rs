//! Shares and payments against their transfers and each other. Reads only; every difference is a bug.
//!
//! | row | transfer of the same id |
//! |---|---|
//! | a share | `referral` of its amount, from revenue to referrals |
//! | a cancelled share | also `referral_cancelled`, the other way |
//! | a paid payment | `payout` of its amount, from referrals to lightning |
//! | a paid payment whose route cost something | also `routing_fee`, from revenue to lightning |

use crate::tx::{Result, Row, Tx, params};

/// At most `limit` of each kind.
pub(crate) async fn wrong(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT coalesce(r.id, t.id), coalesce(r.kind, t.kind) FROM (
                 SELECT order_id AS id, 'referral' AS kind, amount FROM referral_shares
                 UNION ALL
                 SELECT order_id, 'referral_cancelled', amount FROM referral_shares
                     WHERE state = 'cancelled'
                 UNION ALL
                 SELECT hash, 'payout', amount FROM payouts WHERE state = 'paid'
                 UNION ALL
                 SELECT hash, 'routing_fee', fee FROM payouts WHERE state = 'paid' AND fee > 0
             ) r FULL JOIN (
                 SELECT id, kind, amount, state, debit, credit FROM transfers
                     WHERE kind IN ('referral', 'referral_cancelled', 'payout', 'routing_fee')
             ) t ON t.id = r.id AND t.kind = r.kind
             WHERE NOT coalesce(t.state = 'posted' AND t.amount = r.amount AND t.debit = CASE
                     WHEN t.kind IN ('referral', 'routing_fee') THEN 'revenue' ELSE 'referrals' END
                 AND t.credit = CASE t.kind WHEN 'referral' THEN 'referrals'
                     WHEN 'referral_cancelled' THEN 'revenue' ELSE 'lightning' END, 1 = 0)
             ORDER BY 1 LIMIT ?1",
            params![limit],
        )
        .await?;
    let mut wrong = rows
        .into_iter()
        .map(|mut row| {
            let (id, kind): (Vec<u8>, String) = (row.get()?, row.get()?);
            Ok(format!("{}: {kind} without its like", hex::encode(id)))
        })
        .collect::<Result<Vec<_>>>()?;
    wrong.extend(wrong_sums(tx, limit).await?);
    Ok(wrong)
}

/// A payment is the sum of its shares, unless it failed: then it paid none. What is due to a referrer is that of the shares
/// that are due.
async fn wrong_sums(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT p.hash, p.state FROM payouts p LEFT JOIN (
                 SELECT payout, CAST(sum(amount) AS BIGINT) AS amount, min(state) AS first,
                     max(state) AS last
                 FROM referral_shares WHERE payout IS NOT NULL GROUP BY payout
             ) s ON s.payout = p.hash
             WHERE NOT CASE p.state
                 WHEN 'failed' THEN coalesce(s.last IN ('due', 'cancelled'), 1 = 1)
                 WHEN 'paid' THEN
                     coalesce(s.amount = p.amount AND s.first = 'paid' AND s.last = 'paid', 1 = 0)
                 ELSE
                     coalesce(s.amount = p.amount AND s.first = 'paying' AND s.last = 'paying',
                         1 = 0)
             END
             ORDER BY 1 LIMIT ?1",
            params![limit],
        )
        .await?;
    let payout = |mut row: Row| {
        let (hash, state): (Vec<u8>, String) = (row.get()?, row.get()?);
        Ok(format!("{}: {state}, and not the sum of its shares", hex::encode(hash)))
    };
    let mut wrong = rows.into_iter().map(payout).collect::<Result<Vec<_>>>()?;
    let rows = tx
        .query(
            "SELECT r.due FROM referrers r LEFT JOIN (
                 SELECT address, CAST(sum(amount) AS BIGINT) AS due FROM referral_shares
                 WHERE state = 'due' GROUP BY address
             ) s ON s.address = r.address
             WHERE r.due <> coalesce(s.due, 0) ORDER BY r.address LIMIT ?1",
            params![limit],
        )
        .await?;
    let referrer = |mut row: Row| {
        Ok(format!("a referrer with {} msat due, which is not the sum of them", row.get::<i64>()?))
    };
    wrong.extend(rows.into_iter().map(referrer).collect::<Result<Vec<_>>>()?);
    Ok(wrong)
}
