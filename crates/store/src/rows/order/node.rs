//! Reconciles orders with the Lightning node: which are due, and what the node confirmed.

use std::collections::BTreeMap;

use domain::id::OrderId;
use domain::ports::{EndedOrder, NodeReport, NodeVerdict, OrderLoad};
use domain::reason::Reason;
use domain::sale::change::Step;
use domain::sale::order::{Order, OrderState, PaymentMethod};
use domain::time::Timestamp;

use super::change::{self, OrderRow};
use super::lock::lock_many;
use super::read::find_readable;
use super::unpaid;
use crate::rows::{activation, message};
use crate::tx::{Result, Tx, UNREADABLE_WAIT, params};

pub(crate) async fn claim_checks(
    tx: &mut impl Tx,
    now: Timestamp,
    put_off: Timestamp,
    limit: u32,
) -> Result<Vec<Order>> {
    let rows = tx
        .query(
            "SELECT id FROM orders WHERE check_at IS NOT NULL AND check_at <= ?1
             ORDER BY check_at LIMIT ?2 FOR UPDATE SKIP LOCKED",
            params![now, limit],
        )
        .await?;
    let ids = rows.into_iter().map(|mut row| row.get()).collect::<Result<Vec<OrderId>>>()?;
    let (orders, unreadable) = find_readable(tx, &ids).await?;
    let later = now.after(UNREADABLE_WAIT);
    let read = orders.iter().map(|order| params![&order.id, put_off]);
    let rows: Vec<_> = read.chain(unreadable.iter().map(|id| params![id, later])).collect();
    tx.execute_many("UPDATE orders SET check_at = ?2 WHERE id = ?1", &rows).await?;
    Ok(orders)
}

/// Returns the orders that this change made final. A repeat changes nothing.
pub(crate) async fn record_node_reports(
    tx: &mut impl Tx,
    reports: &[NodeReport],
    now: Timestamp,
) -> Result<Vec<EndedOrder>> {
    // Of several reports for one order the last one counts.
    let reports: BTreeMap<OrderId, &NodeReport> =
        reports.iter().map(|report| (report.order, report)).collect();
    let ids: Vec<_> = reports.keys().copied().collect();
    // What it buys is locked before the order.
    let is_cancelled = |report: &&&NodeReport| report.verdict == NodeVerdict::Cancelled;
    let cancelled = reports.values().filter(is_cancelled).map(|report| &report.order);
    let mut numbers = activation::lock_of_orders(tx, cancelled).await?;
    let mut orders = lock_many(tx, &ids).await?;
    orders
        .retain(|row| row.facts.payment == PaymentMethod::Lightning && !row.facts.state.is_final());
    let mut finals = Vec::new();
    for row in &mut orders {
        let number = numbers.get_mut(&row.facts.id);
        if let Some(number) = &number {
            row.facts.activation = Some(number.activation.view());
        }
        if let Some(report) = reports.get(&row.facts.id) {
            record(row, report, now);
        }
        let state = row.facts.state;
        if state.is_final() {
            finals.push(EndedOrder { order: row.facts.id, state, unpaid: None });
        }
        if let (OrderState::Lost, Some(message)) = (state, &row.facts.message) {
            // It is no longer paid for: what no carrier has is not submitted.
            message::withdraw(tx, message, now).await?;
        }
        if let (OrderState::Lost, Some(number)) = (state, number) {
            // Likewise no supplier is called for it any more; its number goes back.
            let _ = number.cancel(Reason::NodeRefunded, now);
        }
    }
    // One that is only *cancelling* keeps its webhook until the node has confirmed it.
    let ended = |row: &&OrderRow| row.facts.state.is_final() && row.facts.ended_unpaid();
    let unpaid: Vec<_> = orders.iter().filter(ended).collect();
    let ends = unpaid::end(tx, &unpaid).await?;
    for (row, end) in unpaid.iter().zip(ends) {
        let ended = finals.iter_mut().find(|ended| ended.order == row.facts.id);
        if let Some(ended) = ended {
            ended.unpaid = end;
        }
    }
    change::store(tx, orders, now, None).await?;
    activation::end(tx, numbers.values(), now).await?;
    Ok(finals)
}

fn record(row: &mut OrderRow, report: &NodeReport, now: Timestamp) {
    let step = match report.verdict {
        NodeVerdict::Unchanged => None,
        NodeVerdict::Settled => Some(Step::NodeSettled),
        NodeVerdict::Cancelled => Some(Step::NodeCancelled),
    };
    if row.take(step.as_slice(), now).is_err() {
        // Unexpected at the node; the order waits for an operator.
        tracing::error!(order = %report.order, state = row.facts.state.as_str(),
            verdict = ?report.verdict, "the node reports what does not fit the order");
    }
    // A decision since the claim has made the order due again; keep that.
    if row.check_at.is_none_or(|check_at| check_at > now) {
        row.check_again(report.check_at);
    }
}

pub(crate) async fn recheck(tx: &mut impl Tx, now: Timestamp) -> Result<u64> {
    // Those already due keep their place in the queue.
    tx.execute("UPDATE orders SET check_at = ?1 WHERE check_at > ?1", params![now]).await?;
    let rows =
        tx.query("SELECT count(*) FROM orders WHERE check_at IS NOT NULL", params![]).await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.get())
}

pub(crate) async fn load(tx: &mut impl Tx) -> Result<OrderLoad> {
    let rows = tx
        .query(
            "SELECT (SELECT count(*) FROM orders WHERE state = 'open'),
                 (SELECT count(*) FROM orders WHERE paid_at IS NOT NULL AND check_at IS NOT NULL),
                 (SELECT count(*) FROM orders WHERE check_at IS NOT NULL),
                 (SELECT count(*) FROM orders WHERE state = 'lost')",
            params![],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(OrderLoad::default()) };
    let (open, held, unfinished, lost) = (row.get()?, row.get()?, row.get()?, row.get()?);
    Ok(OrderLoad { open, held, unfinished, lost })
}
