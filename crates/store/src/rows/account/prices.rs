//! Prices by prefix, for one account or for all.

use domain::account::operator::{Action, Actor};
use domain::id::AccountId;
use domain::limits::PRICES_PER_LIST_MAX;
use domain::money::Msat;
use domain::ports::{PortError, PriceRow};
use domain::sale::tariff::is_prefix;
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::rows::account;
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{AdvisoryLock, Result, Row, Tx, params};

/// The list of all accounts.
const EVERYBODY: AccountId = AccountId(0);
/// An entry of the audit log names so many prices; of more it tells the number.
const PRICES_TOLD_MAX: usize = 50;

pub(crate) async fn set_prices(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    prices: &[(String, Msat)],
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    if prices.is_empty() {
        return Ok(());
    }
    if prices.iter().any(|(prefix, price)| !is_prefix(prefix) || price.is_negative()) {
        return Err(PortError::Refused("a price is of a prefix and not negative".to_owned()));
    }
    let list = hold(tx, account).await?;
    let before = known(tx, list, prices).await?;
    let rows: Vec<_> = prices.iter().map(|(prefix, price)| params![list, prefix, *price]).collect();
    tx.execute_many(
        "INSERT INTO prices (account, prefix, price) VALUES (?1, ?2, ?3)
         ON CONFLICT (account, prefix) DO UPDATE SET price = excluded.price",
        &rows,
    )
    .await?;
    let rows = tx.query("SELECT count(*) FROM prices WHERE account = ?1", params![list]).await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count > PRICES_PER_LIST_MAX {
        return Err(PortError::Refused("the list has too many prices".to_owned()));
    }
    let detail = if prices.len() > PRICES_TOLD_MAX {
        json!({ "prices": prices.len() })
    } else {
        json!({ "before": before, "after": object(prices) })
    };
    let entry = NewAuditEntry { action: Action::PriceSet, account, on: &on(prices), detail };
    audit::write(tx, entry, by, now).await
}

/// Whoever changes a list has it alone: its length is counted.
async fn hold(tx: &mut impl Tx, account: Option<AccountId>) -> Result<AccountId> {
    match account {
        Some(account) => account::lock(tx, account).await?,
        None => tx.lock(AdvisoryLock::Prices).await?,
    }
    Ok(account.unwrap_or(EVERYBODY))
}

async fn known(tx: &mut impl Tx, list: AccountId, prices: &[(String, Msat)]) -> Result<Json> {
    let asked: Vec<_> =
        prices.iter().take(PRICES_TOLD_MAX).map(|(prefix, _)| params![list, prefix]).collect();
    let found = tx
        .query_many(
            "SELECT account, prefix, price FROM prices WHERE account = ?1 AND prefix = ?2",
            &asked,
        )
        .await?;
    let rows = found.into_iter().flatten().map(read).collect::<Result<Vec<_>>>()?;
    let pairs: Vec<_> = rows.into_iter().map(|row| (row.prefix, row.price)).collect();
    Ok(object(&pairs))
}

fn object(prices: &[(String, Msat)]) -> Json {
    let pairs = prices.iter().map(|(prefix, price)| (prefix.clone(), json!(price.get())));
    Json::Object(pairs.collect::<Map<_, _>>())
}

fn on(prices: &[(String, Msat)]) -> String {
    match prices {
        [(prefix, _)] => prefix.clone(),
        many => format!("{} prefixes", many.len()),
    }
}

pub(crate) async fn remove_price(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    prefix: &str,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let list = hold(tx, account).await?;
    let gone = tx
        .query(
            "DELETE FROM prices WHERE account = ?1 AND prefix = ?2 RETURNING price",
            params![list, prefix],
        )
        .await?;
    let Some(mut row) = gone.into_iter().next() else { return Ok(false) };
    let detail = json!({ "before": row.get::<i64>()? });
    let entry = NewAuditEntry { action: Action::PriceRemove, account, on: prefix, detail };
    audit::write(tx, entry, by, now).await?;
    Ok(true)
}

pub(crate) async fn prices(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<PriceRow>> {
    let list = account.unwrap_or(EVERYBODY);
    // The empty prefix is the first of all.
    let rows = match after {
        None => {
            tx.query(
                "SELECT account, prefix, price FROM prices WHERE account = ?1
                 ORDER BY prefix LIMIT ?2",
                params![list, limit],
            )
            .await?
        }
        Some(after) => {
            tx.query(
                "SELECT account, prefix, price FROM prices WHERE account = ?1 AND prefix > ?2
                 ORDER BY prefix LIMIT ?3",
                params![list, after, limit],
            )
            .await?
        }
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<PriceRow> {
    let account: AccountId = row.get()?;
    let account = (account != EVERYBODY).then_some(account);
    Ok(PriceRow { account, prefix: row.get()?, price: row.get()? })
}

pub(crate) async fn tariff(tx: &mut impl Tx, account: AccountId) -> Result<Vec<(String, Msat)>> {
    let rows = tx
        .query(
            "SELECT account, prefix, price FROM prices WHERE account = 0 OR account = ?1
             ORDER BY account, prefix LIMIT ?2",
            params![account, 2 * PRICES_PER_LIST_MAX],
        )
        .await?;
    let rows = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(rows.into_iter().map(|row| (row.prefix, row.price)).collect())
}
