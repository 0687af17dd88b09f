//! `POST /createorder`: a number for one code, a number for rent, or more time for a rented one.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::account::Scope;
use domain::activation::{Network, NumberRequest, RentalTerm, ServiceCode, rental_time};
use domain::message::door::Door;
use engine::activations::{NumberOrder, NumberPayment};
use http::{Refusal, bad_request, forbidden, not_found, unauthorized};

use super::caller::Buyer;
use super::countries::find_country;
use super::created::{Created, number_created, read_terms};
use super::error_response::{not_read, not_sold};
use super::fields::Fields;
use super::services::find_service;
use super::show_prices::read_tariff;
use crate::settings::DoorState;

pub(crate) async fn create_receive_order(
    State(door): State<DoorState>,
    buyer: Buyer,
    fields: Fields,
) -> Result<Json<Created>, Refusal> {
    let wanted = read_wanted(&door, &buyer, &fields).await?;
    let terms = read_terms(&fields)?;
    if terms.immediate && buyer.caller.is_none() {
        return Err(unauthorized("an API key is required to pay from credit"));
    }
    if buyer.caller.as_ref().is_some_and(|caller| !caller.key.may(Scope::RECEIVE)) {
        return Err(forbidden("the API key may not receive"));
    }
    let order = NumberOrder {
        wanted,
        account: buyer.caller.map(|caller| caller.account),
        payment: if terms.immediate { NumberPayment::Credit } else { NumberPayment::Invoice },
        price_max: None,
        door: Door::Orders,
        client: buyer.client,
        webhook: terms.webhook,
        referral: terms.referral,
        idempotency: fields.idempotency().cloned(),
    };
    let sold = door.engine.activations.order(order).await;
    sold.map(number_created).map_err(|error| not_sold(&error))
}

async fn read_wanted(
    door: &DoorState,
    buyer: &Buyer,
    fields: &Fields,
) -> Result<NumberRequest, Refusal> {
    if let Some(order) = fields.text("extends")?.filter(|order| !order.is_empty()) {
        return read_extension(door, fields, order).await;
    }
    let country = fields.required_digits("country")?;
    let country = find_country(&country)?.chosen();
    let is_rental = fields.flag("isRental")?;
    let service = match fields.text("service")?.filter(|service| !service.trim().is_empty()) {
        Some(text) => find_service(text)?.code.clone(),
        None if is_rental => ServiceCode::full(),
        None => return Err(bad_request("`service` is required")),
    };
    let network = if fields.flag("realphone")? { Network::RealPhones } else { Network::Any };
    let duration = read_duration(fields)?;
    let rental = match (is_rental, duration) {
        (false, Some(_)) => return Err(bad_request("`duration` is for rentals (`isRental`)")),
        (false, None) if service.is_full() => {
            return Err(bad_request("the service `full` is for rentals (`isRental`)"));
        }
        (false, None) => None,
        (true, Some(duration)) => Some(duration),
        (true, None) => Some(read_tariff(door, buyer).await?.default_rental(country, &service)),
    };
    let rental = rental.map(|duration| RentalTerm { duration, extends: None });
    Ok(NumberRequest { service, country, network, rental })
}

/// More time for the rental of an earlier order. Knowing the order's id is the permission.
async fn read_extension(
    door: &DoorState,
    fields: &Fields,
    order: &str,
) -> Result<NumberRequest, Refusal> {
    let id = order.trim().parse();
    let id = id.map_err(|_| bad_request("`extends` is not the 64 hex digits of an order"))?;
    let found = door.engine.activations.of_order(id).await.map_err(|error| not_read(&error))?;
    let rental = found.filter(|found| found.wanted.is_rental() && found.wanted.extends().is_none());
    let rental = rental.ok_or_else(|| not_found("`extends` is no order of a rental"))?;
    let duration = match read_duration(fields)? {
        Some(duration) => duration,
        None => rental.wanted.duration().unwrap_or(rental_time::ONE_WEEK),
    };
    let term = RentalTerm { duration, extends: Some(rental.id) };
    Ok(NumberRequest { country: rental.country, rental: Some(term), ..rental.wanted })
}

/// `4h`, `3d`, `2w`; a number alone is of weeks, as in `/getRentalCountries`.
fn read_duration(fields: &Fields) -> Result<Option<Duration>, Refusal> {
    let Some(text) = fields.digits("duration")?.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let text = text.trim();
    let is_weeks = text.bytes().all(|byte| byte.is_ascii_digit());
    let found =
        if is_weeks { rental_time::parse(&format!("{text}w")) } else { rental_time::parse(text) };
    let wrong =
        || bad_request("`duration` is a number of hours, days or weeks: \"4h\", \"3d\", \"2w\"");
    found.map(Some).ok_or_else(wrong)
}
