//! `GET /getRentalCountries`: countries in which a number can be rented now, each with the duration that
//! is rented by default and its price. `service` is `full` by default: every message to the number.

use axum::Json;
use axum::extract::State;
use domain::activation::country::Country;
use domain::activation::{Network, NumberRequest, RentalTerm, ServiceCode, rental_time};
use http::{QueryPairs, Refusal};
use serde::Serialize;

use super::caller::Buyer;
use super::error_response::not_read;
use super::services::read_service;
use super::show_prices::read_tariff;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct Listed {
    cc: u16,
    country: &'static str,
    /// Weeks.
    duration: String,
    /// In sats.
    price: i64,
    /// Ours, not in the contract.
    count: String,
}

pub(crate) async fn list_rental_countries(
    State(door): State<DoorState>,
    buyer: Buyer,
    query: QueryPairs,
) -> Result<Json<Vec<Listed>>, Refusal> {
    let service = read_service(&query)?.map(|service| service.code.clone());
    let service = service.unwrap_or_else(ServiceCode::full);
    let activations = &door.engine.activations;
    if !activations.sells(Network::Any) {
        return Ok(Json(Vec::new()));
    }
    let account = buyer.caller.as_ref().map(|caller| caller.account);
    let tariff = read_tariff(&door, &buyer).await?;
    let wanted = |country, duration| NumberRequest {
        service: service.clone(),
        country,
        network: Network::Any,
        rental: Some(RentalTerm { duration, extends: None }),
    };
    let any = wanted(None, tariff.default_rental(None, &service));
    let offers = activations.offers(&any, account).await.map_err(|error| not_read(&error))?;
    let mut listed = Vec::new();
    for offer in offers.into_iter().filter(|offer| offer.count > 0) {
        let duration = tariff.default_rental(Some(offer.country), &service);
        let price = tariff.price_of_number(&wanted(Some(offer.country), duration));
        let (Some(country), Some(price)) = (Country::of(offer.country), price) else { continue };
        listed.push(Listed {
            cc: offer.country.0,
            country: country.label(),
            duration: rental_time::weeks(duration).unwrap_or(1).to_string(),
            price: price.sats_ceil(),
            count: offer.count.to_string(),
        });
    }
    Ok(Json(listed))
}
