//! `GET /price` and its undocumented relative `GET /getPrice`, in sats.
//!
//! Without a query all prices are numbers. With a country or service `receive` and `s4s` are strings,
//! and the price that was computed for them stands beside: clients know both shapes. With a key the
//! prices are the account's. They are the same for every country and service.

use axum::Json;
use axum::extract::State;
use domain::sale::tariff::{Product, Tariff};
use http::{QueryPairs, Refusal};
use serde::Serialize;

use super::caller::Buyer;
use super::countries::{Country, read_country};
use super::error_response::not_read;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct PriceList {
    receive: Sats,
    send: i64,
    rent: i64,
    s4s: Sats,
    /// The query, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Query>,
    #[serde(skip_serializing_if = "Option::is_none")]
    computed: Option<Computed>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sats {
    Number(i64),
    Text(String),
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
    pairs: QueryPairs,
) -> Result<Json<PriceList>, Refusal> {
    let tariff = read_tariff(&door, &buyer).await?;
    let sats = |product| tariff.price(product, None).sats_ceil();
    let receive = sats(Product::Receive);
    let (asked, computed) = match (pairs.get("country"), pairs.get("service")) {
        (None, None) => (None, None),
        (country, service) => {
            let query =
                Query { country: country.map(str::to_owned), service: service.map(str::to_owned) };
            let country = read_country(&pairs)?;
            (Some(query), Some(compute(receive, country, service)))
        }
    };
    let shown = |sats: i64| {
        if computed.is_some() { Sats::Text(sats.to_string()) } else { Sats::Number(sats) }
    };
    Ok(Json(PriceList {
        receive: shown(receive),
        send: sats(Product::Send),
        rent: sats(Product::Rent),
        s4s: shown(sats(Product::RealPhone)),
        query: asked,
        computed,
    }))
}

pub(crate) async fn show_price(
    State(door): State<DoorState>,
    buyer: Buyer,
    query: QueryPairs,
) -> Result<Json<Price>, Refusal> {
    read_country(&query)?;
    let tariff = read_tariff(&door, &buyer).await?;
    Ok(Json(Price { price: tariff.price(Product::Receive, None).sats_ceil() }))
}

async fn read_tariff(door: &DoorState, buyer: &Buyer) -> Result<Tariff, Refusal> {
    let account = buyer.caller.as_ref().map(|caller| caller.account);
    door.engine.accounts.tariff(account).await.map_err(|error| not_read(&error))
}

fn compute(price: i64, country: Option<&Country>, service: Option<&str>) -> Computed {
    let words = ["boltgram payment"].into_iter().chain(country.map(Country::label)).chain(service);
    Computed {
        price,
        country: country.map(|country| country.code),
        description: words.collect::<Vec<_>>().join(" "),
    }
}
