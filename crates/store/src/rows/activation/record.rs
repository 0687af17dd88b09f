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

use std::collections::BTreeSet;

use domain::activation::change::{Event, State, time_event};
use domain::activation::code;
use domain::activation::loan::{Loan, LoanMessage};
use domain::activation::state::ActivationState;
use domain::id::ActivationId;
use domain::limits::ACTIVATION_MESSAGES_MAX;
use domain::ports::{LoanNews, LoanReport, LoansRecorded};
use domain::reason::Reason;
use domain::time::Timestamp;

use super::change::store;
use super::lent;
use super::lock::{Locked, lock, of_loans};
use super::row::ActivationRow;
use crate::tx::{Result, Tx, params};

/// Later than any timer.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

pub(crate) async fn record(
    tx: &mut impl Tx,
    reports: &[LoanReport],
    now: Timestamp,
) -> Result<LoansRecorded> {
    let loans: Vec<_> = reports.iter().map(|report| report.loan).collect();
    let ids = of_loans(tx, &loans).await?;
    let all = ids.values().flat_map(|(id, extends)| std::iter::once(*id).chain(*extends));
    let mut locked = lock(tx, all).await?;
    let (mut unknown, mut early, mut lent_twice) = (BTreeSet::new(), BTreeSet::new(), 0);
    for report in reports {
        let known = ids.get(&report.loan).and_then(|(id, extends)| {
            let row = locked.get(id)?;
            let is_believed =
                report.supplier.is_none() || row.activation.supplier == report.supplier;
            is_believed.then_some((*id, *extends))
        });
        let Some((id, extends)) = known else {
            unknown.insert(report.loan);
            continue;
        };
        let had_ended = locked.get(&id).is_some_and(|row| row.activation.state.is_final());
        lent_twice += u32::from(take_news(tx, &mut locked, id, extends, report, now).await?);
        let Some(row) = locked.get_mut(&id) else { continue };
        if row.activation.state.is_acquiring() && !report.messages.is_empty() {
            early.insert(report.loan);
            continue;
        }
        take_messages(tx, row, &report.messages, now).await?;
        take_end(row, &report.news, now);
        while let Some(event) = time_event(&row.activation, now) {
            if row.take(&event, now).is_err() {
                break;
            }
        }
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
            _ => row.look_at(at),
        }
    }
    let rows: Vec<_> = locked.values().collect();
    let is_due = |row: &&&ActivationRow| row.due_at.is_some_and(|due_at| due_at <= now);
    let due = u32::try_from(rows.iter().filter(is_due).count()).unwrap_or(u32::MAX);
    let recorded = store(tx, &rows, now).await?;
    Ok(LoansRecorded { unknown, lent_twice, early, due, ..recorded })
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
/// cannot be extended.
fn extend(
    locked: &mut Locked,
    id: ActivationId,
    rental: ActivationId,
    loan: &Loan,
    now: Timestamp,
) {
    let is_open = locked.get(&id).is_some_and(|row| !row.activation.state.is_final());
    let extended = Event::Extended { until: loan.until };
    let moved = is_open
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

async fn take_messages(
    tx: &mut impl Tx,
    row: &mut ActivationRow,
    messages: &[LoanMessage],
    now: Timestamp,
) -> Result<()> {
    if messages.is_empty() || row.activation.number.is_none() {
        return Ok(());
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
    let mut new = Vec::new();
    for message in messages {
        let is_full = row.activation.messages >= ACTIVATION_MESSAGES_MAX;
        if is_full || !known.insert(message.key.clone()) {
            continue;
        }
        let (text, service) = (message.text.clone(), &row.activation.wanted.service);
        let code = message.code.clone().or_else(|| code::find(service, text.as_str()));
        if row.take(&Event::Message { text, code: code.clone() }, now).is_ok() {
            new.push((row.activation.messages, message, code));
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
    .await
    .map(drop)
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
