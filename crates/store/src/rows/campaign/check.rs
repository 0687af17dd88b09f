//! Checks that campaigns agree with their recipients and with the ledger. A recipient waiting for a
//! retry counts as pending, although its row shows the previous try.

use domain::id::MessageId;

use crate::tx::{Result, Row, Tx, params};

/// At most `limit` campaigns that do not. For each:
///
/// | column | must be |
/// |---|---|
/// | the transfer's amount, posted, voided, debit | the message's price, charged, refunded, account |
/// | the transfer's state | pending while something is left; posted if something was posted, else voided |
/// | what is left | the prices of recipients that are not final; nothing of a cancelled campaign |
/// | each counter | the number of such recipients |
pub(crate) async fn wrong(tx: &mut impl Tx, limit: u32) -> Result<Vec<String>> {
    let rows = tx
        .query(
            "SELECT b.message, m.state, b.price, b.charged, b.refunded, t.amount, t.posted,
                 t.voided, t.state, coalesce(r.open, 0) + coalesce(p.open, 0) + coalesce(q.open, 0)
             FROM bulk_messages b
             LEFT JOIN messages m ON m.id = b.message AND m.order_id IS NULL
             LEFT JOIN transfers t ON t.id = b.message AND t.kind = 'credit_sale'
             LEFT JOIN (
                 SELECT message, count(*) AS rows,
                     count(CASE WHEN state = 'pending' THEN 1 END) AS pending,
                     count(CASE WHEN state = 'submitted' THEN 1 END) AS submitted,
                     count(CASE WHEN state = 'success' THEN 1 END) AS success,
                     count(CASE WHEN state = 'failed' THEN 1 END) AS failed,
                     count(CASE WHEN state = 'blocked' THEN 1 END) AS blocked,
                     count(CASE WHEN state = 'expired' THEN 1 END) AS expired,
                     count(CASE WHEN state = 'timeout' THEN 1 END) AS timeout,
                     CAST(sum(CASE WHEN state IN ('pending', 'submitted') THEN price ELSE 0 END)
                         AS BIGINT) AS open,
                     CAST(sum(CASE WHEN state IN ('failed', 'expired', 'timeout') THEN price
                         ELSE 0 END) AS BIGINT) AS missed
                 FROM recipients WHERE message IN (SELECT message FROM bulk_messages)
                 GROUP BY message
             ) r ON r.message = b.message
             LEFT JOIN (
                 SELECT message,
                     CAST(sum(CASE WHEN price IS NULL THEN 0 ELSE count END) AS BIGINT) AS pending,
                     CAST(sum(CASE WHEN price IS NULL THEN count ELSE 0 END) AS BIGINT) AS excluded,
                     CAST(sum(coalesce(price, 0) * count) AS BIGINT) AS open
                 FROM recipient_packs GROUP BY message
             ) p ON p.message = b.message
             LEFT JOIN (
                 SELECT c.message, count(*) AS pending,
                     count(CASE WHEN r.state = 'failed' THEN 1 END) AS failed,
                     count(CASE WHEN r.state = 'expired' THEN 1 END) AS expired,
                     count(CASE WHEN r.state = 'timeout' THEN 1 END) AS timeout,
                     CAST(sum(r.price) AS BIGINT) AS open
                 FROM chunks c JOIN recipients r
                     ON r.message = c.message AND r.idx BETWEEN c.first_idx AND c.last_idx
                 WHERE c.requeued_at IS NOT NULL AND r.state IN ('failed', 'expired', 'timeout')
                 GROUP BY c.message
             ) q ON q.message = b.message
             WHERE NOT coalesce(
                 t.amount = b.price AND t.posted = b.charged AND t.voided = b.refunded
                 AND t.credit = 'revenue' AND t.debit = 'customer:' || CAST(b.account AS TEXT)
                 AND b.account = m.account
                 AND t.state = CASE WHEN t.posted + t.voided < t.amount THEN 'pending'
                     WHEN t.posted > 0 THEN 'posted' ELSE 'voided' END
                 AND t.amount - t.posted - t.voided = CASE WHEN m.state = 'cancelled' THEN 0
                     ELSE coalesce(r.open, 0) + coalesce(p.open, 0) + coalesce(q.open, 0) END
                 AND m.recipients =
                     coalesce(r.rows, 0) + coalesce(p.pending, 0) + coalesce(p.excluded, 0)
                 AND m.pending =
                     coalesce(r.pending, 0) + coalesce(p.pending, 0) + coalesce(q.pending, 0)
                 AND m.recipients - m.pending - m.finals = coalesce(r.submitted, 0)
                 AND m.delivered = coalesce(r.success, 0)
                 AND b.failed = coalesce(r.failed, 0) - coalesce(q.failed, 0)
                 AND b.expired = coalesce(r.expired, 0) - coalesce(q.expired, 0)
                 AND b.timeout = coalesce(r.timeout, 0) - coalesce(q.timeout, 0)
                 AND b.missed = coalesce(r.missed, 0) - coalesce(q.open, 0)
                 AND b.invalid + b.blocked = coalesce(p.excluded, 0) + coalesce(r.blocked, 0)
                 AND (b.ended_at IS NULL) = (m.state IN ('pending', 'scheduled')), 1 = 0)
             ORDER BY b.message LIMIT ?1",
            params![limit],
        )
        .await?;
    rows.into_iter().map(name).collect()
}

fn name(mut row: Row) -> Result<String> {
    let (id, state): (MessageId, Option<String>) = (row.get()?, row.get()?);
    let (price, charged, refunded): (i64, i64, i64) = (row.get()?, row.get()?, row.get()?);
    let (amount, posted): (Option<i64>, Option<i64>) = (row.get()?, row.get()?);
    let (voided, transfer): (Option<i64>, Option<String>) = (row.get()?, row.get()?);
    let open: i64 = row.get()?;
    let state = state.as_deref().unwrap_or("missing");
    let transfer = transfer.as_deref().unwrap_or("missing");
    let [amount, posted, voided] = [amount, posted, voided].map(Option::unwrap_or_default);
    Ok(format!(
        "{id}: {state}, {price} = {charged} charged + {refunded} refunded + {open} open msat; \
         transfer {transfer}, {amount} = {posted} posted + {voided} voided + the rest"
    ))
}
