//! `GET /price` and its undocumented relative `GET /getPrice`, in sats.
//!
//! Without a query all prices are numbers. With a country or service `receive` and `s4s` are strings,
//! and the price that was computed for them stands beside: clients know both shapes. With a key the
//! prices are the account's.

use axum::Json;
use axum::extract::State;
use domain::activation::NumberRequest;
use domain::activation::country::Country;
use domain::activation::service::{OTHER, Service};
use domain::money::Msat;
use domain::sale::tariff::{Product, Tariff};
use http::{QueryPairs, Refusal, failed};
use serde::Serialize;

use super::caller::Buyer;
use super::countries::read_country;
use super::error_response::not_read;
use super::services::read_service;
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
    let (country, service) = (read_country(&pairs)?, read_service(&pairs)?);
    let tariff = read_tariff(&door, &buyer).await?;
    let sats = |product| tariff.price(product, None).sats_ceil();
    let receive = price_of_code(&tariff, country, service)?;
    let (asked, computed) = match (pairs.get("country"), pairs.get("service")) {
        (None, None) => (None, None),
        (named, written) => {
            let query =
                Query { country: named.map(str::to_owned), service: written.map(str::to_owned) };
            (Some(query), Some(compute(receive, country, written)))
        }
    };
    let shown = |sats: i64| {
        if computed.is_some() { Sats::Text(sats.to_string()) } else { Sats::Number(sats) }
    };
    Ok(Json(PriceList {
        receive: shown(receive),
        send: sats(Product::Send),
        rent: tariff.cheapest_rental().sats_ceil(),
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
    let (country, service) = (read_country(&query)?, read_service(&query)?);
    let tariff = read_tariff(&door, &buyer).await?;
    Ok(Json(Price { price: price_of_code(&tariff, country, service)? }))
}

/// In sats; without a service that of any other one.
fn price_of_code(
    tariff: &Tariff,
    country: Option<&Country>,
    service: Option<&Service>,
) -> Result<i64, Refusal> {
    let service = service.or_else(|| Service::find(OTHER).ok());
    let price = service.and_then(|service| {
        let country = country.and_then(Country::chosen);
        tariff.price_of_number(&NumberRequest::for_code(service.code.clone(), country))
    });
    price.map(Msat::sats_ceil).ok_or_else(|| failed("the price is out of range"))
}

pub(super) async fn read_tariff(door: &DoorState, buyer: &Buyer) -> Result<Tariff, Refusal> {
    let account = buyer.caller.as_ref().map(|caller| caller.account);
    door.engine.accounts.tariff(account).await.map_err(|error| not_read(&error))
}

fn compute(price: i64, country: Option<&Country>, service: Option<&str>) -> Computed {
    let words = ["boltgram payment"].into_iter().chain(country.map(Country::label)).chain(service);
    Computed {
        price,
        country: country.map(|country| country.code.0),
        description: words.collect::<Vec<_>>().join(" "),
    }
}
