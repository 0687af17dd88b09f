//! Recomputes the ledger from its transfers and compares it with balances, orders and campaigns.
//! Reads only, from one committed state; every difference is a bug.

use domain::id::OrderId;
use domain::sale::ledger::LedgerReport;

use super::{phone_share, refunds};
use crate::rows::{campaign, keyword, lookup, payout};
use crate::tx::{Result, Row, Tx, params};

/// Maximum number of faults reported per kind.
const NAMED_MAX: u32 = 100;

pub(crate) async fn check(tx: &mut impl Tx) -> Result<LedgerReport> {
    let rows = tx
        .query(
            "SELECT (SELECT count(*) FROM ledger_accounts),
                 (SELECT count(*) FROM transfers)
                     + (SELECT count(*) FROM all_orders WHERE payment = 'credit'),
                 CAST(coalesce(sum(balance), 0) AS BIGINT)
             FROM ledger_accounts",
            [],
        )
        .await?;
    let mut report = LedgerReport::default();
    if let Some(mut row) = rows.into_iter().next() {
        (report.accounts, report.transfers, report.sum) = (row.get()?, row.get()?, row.get()?);
    }
    report.wrong_balances = wrong_balances(tx).await?;
    report.overdrawn = overdrawn(tx).await?;
    report.wrong_orders = wrong_orders(tx).await?;
    report.wrong_messages = campaign::wrong(tx, NAMED_MAX).await?;
    report.wrong_refunds = refunds::wrong(tx, NAMED_MAX).await?;
    report.wrong_keywords = keyword::wrong(tx, NAMED_MAX).await?;
    report.wrong_lookups = lookup::wrong(tx, NAMED_MAX).await?;
    report.wrong_referrals = payout::wrong(tx, NAMED_MAX).await?;
    report.wrong_shares = phone_share::wrong(tx, NAMED_MAX).await?;
    Ok(report)
}

async fn wrong_balances(tx: &mut impl Tx) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT coalesce(a.name, t.name) FROM ledger_accounts a FULL JOIN (
                 SELECT name, sum(posted) AS posted, sum(pending) AS pending FROM (
                     SELECT credit AS name, 0 AS pending, posted FROM transfers
                     UNION ALL
                     SELECT debit, amount - posted - voided, -posted FROM transfers
                     UNION ALL
                     SELECT 'revenue', 0, price FROM all_orders
                         WHERE payment = 'credit' AND state = 'settled'
                     UNION ALL
                     SELECT 'customer:' || CAST(account AS TEXT),
                         CASE WHEN state IN ('settled', 'cancelled') THEN 0 ELSE price END,
                         CASE WHEN state = 'settled' THEN -price ELSE 0 END
                     FROM all_orders WHERE payment = 'credit'
                 ) sides GROUP BY name
             ) t ON t.name = a.name
             WHERE a.name IS NULL OR a.balance <> coalesce(t.posted, 0)
                 OR a.reserved <> coalesce(t.pending, 0)
             ORDER BY 1 LIMIT ?1",
            params![NAMED_MAX],
        )
        .await?;
    rows.into_iter().map(|mut row| row.get()).collect()
}

async fn overdrawn(tx: &mut impl Tx) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT name FROM ledger_accounts
             WHERE may_be_negative = 0 AND (balance < 0 OR balance < reserved)
             ORDER BY name LIMIT ?1",
            params![NAMED_MAX],
        )
        .await?;
    rows.into_iter().map(|mut row| row.get()).collect()
}

/// The bookings of each order, under the id of what it bought or, for credit, its own:
///
/// | payment | state | posted | pending |
/// |---|---|---|---|
/// | lightning | settled | what was held, once | – |
/// | lightning | any other | – | – |
/// | credit | working, settled, cancelled | –: the order is its own transfer | – |
/// | there is no order, and no campaign | any | – | – |
async fn wrong_orders(tx: &mut impl Tx) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT id, payment, state, posted, pending FROM (
                 SELECT o.id, o.payment, o.state, o.created_at, o.held, o.price,
                     coalesce(t.posted, 0) AS posted, coalesce(t.pending, 0) AS pending, t.amount
                 FROM all_orders o LEFT JOIN (
                     SELECT id,
                         count(CASE WHEN state = 'posted' AND posted = amount THEN 1 END) AS posted,
                         count(CASE WHEN state = 'pending' THEN 1 END) AS pending,
                         sum(CASE WHEN state <> 'voided' THEN amount ELSE 0 END) AS amount
                     FROM transfers WHERE kind IN ('credit_sale', 'lightning_sale', 'fund')
                     GROUP BY id
                 ) t ON t.id = coalesce(o.fulfilled_by, o.id)
                 UNION ALL
                 SELECT t.id, '-', 'missing', min(t.created_at), NULL, NULL,
                     count(CASE WHEN t.state = 'posted' THEN 1 END),
                     count(CASE WHEN t.state = 'pending' THEN 1 END), NULL
                 FROM transfers t
                 WHERE t.kind IN ('credit_sale', 'lightning_sale', 'fund')
                     AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = t.id)
                     AND NOT EXISTS (
                         SELECT 1 FROM messages m JOIN orders o ON o.id = m.order_id
                         WHERE m.id = t.id)
                     AND NOT EXISTS (SELECT 1 FROM bulk_messages b WHERE b.message = t.id)
                 GROUP BY t.id
             ) booked
             WHERE NOT CASE
                 WHEN payment = 'lightning' AND state = 'settled' THEN
                     posted = 1 AND pending = 0 AND amount = coalesce(held, price)
                 WHEN payment = 'lightning' OR state IN ('working', 'settled', 'cancelled') THEN
                     posted = 0 AND pending = 0
                 ELSE 1 = 0
             END
             ORDER BY created_at LIMIT ?1",
            params![NAMED_MAX],
        )
        .await?;
    let name = |mut row: Row| {
        let id: Vec<u8> = row.get()?;
        // Of a transfer without an order the id is a message's.
        let id = OrderId::from_slice(&id).map_or_else(|_| hex::encode(&id), |id| id.to_string());
        let (payment, state): (String, String) = (row.get()?, row.get()?);
        let (posted, pending): (u64, u64) = (row.get()?, row.get()?);
        Ok(format!("{id}: paid by {payment}, {state}, {posted} posted, {pending} pending"))
    };
    rows.into_iter().map(name).collect()
}
