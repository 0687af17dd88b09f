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
        forget(tx, key, hour - KEPT_HOURS).await?;
        tx.execute(
            "INSERT INTO traffic (payer, prefix, hour, messages) VALUES (?1, ?2, ?3, 0)
             ON CONFLICT (payer, prefix, hour) DO NOTHING",
            params![key.0, key.1, hour],
        )
        .await?;
        let fits = tx
            .execute(
                "UPDATE traffic SET messages = messages + ?4
                 WHERE payer = ?1 AND prefix = ?2 AND hour = ?3 AND messages + ?4 <= ?5",
                params![key.0, key.1, hour, *messages, cap.messages],
            )
            .await?;
        if fits == 0 {
            give_back(tx, payer, &counts[..taken], hour).await?;
            return Ok(Some(cap.clone()));
        }
    }
    Ok(None)
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
