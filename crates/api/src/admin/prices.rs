//! `/admin/v1/prices…`: what a part costs by where it goes, of all accounts or of one.

use axum::Json;
use axum::extract::State;
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::PriceRow;
use http::{By, JsonObject, QueryPairs, Refusal, bad_request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::{none, not_done};
use super::page::{account, as_told, limit, page};
use crate::settings::DoorState;

/// Prices in one request.
const PRICES_MAX: usize = 1_000;

/// One bitcoin: more is a slip of the finger.
const PRICE_MSAT_MAX: i64 = 100_000_000_000;

fn view(row: &PriceRow) -> Value {
    json!({ "account": row.account, "prefix": row.prefix, "msat": row.price })
}

/// A cursor is a prefix behind a colon: the empty one is one too.
pub(crate) async fn list_prices(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, account) = (limit(&query)?, account(&query)?.filter(|account| account.0 != 0));
    let after = query.written("after").map(|after| {
        let prefix = after.strip_prefix(':').filter(|prefix| is_prefix(prefix));
        prefix.map(str::to_owned).ok_or_else(as_told)
    });
    let found = door.engine.house().prices(account, after.transpose()?, limit + 1).await;
    let found = found.map_err(not_done)?;
    Ok(Json(page(found, limit, view, |row| json!(format!(":{}", row.prefix)))))
}

/// Digits of E.164, or none.
fn is_prefix(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.len() <= 15 && !text.starts_with('0')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// None: all of them.
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
    if !(1..=PRICES_MAX).contains(&new.prices.len()) {
        return Err(bad_request(format!("`prices` has from 1 to {PRICES_MAX} prices")));
    }
    if new.prices.iter().any(|price| !(0..=PRICE_MSAT_MAX).contains(&price.msat)) {
        return Err(bad_request("`msat` must not be negative, nor more than one bitcoin"));
    }
    let account = known(&door, new.account).await?;
    let set = new.prices.len();
    let prices = new.prices.into_iter().map(|price| (price.prefix, Msat::new(price.msat)));
    let (house, now) = (door.engine.house(), door.engine.now());
    house.set_prices(account, prices.collect(), by, now).await.map_err(not_done)?;
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
    let account = known(&door, old.account).await?;
    let (house, now) = (door.engine.house(), door.engine.now());
    let gone = house.remove_price(account, old.prefix, by, now).await.map_err(not_done)?;
    if gone { Ok(Json(json!({ "removed": 1 }))) } else { Err(none()) }
}

async fn known(door: &DoorState, account: Option<i64>) -> Result<Option<AccountId>, Refusal> {
    let account = account.map(AccountId);
    if let Some(account) = account {
        must_be_there(door, account).await?;
    }
    Ok(account)
}
