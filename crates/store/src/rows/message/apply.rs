//! The effects of changed recipients, in one change: the recipients' rows, their message's counters
//! and state, the order's decision, the money, the event. Each row is written once.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::MessageId;
use domain::message::changes::{ChangedRecipient, PackedChanges};
use domain::message::progress::Progress;
use domain::message::recipient::RecipientState;
use domain::ports::{Lease, Recorded};
use domain::sale::change::Step;
use domain::time::Timestamp;

use super::message_lock::Messages;
use super::recipients::{Recipient, RecipientKey, Recipients};
use super::single;
use crate::rows::campaign::callbacks::Final;
use crate::rows::campaign::{campaign_row, missed_runs};
use crate::rows::event::{self, NewCallback};
use crate::rows::ledger::{self, SettlementChange};
use crate::rows::order::{Moved, change, lock_moved};
use crate::tx::{Result, Tx, params};

type MovedRecipient<'a> = (&'a RecipientKey, &'a Recipient, (RecipientState, RecipientState));

/// `messages` are those of the recipients. With `event_lease`, the stored events are leased.
pub(crate) async fn apply(
    tx: &mut impl Tx,
    messages: &mut Messages,
    recipients: &Recipients,
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    let changed: Vec<_> =
        recipients.iter().filter(|(_, recipient)| recipient.is_changed()).collect();
    if changed.is_empty() {
        return Ok(Recorded::default());
    }
    let (singles, rows): (Vec<_>, Vec<_>) =
        changed.iter().copied().partition(|(_, recipient)| recipient.stored_before.is_some());
    update_recipients(tx, &rows, now).await?;
    let moved: Vec<MovedRecipient<'_>> = changed
        .into_iter()
        .filter_map(|(key, recipient)| Some((key, recipient, recipient.moved()?)))
        .collect();
    let ended = update_messages(tx, messages, &moved, now).await?;
    let settled = messages.iter_mut();
    let settled = settled.filter_map(|(id, message)| message.campaign.as_mut()?.take_change(*id));
    let settled: Vec<_> = settled.collect();
    let recorded = decide_orders(tx, messages, &moved, &ended, &settled, now, event_lease).await?;
    single::update(tx, messages, &singles, now).await?;
    report_campaigns(tx, messages, &moved, &ended, now).await?;
    let events = recorded.events + report_to_callbacks(tx, messages, &moved, now).await?;
    let recipients = u32::try_from(moved.len()).unwrap_or(u32::MAX);
    Ok(Recorded { recipients, events, ..recorded })
}

