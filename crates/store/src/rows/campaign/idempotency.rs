//! Idempotency keys of requests that spent credit.

use domain::id::{AccountId, MessageId};
use domain::limits::{FORGET_AFTER, IDEMPOTENCY_KEY_AGE_MAX};
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::ports::{PortError, Spent};
use domain::time::Timestamp;

use crate::rows::ledger::Short;
use crate::tx::{Result, Tx, params};

/// The price of a request.
#[derive(Clone, Copy)]
pub(crate) struct Spending {
    pub(crate) account: AccountId,
    pub(crate) message: MessageId,
    pub(crate) recipients: u32,
    pub(crate) price: Msat,
}

/// Why a request of this price was refused.
pub(crate) const fn unspent(short: Short, price: Msat) -> Spent {
    match short {
        Short::Credit { available } => Spent::Insufficient { price, available },
        Short::DailyLimit { left } => Spent::OverDailyLimit { price, left },
    }
}

/// Stores the key for this request. `Some` when an earlier request has stored it; waits while that
/// one is in progress.
pub(crate) async fn take(
    tx: &mut impl Tx,
    idempotency: Option<&Idempotency>,
    spending: Spending,
    now: Timestamp,
) -> Result<Option<Spent>> {
    let Some(idempotency) = idempotency else { return Ok(None) };
    let Spending { account, message, recipients, price } = spending;
    let request = &idempotency.request[..];
    let taken = tx
        .execute(
            "INSERT INTO idempotency_keys (account, key, request, message, recipients, price, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (account, key) DO NOTHING",
            params![account, &idempotency.key, request, &message, recipients, price, now],
        )
        .await?;
    if taken > 0 {
        return Ok(None);
    }
    let deleted = || PortError::Unavailable("an idempotency key was deleted meanwhile".to_owned());
    spent(tx, account, idempotency).await?.ok_or_else(deleted).map(Some)
}

/// Stores the result of the request.
pub(crate) async fn update(
    tx: &mut impl Tx,
    idempotency: Option<&Idempotency>,
    spending: Spending,
) -> Result<()> {
    let Some(Idempotency { key, .. }) = idempotency else { return Ok(()) };
    tx.execute(
        "UPDATE idempotency_keys SET recipients = ?3, price = ?4 WHERE account = ?1 AND key = ?2",
        params![spending.account, key, spending.recipients, spending.price],
    )
    .await
    .map(drop)
}

/// Deletes the key of a refused request, so that it can be repeated.
pub(crate) async fn release(
    tx: &mut impl Tx,
    idempotency: Option<&Idempotency>,
    account: AccountId,
) -> Result<()> {
    let Some(Idempotency { key, .. }) = idempotency else { return Ok(()) };
    tx.execute(
        "DELETE FROM idempotency_keys WHERE account = ?1 AND key = ?2",
        params![account, key],
    )
    .await
    .map(drop)
}

pub(crate) async fn spent(
    tx: &mut impl Tx,
    account: AccountId,
    idempotency: &Idempotency,
) -> Result<Option<Spent>> {
    let rows = tx
        .query(
            "SELECT request, message, recipients, price FROM idempotency_keys
             WHERE account = ?1 AND key = ?2",
            params![account, &idempotency.key],
        )
        .await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
    if row.get::<Vec<u8>>()? != idempotency.request {
        return Ok(Some(Spent::KeyReused));
    }
    let (message, recipients, price) = (row.get()?, row.get()?, row.get()?);
    Ok(Some(Spent::Repeat { message, recipients, price }))
}

/// Keys are kept for a shorter time than other rows, which are deleted `before`.
pub(crate) async fn forget(tx: &mut impl Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let before = before.after(FORGET_AFTER.saturating_sub(IDEMPOTENCY_KEY_AGE_MAX));
    tx.execute(
        "DELETE FROM idempotency_keys WHERE (account, key) IN (
             SELECT account, key FROM idempotency_keys WHERE at < ?1 ORDER BY at LIMIT ?2
         )",
        params![before, limit],
    )
    .await
}
