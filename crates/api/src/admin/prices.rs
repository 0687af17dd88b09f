//! `/admin/v1/prices…`: prices of products by prefix, of all accounts or of one. A request is of one
//! product: parts of campaigns, unless it names another.

use axum::Json;
use axum::extract::State;
use domain::id::AccountId;
use domain::money::Msat;
use domain::sale::tariff::{ListPrice, Product, is_prefix};
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{field, none, prices_not_set, store_failed};
use super::page::{account, bad_cursor, limit, page};
use crate::settings::DoorState;

fn view(account: Option<AccountId>, row: &ListPrice) -> Value {
    let product = row.product.as_str();
    json!({ "account": account, "product": product, "prefix": row.prefix, "msat": row.price })
}

/// The product of a request that may name one.
pub(super) fn read_product(word: Option<&str>) -> Result<Product, Refusal> {
    let Some(word) = word else { return Ok(Product::Part) };
    word.parse().map_err(|_| {
        let known: Vec<_> = Product::ALL.iter().map(|product| product.as_str()).collect();
        field("product", format_args!("must be one of {}", known.join(", ")))
    })
}

/// A cursor is a colon and a prefix: the empty prefix is one too.
pub(crate) async fn list_prices(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, account) = (limit(&query)?, account(&query)?.filter(|account| account.0 != 0));
    let after = query.written("after").map(|after| {
        let prefix = after.strip_prefix(':').filter(|prefix| is_prefix(prefix));
        prefix.map(str::to_owned).ok_or_else(bad_cursor)
    });
    let product = read_product(query.written("product"))?;
    let after = after.transpose()?;
    let found = door.engine.accounts.price_page(account, product, after, limit + 1).await;
    let found = found.map_err(store_failed)?;
    Ok(Json(page(found, limit, |row| view(account, row), |row| json!(format!(":{}", row.prefix)))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// `None`: for all accounts.
    account: Option<i64>,
    product: Option<String>,
    prices: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    prefix: String,
    msat: i64,
}

pub(crate) async fn set_prices(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<Prices>,
) -> Result<Json<Value>, Refusal> {
    let product = read_product(new.product.as_deref())?;
    let (account, set) = (new.account.map(AccountId), new.prices.len());
    let prices = new.prices.into_iter().map(|price| (price.prefix, Msat::new(price.msat)));
    let stored = door.engine.accounts.set_prices(account, product, prices.collect(), by).await;
    stored.map_err(prices_not_set)?;
    Ok(Json(json!({ "set": set })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removed {
    account: Option<i64>,
    product: Option<String>,
    prefix: String,
}

pub(crate) async fn remove_price(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(old): JsonObject<Removed>,
) -> Result<Json<Value>, Refusal> {
    let product = read_product(old.product.as_deref())?;
    let account = old.account.map(AccountId);
    let removed = door.engine.accounts.remove_price(account, product, old.prefix, by).await;
    if removed.map_err(store_failed)? { Ok(Json(json!({ "removed": 1 }))) } else { Err(none()) }
}
