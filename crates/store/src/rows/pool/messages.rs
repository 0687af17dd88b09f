//! Messages to numbers on loan: stored for the loan in the change that stores the inbound message.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::inbound::{InboundContent, InboundMessage};
use domain::limits::POOL_LOAN_MESSAGES_MAX;
use domain::number::pool::{
    LoanPurpose, PoolLine, PoolLoanEvent, PoolLoanState, PoolMessage, is_borrowers, next,
};
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::illegal;
use super::loans::{LoanKey, find_open_of};
use crate::tx::{Result, Row, Tx, params};

/// The loan that a message belongs to.
pub(crate) struct LoanOf {
    key: LoanKey,
    number: String,
    purpose: LoanPurpose,
    service: String,
    state: PoolLoanState,
    lent_at: Timestamp,
    cool_down: Duration,
}

/// The open loans of the destinations of messages, by destination. Their rows are locked in the order
/// of the destinations.
pub(crate) async fn find_loans(
    tx: &mut impl Tx,
    messages: &[InboundMessage],
    now: Timestamp,
) -> Result<BTreeMap<String, LoanOf>> {
    let mut loans = BTreeMap::new();
    let mut called: Vec<_> = messages.iter().map(|message| message.to.as_str()).collect();
    called.sort_unstable();
    called.dedup();
    for destination in called {
        let Some(loan) = find_open_of(tx, destination, now).await? else { continue };
        if let (Some(number), Some(purpose), Some(service)) =
            (loan.number, loan.purpose, loan.service)
        {
            let cool_down = Duration::from_millis(loan.cool_down);
            let (key, state, lent_at) = (loan.key, loan.state, loan.lent_at);
            let of = LoanOf { key, number, purpose, service, state, lent_at, cool_down };
            loans.insert(destination.to_owned(), of);
        }
    }
    Ok(loans)
}

/// Stores the texts that came to numbers on loan; returns the loans. The first one to a number that was lent for a code
/// uses it up for its service. Kept as inbound messages alone: binary messages, which have no text, and what is an
/// earlier borrower's ([`is_borrowers`]). `sent_at` is the network's time, if it is known.
pub(crate) async fn add_messages(
    tx: &mut impl Tx,
    messages: &[InboundMessage],
    sent_at: Option<Timestamp>,
    loans: &mut BTreeMap<String, LoanOf>,
    now: Timestamp,
) -> Result<Vec<Uuid>> {
    let mut changed = Vec::new();
    for message in messages {
        let Some(loan) = loans.get_mut(message.to.as_str()) else { continue };
        let InboundContent::Text(text) = &message.content else { continue };
        if !is_borrowers(loan.lent_at, message.received_at, sent_at, now) {
            tracing::warn!(message = %message.id.0, loan = %loan.key.id,
                "a message to a number on loan is older than the loan; the borrower does not get it");
            continue;
        }
        let number = count(tx, loan.key).await? + 1;
        if number > POOL_LOAN_MESSAGES_MAX {
            continue;
        }
        let LoanKey { line, id } = loan.key;
        tx.execute(
            "INSERT INTO pool_messages (loan, line, number, inbound, text, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![&id, line.as_str(), number, &message.id, text.as_str(), now],
        )
        .await?;
        let state = next(loan.state, PoolLoanEvent::MessageCame).map_err(illegal)?;
        if state != loan.state {
            use_up(tx, loan, state, now).await?;
            loan.state = state;
        }
        if !changed.contains(&id) {
            changed.push(id);
        }
    }
    Ok(changed)
}

/// A rental is followed by a quarantine, and uses up nothing.
async fn use_up(
    tx: &mut impl Tx,
    loan: &LoanOf,
    state: PoolLoanState,
    now: Timestamp,
) -> Result<()> {
    let LoanKey { line, id } = loan.key;
    tx.execute(
        "UPDATE pool_loans SET state = ?3 WHERE id = ?1 AND line = ?2",
        params![&id, line.as_str(), state.as_str()],
    )
    .await?;
    if loan.purpose == LoanPurpose::Rent {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO pool_services (number, service, misses, used_until) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (number, service) DO UPDATE SET misses = 0, used_until = ?3",
        params![&loan.number, &loan.service, now.after(loan.cool_down)],
    )
    .await
    .map(drop)
}

async fn count(tx: &mut impl Tx, loan: LoanKey) -> Result<u32> {
    let rows = tx
        .query(
            "SELECT count(*) FROM pool_messages WHERE loan = ?1 AND line = ?2",
            params![&loan.id, loan.line.as_str()],
        )
        .await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.get())
}

/// Oldest first.
pub(super) async fn of_loan(tx: &mut impl Tx, loan: LoanKey) -> Result<Vec<PoolMessage>> {
    let rows = tx
        .query(
            "SELECT number, text, at FROM pool_messages WHERE loan = ?1 AND line = ?2
             ORDER BY number",
            params![&loan.id, loan.line.as_str()],
        )
        .await?;
    rows.into_iter().map(|mut row| read(&mut row)).collect()
}

fn read(row: &mut Row) -> Result<PoolMessage> {
    let (number, text) = (row.get()?, Text::from(row.get::<String>()?));
    Ok(PoolMessage { number, text, at: row.get()? })
}

/// Messages that the engine does not have yet, oldest first.
pub(crate) async fn due_messages(
    tx: &mut impl Tx,
    line: PoolLine,
    limit: u32,
) -> Result<Vec<(Uuid, PoolMessage)>> {
    let rows = tx
        .query(
            "SELECT loan, number, text, at FROM pool_messages WHERE line = ?1 AND due = 1
             ORDER BY at, loan, number LIMIT ?2",
            params![line.as_str(), limit],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok((row.get()?, read(&mut row)?))).collect()
}

pub(crate) async fn messages_delivered(
    tx: &mut impl Tx,
    line: PoolLine,
    messages: &[(Uuid, u32)],
) -> Result<()> {
    let line = line.as_str();
    let rows: Vec<_> = messages.iter().map(|(loan, number)| params![loan, line, *number]).collect();
    tx.execute_many(
        "UPDATE pool_messages SET due = 0 WHERE loan = ?1 AND line = ?2 AND number = ?3",
        &rows,
    )
    .await
    .map(drop)
}
