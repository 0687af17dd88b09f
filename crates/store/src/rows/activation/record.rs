//! What suppliers said of loans, and what time alone does.
//!
//! | reported | activation that has not ended | one that has |
//! |---|---|---|
//! | assigned | *waiting*; of a number that is lent for the same service *cancelled* | its supplier is called to release it |
//! | none | the next supplier is due; without one *cancelled* | – |
//! | a message | kept, with its code; the order is fulfilled | kept, free |
//! | over | as when time is up | released |
//!
//! Reports of another supplier than the last one that was called are not believed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::activation::change::{Event, State, time_event};
use domain::activation::code;
use domain::activation::loan::{Loan, LoanMessage};
use domain::activation::state::ActivationState;
use domain::id::ActivationId;
use domain::limits::ACTIVATION_MESSAGES_MAX;
use domain::ports::{LoanNews, LoanReport, LoansRecorded};
use domain::reason::Reason;
use domain::time::Timestamp;
use uuid::Uuid;

use super::change::store;
use super::lent;
use super::lock::{LoanOf, Locked, is_being_extended, lock, of_loans};
use super::row::ActivationRow;
use crate::tx::{AdvisoryLock, Result, Tx, params};

/// Later than any timer.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// How long the end of a rental that is being extended waits.
const EXTENSION_WAIT: Duration = Duration::from_secs(2);

pub(crate) async fn record(
    tx: &mut impl Tx,
    reports: &[LoanReport],
    now: Timestamp,
) -> Result<LoansRecorded> {
    let (mut recorded, mut left) = record_some(tx, reports, now).await?;
    while !left.is_empty() {
        let (more, rest) = record_some(tx, &left, now).await?;
        recorded.decided += more.decided;
        recorded.settled += more.settled;
        recorded.cancelled += more.cancelled;
        recorded.events += more.events;
        recorded.due += more.due;
        left = rest;
    }
    Ok(recorded)
}

/// Returns what is left: of a rental each message is an event of its own, and an order has one event in a
/// change.
async fn record_some(
    tx: &mut impl Tx,
    reports: &[LoanReport],
    now: Timestamp,
) -> Result<(LoansRecorded, Vec<LoanReport>)> {
    let loans: Vec<_> = reports.iter().map(|report| report.loan).collect();
    let ids = of_loans(tx, &loans).await?;
    lock_numbers(tx, reports, &ids).await?;
    let all = ids.values().flat_map(|loan| std::iter::once(loan.activation).chain(loan.extends));
    let mut locked = lock(tx, all.collect::<Vec<_>>()).await?;
    let (mut unknown, mut early, mut lent_twice) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut left = Vec::new();
    for (index, report) in reports.iter().enumerate() {
        let known = ids.get(&report.loan).and_then(|loan| {
            let row = locked.get(&loan.activation)?;
            let has_lease = row.is_free_for(report.node.as_deref());
            let is_believed = match &report.supplier {
                Some(_) => row.activation.supplier == report.supplier,
                None => has_lease,
            };
            is_believed.then_some((loan, has_lease))
        });
        let Some((loan, has_lease)) = known else {
            unknown.insert(index);
            continue;
        };
        let id = loan.activation;
        let had_ended = locked.get(&id).is_some_and(|row| row.activation.state.is_final());
        // Another node may be calling the next supplier.
        if has_lease || report.news != LoanNews::NoneLeft {
            let twice = take_news(tx, &mut locked, id, loan.extends, report, now).await?;
            lent_twice += u32::from(twice);
        }
        let Some(row) = locked.get_mut(&id) else { continue };
        if row.activation.state.is_acquiring() && !report.messages.is_empty() {
            early.insert(index);
            continue;
        }
        let rest = take_messages(tx, row, &report.messages, now).await?;
        if !rest.is_empty() {
            let news = LoanNews::Pushed;
            left.push(LoanReport { news, messages: rest.to_vec(), ..report.clone() });
        }
        take_end(row, &report.news, now);
        let waits = take_time(tx, row, now).await?;
        let is_late = had_ended && matches!(report.news, LoanNews::Assigned(_));
        let planned = match report.news {
            LoanNews::Pushed => row.due_at.unwrap_or(NEVER),
            _ => report.due_at,
        };
        let at = match row.activation.state {
            _ if row.has_ended || is_late => now,
            // Until the buyer wants another one.
            State::Activation(ActivationState::Code) => NEVER,
            _ => planned,
        };
        match report.news {
            LoanNews::Pushed => row.look_unless_leased(at),
            _ if has_lease => row.look_at(at),
            _ => {}
        }
        if waits && row.lease_node.is_none() {
            row.due_at = Some(now.after(EXTENSION_WAIT));
        }
    }
    let rows: Vec<_> = locked.values().collect();
    let is_due = |row: &&&ActivationRow| row.due_at.is_some_and(|due_at| due_at <= now);
    let due = u32::try_from(rows.iter().filter(is_due).count()).unwrap_or(u32::MAX);
    let recorded = store(tx, &rows, now).await?;
    Ok((LoansRecorded { unknown, lent_twice, early, due, ..recorded }, left))
}

