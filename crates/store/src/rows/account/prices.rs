//! Prices of products by prefix, for one account or for all.

use domain::account::operator::{Action, Actor};
use domain::id::AccountId;
use domain::limits::PRICES_PER_LIST_MAX;
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::tariff::{ListPrice, Product};
use domain::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::rows::account;
use crate::rows::account::audit::{self, NewAuditEntry};
use crate::tx::{AdvisoryLock, Result, Row, Tx, params};

/// The list of all accounts.
const EVERYBODY: AccountId = AccountId(0);
/// Maximum number of prices in an audit entry; a larger change shows their number only.
const PRICES_NAMED_MAX: usize = 50;

pub(crate) async fn set_prices(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    product: Product,
    prices: &[(String, Msat)],
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    if prices.is_empty() {
        return Ok(());
    }
    if prices.iter().any(|(prefix, price)| !product.takes(prefix) || price.is_negative()) {
        return Err(PortError::Refused("a price is of a prefix and not negative".to_owned()));
    }
    let list = lock_list(tx, account).await?;
    let before = known(tx, list, product, prices).await?;
    let rows: Vec<_> = prices
        .iter()
        .map(|(prefix, price)| params![list, product.as_str(), prefix, *price])
        .collect();
    tx.execute_many(
        "INSERT INTO prices (account, product, prefix, price) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account, product, prefix) DO UPDATE SET price = excluded.price",
        &rows,
    )
    .await?;
    let rows = tx.query("SELECT count(*) FROM prices WHERE account = ?1", params![list]).await?;
    let count: u32 = rows.into_iter().next().map_or(Ok(0), |mut row| row.get())?;
    if count > PRICES_PER_LIST_MAX {
        return Err(PortError::Refused("the list has too many prices".to_owned()));
    }
    let product = product.as_str();
    let detail = if prices.len() > PRICES_NAMED_MAX {
        json!({ "product": product, "prices": prices.len() })
    } else {
        json!({ "product": product, "before": before, "after": object(prices) })
    };
    let entry = NewAuditEntry { action: Action::PriceSet, account, on: &on(prices), detail };
    audit::write(tx, entry, by, now).await
}

/// Serializes changes of a list, whose length is counted.
async fn lock_list(tx: &mut impl Tx, account: Option<AccountId>) -> Result<AccountId> {
    match account {
        Some(account) => account::lock(tx, account).await?,
        None => tx.lock(AdvisoryLock::Prices).await?,
    }
    Ok(account.unwrap_or(EVERYBODY))
}

async fn known(
    tx: &mut impl Tx,
    list: AccountId,
    product: Product,
    prices: &[(String, Msat)],
) -> Result<Json> {
    let named = prices.iter().take(PRICES_NAMED_MAX);
    let asked: Vec<_> = named.map(|(prefix, _)| params![list, product.as_str(), prefix]).collect();
    let found = tx
        .query_many(
            "SELECT product, prefix, price FROM prices
             WHERE account = ?1 AND product = ?2 AND prefix = ?3",
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
    product: Product,
    prefix: &str,
    by: Actor,
    now: Timestamp,
) -> Result<bool> {
    let list = lock_list(tx, account).await?;
    let removed = tx
        .query(
            "DELETE FROM prices WHERE account = ?1 AND product = ?2 AND prefix = ?3
             RETURNING price",
            params![list, product.as_str(), prefix],
        )
        .await?;
    let Some(mut row) = removed.into_iter().next() else { return Ok(false) };
    let detail = json!({ "product": product.as_str(), "before": row.get::<i64>()? });
    let entry = NewAuditEntry { action: Action::PriceRemove, account, on: prefix, detail };
    audit::write(tx, entry, by, now).await?;
    Ok(true)
}

pub(crate) async fn prices(
    tx: &mut impl Tx,
    account: Option<AccountId>,
    product: Product,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<ListPrice>> {
    let (list, product) = (account.unwrap_or(EVERYBODY), product.as_str());
    // The empty prefix sorts first.
    let rows = match after {
        None => {
            tx.query(
                "SELECT product, prefix, price FROM prices WHERE account = ?1 AND product = ?2
                 ORDER BY prefix LIMIT ?3",
                params![list, product, limit],
            )
            .await?
        }
        Some(after) => {
            tx.query(
                "SELECT product, prefix, price FROM prices
                 WHERE account = ?1 AND product = ?2 AND prefix > ?3
                 ORDER BY prefix LIMIT ?4",
                params![list, product, after, limit],
            )
            .await?
        }
    };
    rows.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<ListPrice> {
    let product: String = row.get()?;
    let unreadable = |_| PortError::Refused("unreadable column: product".to_owned());
    let product = product.parse().map_err(unreadable)?;
    Ok(ListPrice { product, prefix: row.get()?, price: row.get()? })
}

pub(crate) async fn price_list(
    tx: &mut impl Tx,
    account: Option<AccountId>,
) -> Result<Vec<ListPrice>> {
    let rows = tx
        .query(
            "SELECT product, prefix, price FROM prices WHERE account = ?1
             ORDER BY product, prefix LIMIT ?2",
            params![account.unwrap_or(EVERYBODY), PRICES_PER_LIST_MAX],
        )
        .await?;
    rows.into_iter().map(read).collect()
}