async fn update_recipients(
    tx: &mut impl Tx,
    changed: &[(&RecipientKey, &Recipient)],
    now: Timestamp,
) -> Result<()> {
    let tried: Vec<_> =
        changed.iter().map(|(_, recipient)| recipient.delivery.status.tried.stored()).collect();
    let rows: Vec<_> = changed
        .iter()
        .zip(&tried)
        .map(|(((message, index), recipient), tried)| {
            let status = &recipient.delivery.status;
            params![
                message,
                *index,
                status.state,
                status.reason,
                status.code.as_ref(),
                tried.as_ref(),
                status.deferred_attempt,
                status.unanswered,
                status.attempts,
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

/// Returns the messages that have ended; their chunks are deleted.
async fn update_messages(
    tx: &mut impl Tx,
    messages: &mut Messages,
    moved: &[MovedRecipient<'_>],
    now: Timestamp,
) -> Result<BTreeSet<MessageId>> {
    let (mut ended, mut updated, mut missed) = (BTreeSet::new(), Vec::new(), Vec::new());
    for of_message in moved.chunk_by(|((one, _), ..), ((other, _), ..)| one == other) {
        let Some(((id, _), ..)) = of_message.first() else { continue };
        let Some(message) = messages.get_mut(id) else { continue };
        updated.push(*id);
        for (key, recipient, (from, to)) in of_message {
            message.counters.count(*from, *to);
            if let Some(campaign) = &mut message.campaign {
                let was_taken = recipient.delivery.was_taken(*from);
                campaign.count(*to, recipient.price, was_taken)?;
                missed.extend(to.can_be_retried().then_some(**key));
            }
        }
        if message.counters.end() {
            ended.insert(*id);
            if let Some(campaign) = &mut message.campaign {
                campaign.ended_at = Some(now);
            }
        }
    }
    missed_runs::insert(tx, &missed).await?;
    let updated = || updated.iter().filter_map(|id| Some((id, messages.get(id)?)));
    let updated = || updated().filter(|(_, message)| message.single.is_none());
    let rows: Vec<_> = updated()
        .map(|(id, message)| {
            let counters = &message.counters;
            let (pending, finals) = (counters.pending, counters.finals);
            params![id, pending, finals, counters.delivered, counters.state, now]
        })
        .collect();
    tx.execute_many(
        "UPDATE messages SET pending = ?2, finals = ?3, delivered = ?4, state = ?5, updated_at = ?6
         WHERE id = ?1",
        &rows,
    )
    .await?;
    let campaigns = updated().filter_map(|(id, message)| Some((id, message.campaign.as_ref()?)));
    campaign_row::store(tx, campaigns).await?;
    let has_chunks = |id: &&MessageId| {
        let single = messages.get(id).and_then(|message| message.single.as_ref());
        single.is_none_or(|single| single.queued)
    };
    let rows: Vec<_> = ended.iter().filter(has_chunks).map(|id| params![id]).collect();
    tx.execute_many("DELETE FROM chunks WHERE message = ?1", &rows).await?;
    Ok(ended)
}

/// Stores the events of campaigns that have a webhook.
async fn report_campaigns(
    tx: &mut impl Tx,
    messages: &Messages,
    moved: &[MovedRecipient<'_>],
    ended: &BTreeSet<MessageId>,
    now: Timestamp,
) -> Result<()> {
    let mut reports = Vec::new();
    for of_message in moved.chunk_by(|((one, _), ..), ((other, _), ..)| one == other) {
        let Some(((id, _), ..)) = of_message.first() else { continue };
        let Some(message) = messages.get(id) else { continue };
        let Some(campaign) = &message.campaign else { continue };
        let Some(hook) = &campaign.hook else { continue };
        let mut changes = PackedChanges::default();
        if hook.wants_recipients() {
            for ((_, index), recipient, (_, state)) in of_message {
                let number = recipient.number.unwrap_or(0);
                changes.push(ChangedRecipient { index: *index, number, state: *state });
            }
        }
        let ended = ended.contains(id).then(|| campaign.snapshot(*id, &message.counters, now));
        reports.extend(hook.report(*id, changes, ended));
    }
    event::add_reports(tx, reports, now).await
}

/// Stores the callbacks of campaigns that have some; returns their number.
async fn report_to_callbacks(
    tx: &mut impl Tx,
    messages: &Messages,
    moved: &[MovedRecipient<'_>],
    now: Timestamp,
) -> Result<u32> {
    let reports = moved.iter().filter_map(|((id, index), recipient, (_, state))| {
        let message = messages.get(id)?;
        let campaign = message.campaign.as_ref()?;
        let callbacks = campaign.callbacks.as_ref()?;
        let status = &recipient.delivery.status;
        let address = recipient.number.map(|number| number.to_string()).unwrap_or_default();
        let (reason, code) = (status.reason, status.code.as_deref());
        let recipient = Final { index: *index, address, state: *state, reason, code };
        let report = callbacks.report(campaign.account, recipient, message.created_at, now)?;
        let (message, account, index) = (*id, campaign.account, *index);
        Some(NewCallback { message, account, index, urls: &callbacks.urls, report })
    });
    event::add_callbacks(tx, reports.collect(), now).await
}

async fn decide_orders(
    tx: &mut impl Tx,
    messages: &mut Messages,
    moved: &[MovedRecipient<'_>],
    ended: &BTreeSet<MessageId>,
    settled: &[SettlementChange],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Recorded> {
    // An order's buyer sees the first recipient of its message.
    let firsts: BTreeMap<_, _> = moved
        .iter()
        .filter(|((_, index), ..)| *index == 0)
        .map(|((id, _), recipient, _)| (*id, *recipient))
        .collect();
    let (mut shown, mut orders, mut others) = (Moved::new(), Vec::new(), Moved::new());
    for id in firsts.keys().chain(ended).copied().collect::<BTreeSet<_>>() {
        let change = firsts.get(&id).and_then(|first| first.delivery.shown_change(&first.before));
        let Some(message) = messages.get_mut(&id) else { continue };
        // Most buyers get an event at the end only; until then the order is not changed.
        let tells = change.is_some_and(|(_, to)| message.followed || to.is_final());
        let Some(order) = message.order.filter(|_| tells || ended.contains(&id)) else { continue };
        shown.insert(order, change);
        match message.credit_order.take() {
            Some(mut row) => {
                let before = change.map(|(from, _)| from);
                let before = before.or_else(|| Some(message.single.as_ref()?.state_before()));
                row.facts.progress = before.map(Progress::of);
                orders.push(row);
            }
            None => drop(others.insert(order, change)),
        }
    }
    if shown.is_empty() {
        ledger::book(tx, &[], settled, &[], &[], now).await?;
        return Ok(Recorded::default());
    }
    if !others.is_empty() {
        orders.extend(lock_moved(tx, &others).await?);
    }
    for order in &mut orders {
        let Some(id) = order.facts.message else { continue };
        let progress = shown.get(&order.facts.id).copied().flatten();
        let timed_out = progress.is_some_and(|(_, to)| to == RecipientState::Timeout);
        if timed_out && order.facts.state.is_fulfilled() {
            // It was settled as sent, and nobody will know more.
            continue;
        }
        let progress = progress.map(|(_, to)| Step::Progressed(Progress::of(to)));
        let outcome = ended.get(&id).and_then(|id| messages.get(id)?.counters.state.outcome());
        let reason = firsts.get(&id).and_then(|first| first.delivery.status.reason);
        let outcome = outcome.map(|outcome| Step::Ended(outcome, reason));
        let steps: Vec<_> = progress.into_iter().chain(outcome).collect();
        if order.take(&steps, now).is_err() {
            tracing::error!(order = %order.facts.id, state = order.facts.state.as_str(),
                "the end of a message does not fit its order");
        }
    }
    let stored = change::store_with(tx, &mut orders, settled, now, event_lease).await?;
    for order in orders {
        let message = order.facts.message.and_then(|id| messages.get_mut(&id));
        if let Some(message) = message.filter(|_| order.is_in_message()) {
            message.credit_order = Some(order);
        }
    }
    Ok(Recorded {
        decided: stored.decided,
        settled: stored.settled,
        cancelled: stored.cancelled,
        events: stored.events,
        deliveries: stored.deliveries,
        ..Recorded::default()
    })
}
