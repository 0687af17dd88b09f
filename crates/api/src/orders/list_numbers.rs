//! `GET /getnumbersstatus` and its undocumented relative `GET /getServices`: services for which a
//! number of a country can be acquired now. Without a country, of any.

use axum::Json;
use axum::extract::State;
use domain::activation::service::Service;
use domain::activation::{Network, NumberRequest};
use domain::money::Msat;
use http::{QueryPairs, Refusal};
use serde::Serialize;

use super::caller::Buyer;
use super::countries::read_country;
use super::error_response::not_read;
use super::icon::icon_path;
use super::success::Success;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct Listed {
    /// The code of the service, as `value`: clients order by either.
    key: &'static str,
    text: &'static str,
    value: &'static str,
    /// Numbers that can be acquired.
    count: String,
    image: Image,
    /// Ours, not in the contract, as `success`: the lowest price in sats.
    price: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<Success>,
}

#[derive(Serialize)]
struct Image {
    avatar: bool,
    src: String,
}

#[derive(Serialize)]
pub(crate) struct Named {
    code: &'static str,
    name: &'static str,
}

/// What can be acquired of a service.
struct Stock {
    service: &'static Service,
    count: u64,
    price: Msat,
    success: Option<Success>,
}

pub(crate) async fn list_numbers(
    State(door): State<DoorState>,
    buyer: Buyer,
    query: QueryPairs,
) -> Result<Json<Vec<Listed>>, Refusal> {
    let stock = read_stock(&door, &buyer, &query).await?;
    Ok(Json(stock.into_iter().map(listed).collect()))
}

pub(crate) async fn list_services(
    State(door): State<DoorState>,
    buyer: Buyer,
    query: QueryPairs,
) -> Result<Json<Vec<Named>>, Refusal> {
    let stock = read_stock(&door, &buyer, &query).await?;
    let named =
        |Stock { service, .. }: Stock| Named { code: service.code.as_str(), name: service.name };
    Ok(Json(stock.into_iter().map(named).collect()))
}

fn listed(Stock { service, count, price, success }: Stock) -> Listed {
    let code = service.code.as_str();
    Listed {
        key: code,
        text: service.name,
        value: code,
        count: count.to_string(),
        image: Image { avatar: true, src: icon_path(code) },
        price: price.sats_ceil(),
        success,
    }
}

async fn read_stock(
    door: &DoorState,
    buyer: &Buyer,
    query: &QueryPairs,
) -> Result<Vec<Stock>, Refusal> {
    let country = read_country(query)?.and_then(|country| country.chosen());
    let activations = &door.engine.activations;
    if !activations.sells(Network::Any) {
        return Ok(Vec::new());
    }
    let account = buyer.caller.as_ref().map(|caller| caller.account);
    let successes = activations.successes().await.map_err(|error| not_read(&error))?;
    let mut stock = Vec::new();
    for service in Service::listed() {
        let wanted = NumberRequest::for_code(service.code.clone(), country);
        let offers =
            activations.offers(&wanted, account).await.map_err(|error| not_read(&error))?;
        let count = offers.iter().map(|offer| offer.count).fold(0, u64::saturating_add);
        let price = offers.iter().filter(|offer| offer.count > 0).map(|offer| offer.price).min();
        if let Some(price) = price {
            let success = Success::of(successes.of(&service.code, country));
            stock.push(Stock { service, count, price, success });
        }
    }
    Ok(stock)
}