/// Before any row is locked: see [`lent::lend`].
async fn lock_numbers(
    tx: &mut impl Tx,
    reports: &[LoanReport],
    loans: &BTreeMap<Uuid, LoanOf>,
) -> Result<()> {
    let assigned = reports.iter().filter(|report| matches!(report.news, LoanNews::Assigned(_)));
    let assigned = assigned.filter_map(|report| loans.get(&report.loan));
    match assigned.map(|loan| loan.is_full).max() {
        None => Ok(()),
        Some(true) => tx.lock(AdvisoryLock::WholeNumbers).await,
        Some(false) => tx.lock_shared(AdvisoryLock::WholeNumbers).await,
    }
}

/// What time alone does. True: the end waits, because the rental is being extended.
async fn take_time(tx: &mut impl Tx, row: &mut ActivationRow, now: Timestamp) -> Result<bool> {
    while let Some(event) = time_event(&row.activation, now) {
        let of = &row.activation;
        let may_be_extended = event == Event::TimeUp
            && of.state.is_lent()
            && of.wanted.is_rental()
            && of.wanted.extends().is_none();
        if may_be_extended && is_being_extended(tx, of.id, None).await? {
            return Ok(true);
        }
        if row.take(&event, now).is_err() {
            break;
        }
    }
    Ok(false)
}

/// What begins a loan, or that none begins. True: the number is lent already.
async fn take_news(
    tx: &mut impl Tx,
    locked: &mut Locked,
    id: ActivationId,
    extends: Option<ActivationId>,
    report: &LoanReport,
    now: Timestamp,
) -> Result<bool> {
    if let (LoanNews::Extended(loan), Some(rental)) = (&report.news, extends) {
        extend(locked, id, rental, loan, now);
        return Ok(false);
    }
    let Some(row) = locked.get_mut(&id) else { return Ok(false) };
    let event = match &report.news {
        LoanNews::NoAnswer => Event::NoAnswer,
        LoanNews::NoNumber => Event::Refused,
        LoanNews::NoneLeft => Event::NoNumber,
        LoanNews::Assigned(loan) => return assign(tx, row, loan, now).await,
        LoanNews::Extended(_)
        | LoanNews::Over
        | LoanNews::Released
        | LoanNews::Pushed
        | LoanNews::Unchanged => return Ok(false),
    };
    // A repeat, or it ended meanwhile.
    let _ = row.take(&event, now);
    Ok(false)
}

async fn assign(
    tx: &mut impl Tx,
    row: &mut ActivationRow,
    loan: &Loan,
    now: Timestamp,
) -> Result<bool> {
    if row.activation.wanted.is_rental() && row.activation.until <= now {
        // Its payment cannot be held for as long as a rental that begins now may be cancelled.
        let _ = row.take(&Event::TimeUp, now);
    }
    if row.activation.state.is_final() {
        // It is lent to nobody: the supplier is to take it back.
        row.released = false;
        return Ok(false);
    }
    if row.activation.number.is_some() {
        return Ok(false);
    }
    let is_free = lent::lend(tx, &row.activation, loan.number, now).await?;
    let event = if is_free { Event::Assigned(loan.clone()) } else { Event::NoNumber };
    let _ = row.take(&event, now);
    Ok(!is_free)
}

