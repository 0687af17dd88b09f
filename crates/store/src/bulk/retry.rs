//! Another try of those who did not get an ended message.
//!
//! | of the earlier tries | stays |
//! |---|---|
//! | what carriers took | no: a receipt of it decides nothing |
//! | who was tried, attempts, silences | no |
//! | chunks | none are left; the new ones count claims from where no earlier one got to |
//!
//! One change, whatever the size: a message is as a whole tried again or not.

use domain::message::{Lane, MessageEvent, MessageId, MessageState, next};
use domain::money::Msat;
use domain::ports::{PortError, Retry, RetryOutcome, Spent};
use domain::recipient::RecipientState;
use domain::time::Timestamp;

use super::keys::{self, Spending};
use super::shares::Bulk;
use crate::ledger;
use crate::messages::{Queued, insert_chunks, lock};
use crate::sql::{Result, Tx, params};

/// Claims of one try, at most: later ones would look like the next try's.
const CLAIMS_BITS: u32 = 20;

const TRIES_MAX: u32 = 1 << (u32::BITS - CLAIMS_BITS);

/// Recipients of one chunk that are tried again.
struct Run {
    first: u32,
    last: u32,
    recipients: u32,
    price: Msat,
}

pub(crate) async fn retry(tx: &mut impl Tx, retry: &Retry, now: Timestamp) -> Result<RetryOutcome> {
    let (account, message) = (retry.account, retry.message);
    let spending = Spending { account, message, recipients: 0, price: Msat::ZERO };
    let idempotency = retry.idempotency.as_ref();
    if let Some(spent) = keys::take(tx, idempotency, spending, now).await? {
        return Ok(RetryOutcome::Spent(spent));
    }
    let outcome = requeue(tx, retry, now).await?;
    match outcome {
        RetryOutcome::Spent(Spent::Done { recipients, price, .. }) => {
            keys::note(tx, idempotency, Spending { recipients, price, ..spending }).await?;
        }
        _ => keys::give_up(tx, idempotency, account).await?,
    }
    Ok(outcome)
}

async fn requeue(tx: &mut impl Tx, retry: &Retry, now: Timestamp) -> Result<RetryOutcome> {
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
    let runs = find_runs(tx, message).await?;
    if runs.is_empty() {
        return Ok(RetryOutcome::NothingToRetry);
    }
    let price = Msat::checked_sum(runs.iter().map(|run| run.price)).ok_or_else(ledger::too_much)?;
    let recipients = runs.iter().map(|run| run.recipients).sum();
    if !ledger::reserve(tx, retry.account, price).await? {
        let available = ledger::balance(tx, retry.account).await?.available;
        return Ok(RetryOutcome::Spent(Spent::Insufficient { price, available }));
    }
    ledger::reserve_more(tx, message, bulk.price, price).await?;
    requeue_recipients(tx, message, now).await?;
    update_message(tx, retry, to, recipients, price, now).await?;
    queue(tx, retry, &bulk, &runs, now).await?;
    Ok(RetryOutcome::Spent(Spent::Done { message: *message, recipients, price }))
}

/// The message has ended, so that every recipient has a row or gets nothing.
async fn find_runs(tx: &mut impl Tx, message: &MessageId) -> Result<Vec<Run>> {
    let rows = tx
        .query(
            "SELECT min(idx), max(idx), count(*), CAST(sum(price) AS BIGINT) FROM recipients
             WHERE message = ?1 AND state IN ('failed', 'expired', 'timeout')
             GROUP BY idx / 1000 ORDER BY 1",
            params![message],
        )
        .await?;
    let run = |mut row: crate::sql::Row| {
        let (first, last) = (row.get()?, row.get()?);
        Ok(Run { first, last, recipients: row.get()?, price: row.get()? })
    };
    rows.into_iter().map(run).collect()
}

async fn requeue_recipients(tx: &mut impl Tx, message: &MessageId, now: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM submissions WHERE message = ?1 AND idx IN (
             SELECT idx FROM recipients
             WHERE message = ?1 AND state IN ('failed', 'expired', 'timeout')
         )",
        params![message],
    )
    .await?;
    tx.execute(
        "UPDATE recipients SET state = ?2, reason = NULL, code = NULL, tried = NULL,
             deferred_attempt = 0, unanswered = 0, attempts = 0, updated_at = ?3
         WHERE message = ?1 AND state IN ('failed', 'expired', 'timeout')",
        params![message, RecipientState::Pending, now],
    )
    .await
    .map(drop)
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
        "UPDATE bulk_messages SET price = price + ?2, failed = 0, expired = 0, timeout = 0,
             paused = 0, retries = retries + 1, ended_at = NULL
         WHERE message = ?1",
        params![message, price],
    )
    .await
    .map(drop)
}

async fn queue(
    tx: &mut impl Tx,
    retry: &Retry,
    bulk: &Bulk,
    runs: &[Run],
    now: Timestamp,
) -> Result<()> {
    let tries = bulk.retries.saturating_add(1);
    if tries >= TRIES_MAX {
        return Err(PortError::Refused("it was tried too often".to_owned()));
    }
    let (message, valid_until) = (&retry.message, retry.valid_until);
    let rows = tx.query("SELECT lane FROM messages WHERE id = ?1", params![message]).await?;
    let lane = rows.into_iter().next().map_or(Ok(Lane::Bulk), |mut row| row.get())?;
    let account = Some(bulk.account);
    let queued: Vec<_> = runs
        .iter()
        .map(|&Run { first, last, .. }| {
            let (due_at, attempt) = (now, tries << CLAIMS_BITS);
            Queued { message, first, last, lane, account, valid_until, due_at, attempt }
        })
        .collect();
    insert_chunks(tx, &queued, None).await
}
