//! Messages per payer, prefix and hour. The rows of one prefix are counted one after another.

use domain::account::traffic::{HourlyCap, TrafficCount};
use domain::id::AccountId;

use crate::tx::{Result, Tx, params};

/// All callers without an account.
const STRANGERS: i64 = 0;

/// Hours after which counts are deleted.
const KEPT_HOURS: i64 = 48;

fn payer_of(payer: Option<AccountId>) -> i64 {
    payer.map_or(STRANGERS, |account| account.0)
}

/// `counts` are sorted by prefix, so that concurrent changes lock the rows in one order.
pub(crate) async fn take(
    tx: &mut impl Tx,
    payer: Option<AccountId>,
    counts: &[TrafficCount],
    hour: i64,
) -> Result<Option<HourlyCap>> {
    for (taken, TrafficCount { cap, messages }) in counts.iter().enumerate() {
        let key = (payer_of(payer), cap.prefix.as_str());
        let mut fits = count(tx, key, hour, *messages, cap.messages).await?;
        if !fits {
            // Full, or the first of its hour.
            if begin(tx, key, hour).await? {
                forget(tx, key, hour - KEPT_HOURS).await?;
            }
            fits = count(tx, key, hour, *messages, cap.messages).await?;
        }
        if !fits {
            give_back(tx, payer, &counts[..taken], hour).await?;
            return Ok(Some(cap.clone()));
        }
    }
    Ok(None)
}

/// Adds to the count of an hour if the sum fits; false also when there is none yet.
async fn count(
    tx: &mut impl Tx,
    (payer, prefix): (i64, &str),
    hour: i64,
    messages: u32,
    most: u32,
) -> Result<bool> {
    let counted = tx
        .execute(
            "UPDATE traffic SET messages = messages + ?4
             WHERE payer = ?1 AND prefix = ?2 AND hour = ?3 AND messages + ?4 <= ?5",
            params![payer, prefix, hour, messages, most],
        )
        .await?;
    Ok(counted > 0)
}

/// Whether the hour had no count yet.
async fn begin(tx: &mut impl Tx, (payer, prefix): (i64, &str), hour: i64) -> Result<bool> {
    let new = tx
        .execute(
            "INSERT INTO traffic (payer, prefix, hour, messages) VALUES (?1, ?2, ?3, 0)
             ON CONFLICT (payer, prefix, hour) DO NOTHING",
            params![payer, prefix, hour],
        )
        .await?;
    Ok(new > 0)
}

pub(crate) async fn full(
    tx: &mut impl Tx,
    payer: Option<AccountId>,
    counts: &[TrafficCount],
    hour: i64,
) -> Result<Option<HourlyCap>> {
    for TrafficCount { cap, messages } in counts {
        let rows = tx
            .query(
                "SELECT messages FROM traffic WHERE payer = ?1 AND prefix = ?2 AND hour = ?3",
                params![payer_of(payer), cap.prefix.as_str(), hour],
            )
            .await?;
        let known: i64 = match rows.into_iter().next() {
            Some(mut row) => row.get()?,
            None => 0,
        };
        if known + i64::from(*messages) > i64::from(cap.messages) {
            return Ok(Some(cap.clone()));
        }
    }
    Ok(None)
}

pub(crate) async fn give_back(
    tx: &mut impl Tx,
    payer: Option<AccountId>,
    counts: &[TrafficCount],
    hour: i64,
) -> Result<()> {
    for TrafficCount { cap, messages } in counts {
        tx.execute(
            "UPDATE traffic SET messages = messages - ?4
             WHERE payer = ?1 AND prefix = ?2 AND hour = ?3 AND messages >= ?4",
            params![payer_of(payer), cap.prefix.as_str(), hour, *messages],
        )
        .await?;
    }
    Ok(())
}

pub(crate) async fn add(
    tx: &mut impl Tx,
    payer: Option<AccountId>,
    counts: &[TrafficCount],
    hour: i64,
) -> Result<()> {
    for TrafficCount { cap, messages } in counts {
        let key = (payer_of(payer), cap.prefix.as_str());
        forget(tx, key, hour - KEPT_HOURS).await?;
        tx.execute(
            "INSERT INTO traffic (payer, prefix, hour, messages) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (payer, prefix, hour)
             DO UPDATE SET messages = traffic.messages + excluded.messages",
            params![key.0, key.1, hour, *messages],
        )
        .await?;
    }
    Ok(())
}

async fn forget(tx: &mut impl Tx, (payer, prefix): (i64, &str), before: i64) -> Result<()> {
    let sql = "DELETE FROM traffic WHERE payer = ?1 AND prefix = ?2 AND hour < ?3";
    tx.execute(sql, params![payer, prefix, before]).await.map(drop)
}
