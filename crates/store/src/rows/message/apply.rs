//! What follows from recipients that changed, in one change: the recipients' rows, their message's
//! counters and state, the order's decision, its money or the message's shares, its event. Each row is
//! written once.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::message::MessageState;
use domain::message::recipient::RecipientState;
use domain::ports::{Lease, Recorded};
use domain::time::Timestamp;

use super::message_lock::Messages;
use super::recipients::{Place, Recipient, Recipients};
use crate::rows::campaign;
use crate::rows::ledger::{self, Share};
use crate::rows::order::{Moved, change, lock_moved};
use crate::rows::queue::requeue;
use crate::tx::{Result, Tx, params};

/// `messages` are those of the recipients. With `tell`, events are leased so.
pub(crate) async fn apply(
    tx: &mut impl Tx,
    messages: &mut Messages,
    recipients: &Recipients,
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Recorded> {
    let changed: Vec<_> = recipients.iter().filter(|(_, recipient)| recipient.changed).collect();
    if changed.is_empty() {
        return Ok(Recorded::default());
    }
    update_recipients(tx, &changed, now).await?;
    let moved: Vec<_> =
        changed.into_iter().filter(|(_, recipient)| recipient.before != recipient.state).collect();
    let (ended, shared) = update_messages(tx, messages, &moved, now).await?;
    let shares = shared.iter().filter_map(|id| messages.get(id)?.bulk.as_ref()?.share(id));
    let shares: Vec<_> = shares.collect();
    let recorded = decide_orders(tx, messages, &moved, &ended, &shares, now, tell).await?;
    Ok(Recorded { recipients: u32::try_from(moved.len()).unwrap_or(u32::MAX), ..recorded })
}

async fn update_recipients(
    tx: &mut impl Tx,
    changed: &[(&Place, &Recipient)],
    now: Timestamp,
) -> Result<()> {
    let tried: Vec<_> = changed.iter().map(|(_, recipient)| recipient.tried.stored()).collect();
    let rows: Vec<_> = changed
        .iter()
        .zip(&tried)
        .map(|(((message, index), recipient), tried)| {
            params![
                message,
                *index,
                recipient.state,
                recipient.reason,
                recipient.code.as_ref(),
                tried.as_ref(),
                recipient.deferred_attempt,
                recipient.unanswered,
                recipient.attempts,
                now,
            ]
        })
        .collect();
    tx.execute_many(
        "UPDATE recipients SET state = ?3, reason = ?4, code = ?5, tried = ?6,
             deferred_attempt = ?7, unanswered = ?8, attempts = ?9, updated_at = ?10
         WHERE message = ?1 AND idx = ?2",
        &rows,
    )
    .await
    .map(drop)
}

/// Returns the messages that this ends, whose chunks are nobody's work any more, and those to many.
async fn update_messages(
    tx: &mut impl Tx,
    messages: &mut Messages,
    moved: &[(&Place, &Recipient)],
    now: Timestamp,
) -> Result<(BTreeSet<MessageId>, BTreeSet<MessageId>)> {
    let (mut touched, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for of_message in moved.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
        let Some(((id, _), _)) = of_message.first() else { continue };
        let Some(message) = messages.get_mut(id) else { continue };
        touched.insert(*id);
        message.begin();
        for (_, recipient) in of_message {
            message.count(recipient.before, recipient.state);
        }
        if let Some(bulk) = &mut message.bulk {
            shared.insert(*id);
            for (_, recipient) in of_message {
                let from = recipient.left(bulk.keeps_what_was_taken());
                bulk.moved(from, recipient.state, recipient.price)?;
            }
        }
    }
    note_missed(tx, &shared, moved).await?;
    let mut ended = BTreeSet::new();
    for id in &touched {
        let Some(message) = messages.get_mut(id) else { continue };
        if message.end() {
            ended.insert(*id);
            if let Some(bulk) = &mut message.bulk {
                bulk.end(now);
            }
        }
    }
    let rows: Vec<_> = touched
        .iter()
        .filter_map(|id| messages.get(id).map(|message| (id, message)))
        .map(|(id, message)| {
            let (pending, finals) = (message.pending, message.finals);
            params![id, pending, finals, message.delivered, message.state, now]
        })
        .collect();
    tx.execute_many(
        "UPDATE messages SET pending = ?2, finals = ?3, delivered = ?4, state = ?5, updated_at = ?6
         WHERE id = ?1",
        &rows,
    )
    .await?;
    let bulks = shared.iter().filter_map(|id| Some((id, messages.get(id)?.bulk.as_ref()?)));
    campaign::store(tx, bulks).await?;
    let rows: Vec<_> = ended.iter().map(|id| params![id]).collect();
    tx.execute_many("DELETE FROM chunks WHERE message = ?1", &rows).await?;
    Ok((ended, shared))
}

/// Keeps where those are whom another try of a message to many is for.
async fn note_missed(
    tx: &mut impl Tx,
    to_many: &BTreeSet<MessageId>,
    moved: &[(&Place, &Recipient)],
) -> Result<()> {
    let missed = moved
        .iter()
        .filter(|((id, _), recipient)| requeue::is_missed(recipient.state) && to_many.contains(id));
    let places: Vec<Place> = missed.map(|(place, _)| **place).collect();
    requeue::note_missed(tx, &places).await
}

async fn decide_orders(
    tx: &mut impl Tx,
    messages: &Messages,
    moved: &[(&Place, &Recipient)],
    ended: &BTreeSet<MessageId>,
    shares: &[Share<'_>],
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Recorded> {
    // An order's buyer sees the first recipient of its message.
    let firsts: BTreeMap<_, _> = moved
        .iter()
        .filter(|((_, index), _)| *index == 0)
        .map(|((id, _), recipient)| (*id, *recipient))
        .collect();
    let mut orders = Moved::new();
    for id in firsts.keys().chain(ended) {
        let moved = firsts.get(id).and_then(|first| seen(first));
        let Some(message) = messages.get(id) else { continue };
        // Most buyers are told of the end alone: until then the order's row is not even read.
        let tells = moved.is_some_and(|(_, to)| message.followed || to.is_final());
        if let Some(order) = message.order.filter(|_| tells || ended.contains(id)) {
            orders.insert(order, moved);
        }
    }
    if orders.is_empty() {
        ledger::book(tx, &[], shares, now).await?;
        return Ok(Recorded::default());
    }
    let mut orders = lock_moved(tx, &orders, now).await?;
    for stored in &mut orders {
        let Some(id) = stored.order.message.filter(|id| ended.contains(id)) else { continue };
        // An order that is decided already stays as it is decided.
        let _ = match messages.get(&id).map(|message| message.state) {
            Some(MessageState::Sent) => stored.deliver(now),
            Some(MessageState::Failed) => {
                stored.give_up(firsts.get(&id).and_then(|first| first.reason), now)
            }
            _ => Ok(()),
        };
    }
    let stored = change::store_with(tx, orders, shares, now, tell).await?;
    Ok(Recorded {
        decided: stored.decided,
        settled: stored.settled,
        cancelled: stored.cancelled,
        events: stored.events,
        webhooks: stored.webhooks,
        ..Recorded::default()
    })
}

/// What its buyer saw before and sees now. That another carrier is tried is no news.
fn seen(recipient: &Recipient) -> Option<(RecipientState, RecipientState)> {
    let was = |state| match state {
        RecipientState::Pending if recipient.was_returned() => RecipientState::Submitted,
        state => state,
    };
    let (before, after) = (was(recipient.before), was(recipient.state));
    (before != after).then_some((before, after))
}
