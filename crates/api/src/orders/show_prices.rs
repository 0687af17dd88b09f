//! `GET /price` and its undocumented relative `GET /getPrice`, in sats.
//!
//! `receive` and `s4s` are strings, `send` and `rent` numbers: so the newer documents show them
//! (contract §1.1). With a key they are the account's. They are the same for every country and service.

use axum::Json;
use axum::extract::State;
use domain::sale::tariff::{Product, Tariff};
use http::{QueryPairs, Refusal, failed};
use serde::Serialize;

use super::caller::Buyer;
use super::countries::Country;
use super::error_response::not_read;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct PriceList {
    receive: String,
    send: i64,
    rent: i64,
    s4s: String,
    /// The query, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Query>,
    #[serde(skip_serializing_if = "Option::is_none")]
    computed: Option<Computed>,
}

#[derive(Serialize)]
struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
}

#[derive(Serialize)]
struct Computed {
    price: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<u16>,
    description: String,
}

#[derive(Serialize)]
pub(crate) struct Price {
    price: i64,
}

pub(crate) async fn show_prices(
    State(door): State<DoorState>,
    buyer: Buyer,
    query: QueryPairs,
) -> Result<Json<PriceList>, Refusal> {
    let tariff = read_tariff(&door, &buyer).await?;
    let sats = |product| tariff.price(product, None).sats_ceil();
    let receive = sats(Product::Receive);
    let (asked, computed) = match (query.get("country"), query.get("service")) {
        (None, None) => (None, None),
        (country, service) => {
            let query =
                Query { country: country.map(str::to_owned), service: service.map(str::to_owned) };
            (Some(query), Some(compute(receive, find(country)?, service)))
        }
    };
    Ok(Json(PriceList {
        receive: receive.to_string(),
        send: sats(Product::Send),
        rent: sats(Product::Rent),
        s4s: sats(Product::RealPhone).to_string(),
        query: asked,
        computed,
    }))
}

pub(crate) async fn show_price(
    State(door): State<DoorState>,
    buyer: Buyer,
    query: QueryPairs,
) -> Result<Json<Price>, Refusal> {
    find(query.get("country"))?;
    let tariff = read_tariff(&door, &buyer).await?;
    Ok(Json(Price { price: tariff.price(Product::Receive, None).sats_ceil() }))
}

async fn read_tariff(door: &DoorState, buyer: &Buyer) -> Result<Tariff, Refusal> {
    let account = buyer.caller.as_ref().map(|caller| caller.account);
    door.engine.accounts.tariff(account).await.map_err(|error| not_read(&error))
}

fn find(country: Option<&str>) -> Result<Option<&'static Country>, Refusal> {
    let found = |text| Country::find(text).ok_or_else(|| failed("there is no such country"));
    country.map(found).transpose()
}

fn compute(price: i64, country: Option<&Country>, service: Option<&str>) -> Computed {
    let words = ["boltgram payment"].into_iter().chain(country.map(Country::label)).chain(service);
    Computed {
        price,
        country: country.map(|country| country.code),
        description: words.collect::<Vec<_>>().join(" "),
    }
}
