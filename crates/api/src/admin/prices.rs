//! `/admin/v1/prices…`: prices of a part by prefix, of all accounts or of one.

use axum::Json;
use axum::extract::State;
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::PriceRow;
use domain::sale::tariff::is_prefix;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{none, prices_not_set, store_failed};
use super::page::{account, bad_cursor, limit, page};
use crate::settings::DoorState;

fn view(row: &PriceRow) -> Value {
    json!({ "account": row.account, "prefix": row.prefix, "msat": row.price })
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
    let found = door.engine.accounts.price_page(account, after.transpose()?, limit + 1).await;
    let found = found.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |row| json!(format!(":{}", row.prefix)))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// `None`: for all accounts.
    account: Option<i64>,
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
    let (account, set) = (new.account.map(AccountId), new.prices.len());
    let prices = new.prices.into_iter().map(|price| (price.prefix, Msat::new(price.msat)));
    let stored = door.engine.accounts.set_prices(account, prices.collect(), by).await;
    stored.map_err(prices_not_set)?;
    Ok(Json(json!({ "set": set })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removed {
    account: Option<i64>,
    prefix: String,
}

pub(crate) async fn remove_price(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(old): JsonObject<Removed>,
) -> Result<Json<Value>, Refusal> {
    let account = old.account.map(AccountId);
    let removed = door.engine.accounts.remove_price(account, old.prefix, by).await;
    if removed.map_err(store_failed)? { Ok(Json(json!({ "removed": 1 }))) } else { Err(none()) }
}
