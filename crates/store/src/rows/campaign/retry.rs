//! Another try of those who did not get an ended message.
//!
//! | of the earlier tries | stays |
//! |---|---|
//! | what carriers took | no: a receipt of it decides nothing |
//! | who was tried, attempts, silences | no |
//! | chunks | none are left; the new ones count claims from where no earlier one got to |
//!
//! One change, whatever the size: a message is as a whole tried again or not, and all of its price is
//! reserved at once. The change is of the message and its chunks; recipients follow with the first claim
//! of theirs ([`requeue`]).

use domain::message::{Lane, MessageEvent, MessageState, next};
use domain::money::Msat;
use domain::ports::{Changed, PortError, Retry, RetryOutcome, Spent};
use domain::time::Timestamp;

use super::idempotency::{self, Spending};
use super::settlement::Bulk;
use crate::rows::ledger;
use crate::rows::message::lock;
use crate::rows::queue::requeue;
use crate::tx::{Result, Tx, params};

/// Claims of one try, at most: later ones would look like the next try's.
const CLAIMS_BITS: u32 = 20;

const TRIES_MAX: u32 = 1 << (u32::BITS - CLAIMS_BITS);

pub(crate) async fn retry(tx: &mut impl Tx, retry: &Retry, now: Timestamp) -> Result<RetryOutcome> {
    let (account, message) = (retry.account, retry.message);
    let spending = Spending { account, message, recipients: 0, price: Msat::ZERO };
    let idempotency = retry.idempotency.as_ref();
    if let Some(spent) = idempotency::take(tx, idempotency, spending, now).await? {
        return Ok(RetryOutcome::Spent(spent));
    }
    let outcome = begin(tx, retry, now).await?;
    match outcome {
        RetryOutcome::Spent(Spent::Done { recipients, price, .. }) => {
            idempotency::note(tx, idempotency, Spending { recipients, price, ..spending }).await?;
        }
        _ => idempotency::give_up(tx, idempotency, account).await?,
    }
    Ok(outcome)
}

async fn begin(tx: &mut impl Tx, retry: &Retry, now: Timestamp) -> Result<RetryOutcome> {
    let message = &retry.message;
    let locked = lock(tx, *message).await?;
    let Some((state, bulk)) = locked.and_then(|locked| Some((locked.state, locked.bulk?))) else {
        return Ok(RetryOutcome::NoSuchMessage);
    };
    if bulk.account != retry.account {
        return Ok(RetryOutcome::NoSuchMessage);
    }
    let Ok(to) = next(state, MessageEvent::Requeued) else {
        return Ok(RetryOutcome::NotEnded(state));
    };
    let (recipients, price) = (bulk.missed_recipients()?, bulk.missed);
    if recipients == 0 {
        return Ok(RetryOutcome::NothingToRetry);
    }
    if let Some(short) = ledger::reserve(tx, retry.account, price, now).await? {
        return Ok(RetryOutcome::Spent(idempotency::unspent(short, price)));
    }
    ledger::reserve_more(tx, message, bulk.price, price).await?;
    update_message(tx, retry, to, recipients, price, now).await?;
    queue(tx, retry, &bulk, now).await?;
    Ok(RetryOutcome::Spent(Spent::Done { message: *message, recipients, price }))
}

async fn update_message(
    tx: &mut impl Tx,
    retry: &Retry,
    state: MessageState,
    recipients: u32,
    price: Msat,
    now: Timestamp,
) -> Result<()> {
    let (valid_until, receipts_until) = (retry.valid_until, retry.receipts_until);
    let message = &retry.message;
    tx.execute(
        "UPDATE messages SET state = ?2, pending = pending + ?3, finals = finals - ?3,
             valid_until = ?4, receipts_until = ?5, updated_at = ?6
         WHERE id = ?1",
        params![message, state, recipients, valid_until, receipts_until, now],
    )
    .await?;
    tx.execute(
        "UPDATE bulk_messages SET price = price + ?2, failed = 0, expired = 0, timeout = 0, missed = 0,
             paused = 0, retries = retries + 1, ended_at = NULL
         WHERE message = ?1",
        params![message, price],
    )
    .await
    .map(drop)
}

async fn queue(tx: &mut impl Tx, retry: &Retry, bulk: &Bulk, now: Timestamp) -> Result<()> {
    let tries = bulk.retries.saturating_add(1);
    if tries >= TRIES_MAX {
        return Err(PortError::Refused("it was tried too often".to_owned()));
    }
    let message = &retry.message;
    let rows = tx.query("SELECT lane FROM messages WHERE id = ?1", params![message]).await?;
    let lane: Lane = rows.into_iter().next().map_or(Ok(Lane::Bulk), |mut row| row.get())?;
    let runs = requeue::take_runs(tx, message).await?;
    let rows: Vec<_> = runs
        .iter()
        .map(|(first, last)| {
            let (account, attempt) = (bulk.account, tries << CLAIMS_BITS);
            params![message, *first, *last, lane, account, retry.valid_until, now, attempt]
        })
        .collect();
    tx.notify(Changed { chunks: true, ..Changed::default() });
    tx.execute_many(
        "INSERT INTO chunks (message, first_idx, last_idx, lane, account, valid_until, due_at,
             attempt, unsure, requeued_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?7)",
        &rows,
    )
    .await
    .map(drop)
}
