//! Retries the recipients that an ended campaign did not reach.
//!
//! | of the tries before | kept |
//! |---|---|
//! | parts that carriers took | no: a receipt for one decides nothing |
//! | tried carriers, attempts, unanswered claims | no |
//! | chunks | none are left; new chunks count claims from a number that no earlier claim reached |
//!
//! One change, whatever the size: the whole price is reserved at once. It changes the message and
//! adds its chunks; the first claim of each chunk changes the recipients' rows
//! ([`crate::rows::queue::requeue`]).

use domain::message::{Lane, MessageEvent, MessageState, next};
use domain::money::Msat;
use domain::ports::{PortError, Retry, RetryOutcome, Spent};
use domain::time::Timestamp;

use super::campaign_row::CampaignRow;
use super::idempotency::{self, Spending};
use super::missed_runs;
use super::rows::find;
use crate::rows::ledger;
use crate::rows::message::message_lock::lock_one;
use crate::rows::queue::enqueue::{QueuedChunk, enqueue};
use crate::tx::{Result, Tx, params};

/// Maximum number of claims of one try: a later one would look like one of the next try.
const CLAIMS_BITS: u32 = 20;

const TRIES_MAX: u32 = 1 << (u32::BITS - CLAIMS_BITS);

/// The number of a claim among those of one retry, from a chunk's count of claims.
pub(crate) const fn claim_number(attempt: u32) -> u32 {
    attempt & ((1 << CLAIMS_BITS) - 1)
}

pub(crate) async fn retry(tx: &mut impl Tx, retry: &Retry, now: Timestamp) -> Result<RetryOutcome> {
    let (account, message) = (retry.account, retry.message);
    let spending = Spending { account, message, recipients: 0, price: Msat::ZERO };
    let idempotency = retry.idempotency.as_ref();
    if let Some(spent) = idempotency::take(tx, idempotency, spending, now).await? {
        return Ok(RetryOutcome::Spent(spent));
    }
    let outcome = store(tx, retry, now).await?;
    match outcome {
        RetryOutcome::Spent(Spent::Done { recipients, price, .. }) => {
            idempotency::update(tx, idempotency, Spending { recipients, price, ..spending })
                .await?;
        }
        _ => idempotency::release(tx, idempotency, account).await?,
    }
    Ok(outcome)
}

async fn store(tx: &mut impl Tx, retry: &Retry, now: Timestamp) -> Result<RetryOutcome> {
    let message = &retry.message;
    let Some(locked) = lock_one(tx, *message).await? else {
        return Ok(RetryOutcome::NoSuchMessage);
    };
    let campaign = locked.campaign.filter(|campaign| campaign.account == retry.account);
    let Some(campaign) = campaign else {
        return Ok(match find(tx, retry.account, message).await? {
            None => RetryOutcome::NoSuchMessage,
            Some(found) if found.state.is_final() => RetryOutcome::OfOrder,
            Some(found) => RetryOutcome::NotEnded(found.state),
        });
    };
    let state = locked.counters.state;
    let Ok(to) = next(state, MessageEvent::Requeued) else {
        return Ok(RetryOutcome::NotEnded(state));
    };
    let (recipients, price) = (campaign.counters.missed_recipients(), campaign.counters.missed);
    if recipients == 0 {
        return Ok(RetryOutcome::NothingToRetry);
    }
    if let Some(short) = ledger::reserve(tx, retry.account, price, now).await? {
        return Ok(RetryOutcome::Spent(idempotency::unspent(short, price)));
    }
    ledger::reserve_more(tx, message, campaign.counters.settlement.reserved, price).await?;
    update_message(tx, retry, to, recipients, price, now).await?;
    queue(tx, retry, &campaign, now).await?;
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

async fn queue(
    tx: &mut impl Tx,
    retry: &Retry,
    campaign: &CampaignRow,
    now: Timestamp,
) -> Result<()> {
    let tries = campaign.retries.saturating_add(1);
    if tries >= TRIES_MAX {
        return Err(PortError::Refused("it was retried too often".to_owned()));
    }
    let message = &retry.message;
    let rows = tx.query("SELECT lane FROM messages WHERE id = ?1", params![message]).await?;
    let lane: Lane = rows.into_iter().next().map_or(Ok(Lane::Bulk), |mut row| row.get())?;
    let runs = missed_runs::take(tx, message).await?;
    let queued = runs.into_iter().map(|(first, last)| QueuedChunk {
        message,
        first,
        last,
        lane,
        account: Some(campaign.account),
        valid_until: retry.valid_until,
        due_at: now,
        attempt: tries << CLAIMS_BITS,
        requeued_at: Some(now),
    });
    enqueue(tx, &queued.collect::<Vec<_>>(), None).await
}