/// Moves the end of the rental, which pays the order of the extension. A rental that ended meanwhile
/// cannot be extended, and one that ends no later than before is not.
fn extend(
    locked: &mut Locked,
    id: ActivationId,
    rental: ActivationId,
    loan: &Loan,
    now: Timestamp,
) {
    let from = locked.get(&rental).map(|row| row.activation.until);
    let is_long_enough = locked.get(&id).zip(from).is_some_and(|(row, from)| {
        let least = row.activation.least_end(from);
        !row.activation.state.is_final() && least.is_some_and(|least| least <= loan.until)
    });
    let extended = Event::Extended { until: loan.until };
    let moved = is_long_enough
        && locked.get_mut(&rental).is_some_and(|row| {
            let moved = row.take(&extended, now).is_ok();
            if moved {
                row.look_unless_leased(row.due_at.unwrap_or(now));
            }
            moved
        });
    let Some(row) = locked.get_mut(&id) else { return };
    let event = if moved { Event::Assigned(loan.clone()) } else { Event::NoNumber };
    let _ = row.take(&event, now);
}

/// Returns those that are left for another change.
async fn take_messages<'a>(
    tx: &mut impl Tx,
    row: &mut ActivationRow,
    messages: &'a [LoanMessage],
    now: Timestamp,
) -> Result<&'a [LoanMessage]> {
    if messages.is_empty() || row.activation.number.is_none() {
        return Ok(&[]);
    }
    if row.has_message && row.activation.wanted.is_rental() {
        return Ok(messages);
    }
    let id = row.activation.id.0;
    let mut known: BTreeSet<String> = BTreeSet::new();
    if row.activation.messages > 0 {
        let keys: Vec<_> = messages.iter().map(|message| params![id, &message.key]).collect();
        let found = tx
            .query_many(
                "SELECT key FROM activation_messages WHERE activation = ?1 AND key = ?2",
                &keys,
            )
            .await?;
        for mut row in found.into_iter().flatten() {
            known.insert(row.get()?);
        }
    }
    let (mut new, mut rest) = (Vec::new(), &[] as &[LoanMessage]);
    for (at, message) in messages.iter().enumerate() {
        let is_full = row.activation.messages >= ACTIVATION_MESSAGES_MAX;
        if is_full || !known.insert(message.key.clone()) {
            continue;
        }
        let (text, service) = (message.text.clone(), &row.activation.wanted.service);
        let code = message.code.clone().or_else(|| code::find(service, text.as_str()));
        if row.take(&Event::Message { text, code: code.clone() }, now).is_ok() {
            new.push((row.activation.messages, message, code));
            if row.activation.wanted.is_rental() {
                rest = messages.get(at + 1..).unwrap_or_default();
                break;
            }
        }
    }
    let rows: Vec<_> = new
        .iter()
        .map(|(nth, message, code)| {
            let code = code.as_ref().map(|code| code.as_str());
            params![id, *nth, &message.key, message.text.as_str(), code, message.at]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO activation_messages (activation, nth, key, text, code, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &rows,
    )
    .await?;
    Ok(rest)
}

/// What ends a loan, after its messages.
fn take_end(row: &mut ActivationRow, news: &LoanNews, now: Timestamp) {
    match news {
        LoanNews::Over => {
            let is_lent = row.activation.state.is_lent();
            // The supplier ended it before its time. A rental that is free until now is not kept.
            let event = if row.activation.wanted.is_rental() && row.activation.messages == 0 {
                Event::Cancelled(Reason::NoNumber)
            } else {
                Event::TimeUp
            };
            if is_lent && row.take(&event, now).is_err() {
                let _ = row.take(&Event::TimeUp, now);
            }
            row.released |= row.activation.state.is_final();
        }
        LoanNews::Released => row.released |= row.activation.state.is_final(),
        LoanNews::NoAnswer
        | LoanNews::NoNumber
        | LoanNews::NoneLeft
        | LoanNews::Assigned(_)
        | LoanNews::Extended(_)
        | LoanNews::Pushed
        | LoanNews::Unchanged => {}
    }
}
