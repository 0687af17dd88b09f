//! What follows from recipients that changed, in one change: the recipients' rows, their message's
//! counters and state, the order's decision, its money, its event.

use std::collections::BTreeMap;

use domain::message::{MessageEvent, MessageId, MessageState, next};
use domain::order::OrderId;
use domain::ports::Recorded;
use domain::reason::Reason;
use domain::recipient::RecipientState;
use domain::time::Timestamp;

use crate::orders::{change, find_many};
use crate::sql::{Result, Tx, params};

/// One recipient before and after. Its state may be the same: then only the words change.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) message: MessageId,
    pub(super) index: u32,
    pub(super) from: RecipientState,
    pub(super) to: RecipientState,
    pub(super) parts: Option<u16>,
    pub(super) reason: Option<Reason>,
    pub(super) code: Option<String>,
}

pub(super) async fn apply(
    tx: &mut impl Tx,
    changes: &[Change],
    now: Timestamp,
) -> Result<Recorded> {
    update_recipients(tx, changes, now).await?;
    let moved: Vec<_> = changes.iter().filter(|change| change.from != change.to).collect();
    let ends = update_messages(tx, &moved, now).await?;
    let recorded = decide_orders(tx, &moved, &ends, now).await?;
    Ok(Recorded { recipients: u32::try_from(moved.len()).unwrap_or(u32::MAX), ..recorded })
}

async fn update_recipients(tx: &mut impl Tx, changes: &[Change], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            params![
                &change.message,
                change.index,
                change.to,
                change.parts,
                change.reason,
                change.code.as_ref(),
                now,
            ]
        })
        .collect();
    tx.execute_many(
        "UPDATE recipients SET state = ?3, parts = ?4, reason = ?5, code = ?6, updated_at = ?7
         WHERE message = ?1 AND idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}

#[derive(Default)]
struct Counts {
    no_longer_pending: i64,
    finals: i64,
    delivered: i64,
}

/// A message whose recipients changed, after the change.
struct Message {
    order: Option<OrderId>,
    /// Set when this change finished it.
    end: Option<MessageState>,
}

async fn update_messages(
    tx: &mut impl Tx,
    moved: &[&Change],
    now: Timestamp,
) -> Result<BTreeMap<MessageId, Message>> {
    let mut counts: BTreeMap<MessageId, Counts> = BTreeMap::new();
    for change in moved {
        let counts = counts.entry(change.message).or_default();
        counts.no_longer_pending += i64::from(change.from == RecipientState::Pending);
        counts.finals += i64::from(change.to.is_final());
        counts.delivered += i64::from(change.to == RecipientState::Success);
    }
    let rows: Vec<_> = counts
        .iter()
        .map(|(id, counts)| {
            params![id, counts.no_longer_pending, counts.finals, counts.delivered, now]
        })
        .collect();
    let found = tx
        .query_many(
            "UPDATE messages SET pending = pending - ?2, finals = finals + ?3,
                 delivered = delivered + ?4, updated_at = ?5
             WHERE id = ?1
             RETURNING id, order_id, state, recipients - finals, delivered",
            &rows,
        )
        .await?;
    let mut messages = BTreeMap::new();
    for mut row in found.into_iter().flatten() {
        let (id, order): (MessageId, Option<OrderId>) = (row.get()?, row.get()?);
        let (state, left, delivered) = (row.get()?, row.get()?, row.get()?);
        messages.insert(id, Message { order, end: end_of(state, left, delivered) });
    }
    let ended: Vec<_> = messages
        .iter()
        .filter_map(|(id, message)| message.end.map(|state| params![id, state]))
        .collect();
    tx.execute_many("UPDATE messages SET state = ?2 WHERE id = ?1", &ended).await?;
    Ok(messages)
}

fn end_of(state: MessageState, left: i64, delivered: i64) -> Option<MessageState> {
    if left > 0 {
        return None;
    }
    let event = if delivered > 0 { MessageEvent::Delivered } else { MessageEvent::NoneDelivered };
    // A cancelled message stays cancelled, whatever became of its recipients.
    next(state, event).ok()
}

async fn decide_orders(
    tx: &mut impl Tx,
    moved: &[&Change],
    messages: &BTreeMap<MessageId, Message>,
    now: Timestamp,
) -> Result<Recorded> {
    let ids: Vec<_> = messages.values().filter_map(|message| message.order).collect();
    if ids.is_empty() {
        return Ok(Recorded::default());
    }
    let firsts: BTreeMap<_, _> = moved
        .iter()
        .filter(|change| change.index == 0)
        .map(|change| (change.message, *change))
        .collect();
    let mut orders = find_many(tx, &ids).await?;
    for stored in &mut orders {
        let Some(id) = stored.order.message else { continue };
        let first = firsts.get(&id);
        if let Some(first) = first {
            stored.recipient_was(first.from, now);
        }
        // An order that is decided already stays as it is decided.
        let _ = match messages.get(&id).and_then(|message| message.end) {
            Some(MessageState::Sent) => stored.deliver(now),
            Some(MessageState::Failed) => stored.give_up(first.and_then(|first| first.reason), now),
            _ => Ok(()),
        };
    }
    let stored = change::store(tx, orders, now).await?;
    Ok(Recorded {
        decided: stored.decided,
        settled: stored.settled,
        cancelled: stored.cancelled,
        events: stored.events,
        ..Recorded::default()
    })
}
