//! Stores changed activations with all that follows: their rows, numbers, orders, money and webhook
//! events.

use std::collections::BTreeMap;

use domain::id::OrderId;
use domain::ports::LoansRecorded;
use domain::sale::change::Step;
use domain::time::Timestamp;

use super::lent;
use super::row::ActivationRow;
use crate::rows::order;
use crate::tx::{Result, Tx, params};

/// The activations' rows are locked, and their orders are locked here.
pub(crate) async fn store(
    tx: &mut impl Tx,
    rows: &[&ActivationRow],
    now: Timestamp,
) -> Result<LoansRecorded> {
    write(tx, rows.iter().copied()).await?;
    let ended: Vec<_> = rows.iter().copied().filter(|row| row.has_ended).collect();
    if !ended.is_empty() {
        lent::free(tx, &ended, now).await?;
    }
    let changed: BTreeMap<OrderId, &ActivationRow> = rows
        .iter()
        .filter(|row| row.is_news || row.outcome.is_some())
        .map(|row| (row.activation.order, *row))
        .collect();
    if changed.is_empty() {
        return Ok(LoansRecorded::default());
    }
    let ids: Vec<_> = changed.keys().copied().collect();
    let mut orders = order::lock_many(tx, &ids).await?;
    for row in &mut orders {
        let Some(activation) = changed.get(&row.facts.id) else { continue };
        row.facts.activation = Some(activation.seen.clone());
        let mut steps = Vec::with_capacity(2);
        if activation.is_news {
            steps.push(Step::Lent(Box::new(activation.activation.view())));
        }
        steps.extend(
            activation.outcome.map(|outcome| Step::Ended(outcome, activation.activation.reason)),
        );
        if row.take(&steps, now).is_err() {
            tracing::error!(order = %row.facts.id, state = row.facts.state.as_str(),
                "what happened to a number does not fit its order");
        }
    }
    let stored = order::change::store(tx, orders, now, None).await?;
    Ok(LoansRecorded {
        decided: stored.decided,
        settled: stored.settled,
        cancelled: stored.cancelled,
        events: stored.events,
        ..LoansRecorded::default()
    })
}

/// Ends activations whose orders ended without them, and are stored by the caller.
pub(crate) async fn end<'a>(
    tx: &mut impl Tx,
    rows: impl IntoIterator<Item = &'a ActivationRow>,
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<_> = rows.into_iter().collect();
    write(tx, rows.iter().copied()).await?;
    let ended: Vec<_> = rows.into_iter().filter(|row| row.has_ended).collect();
    lent::free(tx, &ended, now).await
}

/// Writes touched rows alone.
pub(super) async fn write<'a>(
    tx: &mut impl Tx,
    rows: impl IntoIterator<Item = &'a ActivationRow>,
) -> Result<()> {
    let touched: Vec<_> = rows.into_iter().filter(|row| row.is_touched).collect();
    let number = |row: &ActivationRow| {
        row.activation.number.and_then(|number| i64::try_from(number.digits()).ok())
    };
    let rows: Vec<_> = touched
        .iter()
        .map(|row| {
            let of = &row.activation;
            params![
                of.id.0,
                of.state.as_str(),
                of.reason,
                of.supplier.as_ref().map(|supplier| supplier.as_str()),
                &row.tried,
                number(row),
                of.number.and(of.country).map(|country| country.0),
                of.cost,
                of.code.as_ref().map(|code| code.as_str()),
                of.text.as_ref().map(|text| text.as_str()),
                of.messages,
                of.assigned_at,
                of.until,
                row.ended_at,
                of.updated_at,
                row.due_at,
                row.lease_node.as_ref(),
            ]
        })
        .collect();
    tx.execute_many(
        "UPDATE activations SET state = ?2, reason = ?3, supplier = ?4, tried = ?5, number = ?6,
             country = ?7, cost = ?8, code = ?9, text = ?10, messages = ?11, assigned_at = ?12,
             until = ?13, ended_at = ?14, updated_at = ?15, due_at = ?16, lease_node = ?17
         WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}
