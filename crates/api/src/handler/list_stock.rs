//! `getNumbersStatus`, `getPrices`, `getTopCountriesByService`: what can be bought, and for how much.

use std::time::Duration;

use domain::activation::service::Service;
use domain::activation::{CountryCode, NumberRequest, ServiceCode};
use engine::activations::NumberOffer;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::amount::Unit;
use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::{read_code_service, read_country};
use super::refusals::not_sold;
use crate::settings::DoorState;

/// What suppliers have not answered by then is left out of a list of many services.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

/// Countries in the list of the best ones.
const TOP_COUNTRIES: usize = 10;

async fn offers(
    door: &DoorState,
    call: &Call,
    service: &ServiceCode,
    country: Option<CountryCode>,
) -> Result<Vec<NumberOffer>, Failure> {
    let wanted = NumberRequest::for_code(service.clone(), country);
    Ok(door.engine.activations.offers(&wanted, Some(call.account)).await?)
}

/// None of a service that is not answered for by then.
async fn offers_until(
    until: Instant,
    door: &DoorState,
    call: &Call,
    service: &ServiceCode,
    country: Option<CountryCode>,
) -> Result<Vec<NumberOffer>, Failure> {
    let found = timeout_at(until, offers(door, call, service, country)).await;
    found.unwrap_or_else(|_| Ok(Vec::new()))
}

/// `{"tg_0":158}`: services with numbers. No service forwards calls, which would be `_1`.
pub(super) async fn get_numbers_status(door: &DoorState, call: &Call) -> Answered {
    let country = read_country(call)?;
    let (mut stock, until) = (Map::new(), Instant::now() + LISTED_WITHIN);
    for service in Service::listed() {
        let found = offers_until(until, door, call, &service.code, country).await?;
        let count: u64 = found.iter().map(|offer| offer.count).sum();
        stock.insert(format!("{}_0", service.code.as_str()), json!(count));
    }
    Ok(Answer::Json(Value::Object(stock)))
}

/// `{"43":{"tg":{"cost":10.5,"count":20}}}`
pub(super) async fn get_prices(door: &DoorState, call: &Call) -> Answered {
    let country = read_country(call)?;
    let services: Vec<ServiceCode> = match call.get("service") {
        Some(text) => vec![read_code_service(Some(text))?],
        None => Service::listed().map(|service| service.code.clone()).collect(),
    };
    let unit = Unit(door.settings.handler_unit);
    let (mut table, until) = (Map::new(), Instant::now() + LISTED_WITHIN);
    for service in services {
        for offer in offers_until(until, door, call, &service, country).await? {
            let entry = table.entry(offer.country.to_string()).or_insert_with(|| json!({}));
            let price = json!({ "cost": unit.price_number(offer.price), "count": offer.count });
            if let Some(entry) = entry.as_object_mut() {
                entry.insert(service.as_str().to_owned(), price);
            }
        }
    }
    Ok(Answer::Json(Value::Object(table)))
}

/// `{"0":{"country":43,"count":20,"price":10.5,"retail_price":10.5}}`, those with the most numbers first.
pub(super) async fn get_top_countries(door: &DoorState, call: &Call) -> Answered {
    let service = read_code_service(call.get("service"))?;
    let unit = Unit(door.settings.handler_unit);
    let by_price = call.flag("freePrice");
    let mut found = offers(door, call, &service, None).await?;
    found.sort_by_key(|offer| (std::cmp::Reverse(offer.count), offer.price, offer.country));
    let shown = found.iter().take(TOP_COUNTRIES).enumerate().map(|(place, offer)| {
        let price = unit.price_number(offer.price);
        let mut entry = json!({
            "country": offer.country.0, "count": offer.count, "price": price, "retail_price": price,
        });
        if by_price && let Some(entry) = entry.as_object_mut() {
            let stock = json!({ unit.price(offer.price): offer.count });
            entry.insert("freePriceMap".to_owned(), stock);
        }
        (place.to_string(), entry)
    });
    Ok(Answer::Json(Value::Object(shown.collect())))
}

/// The word for a price that cannot be read.
pub(super) async fn price_of(
    door: &DoorState,
    call: &Call,
    wanted: &NumberRequest,
) -> Result<String, Failure> {
    let price = door.engine.activations.price(wanted, Some(call.account)).await;
    let unit = Unit(door.settings.handler_unit);
    match price {
        Ok(price) => Ok(unit.price(price)),
        Err(error) => Err(not_sold(&error.into(), unit)),
    }
}
