//! Messages to numbers on loan: stored for the loan in the change that stores the inbound message.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::inbound::{InboundContent, InboundMessage};
use domain::limits::POOL_LOAN_MESSAGES_MAX;
use domain::number::pool::{PoolLine, PoolLoanEvent, PoolLoanState, PoolMessage, next};
use domain::text::Text;
use domain::time::Timestamp;
use uuid::Uuid;

use super::illegal;
use super::loans::find_open_of;
use crate::tx::{Result, Row, Tx, params};

/// The loan that a message belongs to.
pub(crate) struct LoanOf {
    pub(crate) id: Uuid,
    number: String,
    service: String,
    state: PoolLoanState,
    cool_down: Duration,
    line: Option<PoolLine>,
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
    for number in called {
        let Some(loan) = find_open_of(tx, number, now).await? else { continue };
        if let (Some(own), Some(service)) = (loan.number, loan.service) {
            let cool_down = Duration::from_millis(loan.cool_down);
            let (id, state, line) = (loan.id, loan.state, loan.line);
            let of = LoanOf { id, number: own, service, state, cool_down, line };
            loans.insert(number.to_owned(), of);
        }
    }
    Ok(loans)
}

/// Stores the texts that came to numbers on loan, with which these are used up for their services;
/// returns the loans. Binary messages have no text: they are kept as inbound messages alone.
pub(crate) async fn add_messages(
    tx: &mut impl Tx,
    messages: &[InboundMessage],
    loans: &mut BTreeMap<String, LoanOf>,
    now: Timestamp,
) -> Result<Vec<Uuid>> {
    let mut changed = Vec::new();
    for message in messages {
        let Some(loan) = loans.get_mut(message.to.as_str()) else { continue };
        let InboundContent::Text(text) = &message.content else { continue };
        let number = count(tx, loan.id).await? + 1;
        if number > POOL_LOAN_MESSAGES_MAX {
            continue;
        }
        tx.execute(
            "INSERT INTO pool_messages (loan, number, inbound, text, at, due_for)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                &loan.id,
                number,
                &message.id,
                text.as_str(),
                now,
                loan.line.map(PoolLine::as_str),
            ],
        )
        .await?;
        let state = next(loan.state, PoolLoanEvent::MessageCame).map_err(illegal)?;
        if state != loan.state {
            use_up(tx, loan, state, now).await?;
            loan.state = state;
        }
        if !changed.contains(&loan.id) {
            changed.push(loan.id);
        }
    }
    Ok(changed)
}

async fn use_up(
    tx: &mut impl Tx,
    loan: &LoanOf,
    state: PoolLoanState,
    now: Timestamp,
) -> Result<()> {
    tx.execute("UPDATE pool_loans SET state = ?2 WHERE id = ?1", params![&loan.id, state.as_str()])
        .await?;
    tx.execute(
        "INSERT INTO pool_services (number, service, misses, used_until) VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (number, service) DO UPDATE SET misses = 0, used_until = ?3",
        params![&loan.number, &loan.service, now.after(loan.cool_down)],
    )
    .await
    .map(drop)
}

async fn count(tx: &mut impl Tx, loan: Uuid) -> Result<u32> {
    let rows =
        tx.query("SELECT count(*) FROM pool_messages WHERE loan = ?1", params![&loan]).await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.get())
}

/// Oldest first.
pub(super) async fn of_loan(tx: &mut impl Tx, loan: Uuid) -> Result<Vec<PoolMessage>> {
    let rows = tx
        .query(
            "SELECT number, text, at FROM pool_messages WHERE loan = ?1 ORDER BY number",
            params![&loan],
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
            "SELECT loan, number, text, at FROM pool_messages WHERE due_for = ?1
             ORDER BY at, loan, number LIMIT ?2",
            params![line.as_str(), limit],
        )
        .await?;
    rows.into_iter().map(|mut row| Ok((row.get()?, read(&mut row)?))).collect()
}

pub(crate) async fn messages_delivered(tx: &mut impl Tx, messages: &[(Uuid, u32)]) -> Result<()> {
    let rows: Vec<_> = messages.iter().map(|(loan, number)| params![loan, *number]).collect();
    tx.execute_many(
        "UPDATE pool_messages SET due_for = NULL WHERE loan = ?1 AND number = ?2",
        &rows,
    )
    .await
    .map(drop)
}
