//! Settles orders whose messages carriers took, without a receipt. Their recipients stay *submitted*, and
//! receipts are awaited for a while longer.

use std::collections::BTreeSet;

use domain::id::MessageId;
use domain::limits::LATE_RECEIPTS_WITHIN;
use domain::message::progress::Progress;
use domain::ports::{Lease, Recorded};
use domain::sale::change::Step;
use domain::state::Outcome;
use domain::time::Timestamp;

use super::message_lock::Messages;
use crate::rows::order::change::{self, Stored};
use crate::rows::order::lock_many;
use crate::tx::{Result, Tx, params};

/// Returns which of these locked messages have an order that this change settles. Their recipients must
/// be *submitted*.
pub(crate) async fn settle_as_sent(
    tx: &mut impl Tx,
    messages: &mut Messages,
    ids: impl IntoIterator<Item = MessageId>,
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<(BTreeSet<MessageId>, Recorded)> {
    let (mut orders, mut others) = (Vec::new(), BTreeSet::new());
    for id in ids {
        let Some(message) = messages.get_mut(&id) else { continue };
        match (message.credit_order.take(), message.order) {
            (Some(order), _) => orders.push(order),
            (None, Some(order)) => drop(others.insert(order)),
            (None, None) => {}
        }
    }
    let others: Vec<_> = others.into_iter().collect();
    orders.extend(lock_many(tx, &others).await?);
    let mut settled = BTreeSet::new();
    for order in orders.iter_mut().filter(|order| !order.facts.state.is_decided()) {
        order.facts.progress = Some(Progress::Sent);
        match order.take(&[Step::Ended(Outcome::Fulfilled, None)], now) {
            Ok(()) => settled.extend(order.facts.message),
            Err(_) => tracing::error!(order = %order.facts.id,
                state = order.facts.state.as_str(), "an order could not be settled as sent"),
        }
    }
    let until = now.after(LATE_RECEIPTS_WITHIN);
    let rows: Vec<_> = settled.iter().map(|id| params![id, until]).collect();
    tx.execute_many("UPDATE messages SET receipts_until = ?2 WHERE id = ?1", &rows).await?;
    let stored = change::store_in_place(tx, &mut orders, now, event_lease).await?;
    for order in orders {
        let message = order.facts.message.and_then(|id| messages.get_mut(&id));
        if let Some(message) = message.filter(|_| order.is_in_message()) {
            message.credit_order = Some(order);
        }
    }
    let Stored { decided, settled: booked, cancelled, events, deliveries } = stored;
    let recorded =
        Recorded { decided, settled: booked, cancelled, events, deliveries, ..Recorded::default() };
    Ok((settled, recorded))
}
