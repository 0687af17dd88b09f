//! `getRentServicesAndCountries`: what can be rented in a country for so many hours.

use domain::activation::service::Service;
use domain::activation::{CountryCode, ServiceCode};
use engine::activations::NumberOffer;
use serde_json::{Map, Value, json};

use super::amount::Unit;
use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::{for_rent, read_country, read_duration};
use crate::settings::DoorState;

const FULL_NAME: &str = "Full rent";

pub(super) async fn get_rent_services(door: &DoorState, call: &Call) -> Answered {
    listed(door, call).await.map_err(Failure::into_json)
}

async fn listed(door: &DoorState, call: &Call) -> Answered {
    let (country, duration) = (read_country(call)?, read_duration(call)?);
    let offers = async |service: &ServiceCode, country: Option<CountryCode>| {
        let wanted = for_rent(service.clone(), country, duration);
        let found = door.engine.activations.offers(&wanted, Some(call.account)).await;
        found.map_err(Failure::from)
    };
    let anywhere = offers(&ServiceCode::full(), None).await?;
    // Without a country: the first of those that have numbers.
    let country = country.or_else(|| anywhere.first().map(|offer| offer.country));
    let mut countries: Vec<u16> = anywhere.iter().map(|offer| offer.country.0).collect();
    if let Some(CountryCode(code)) = country
        && !countries.contains(&code)
    {
        countries.push(code);
    }
    let mut services = Map::new();
    let full = ServiceCode::full();
    let names = Service::listed().map(|service| (&service.code, service.name));
    for (code, name) in std::iter::once((&full, FULL_NAME)).chain(names) {
        let found = match country {
            Some(_) => offers(code, country).await?,
            None => Vec::new(),
        };
        if let Some(entry) = entry(&found, name, Unit(door.settings.handler_unit)) {
            services.insert(code.as_str().to_owned(), entry);
        }
    }
    let countries: Map<String, Value> = countries
        .iter()
        .enumerate()
        .map(|(place, code)| (place.to_string(), json!(code)))
        .collect();
    Ok(Answer::Json(json!({
        "countries": countries, "operators": { "0": "any" }, "services": services,
    })))
}

fn entry(offers: &[NumberOffer], name: &str, unit: Unit) -> Option<Value> {
    let price = offers.iter().map(|offer| offer.price).min()?;
    let count: u64 = offers.iter().map(|offer| offer.count).sum();
    let quant = json!({ "current": count, "total": count });
    Some(json!({ "cost": unit.price_number(price), "quant": quant, "search_name": name }))
}
