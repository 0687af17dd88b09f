//! What a wholesaler offers, kept for a short time.
//!
//! `getPrices` has three forms in the wild, and both orders of country and service:
//!
//! | form | |
//! |---|---|
//! | `{"43":{"tg":{"cost":10.5,"count":20}}}` | one price |
//! | `{"43":{"tg":{"10.50":20,"12.00":7}}}` | stock by price |
//! | `{"tg":{"43":0.22}}` | a price, without stock: one is assumed |

use std::collections::HashMap;
use std::sync::Mutex;

use domain::activation::loan::Offer;
use domain::activation::{CountryCode, ServiceCode};
use domain::ports::PortError;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::amount::Units;
use super::answer::{Effect, unreadable};
use super::call::Wholesaler;

/// Answers kept: countries, services in any country, and rentals. Beyond that the cache begins anew.
const KEPT_MAX: usize = 2_000;

/// What one answer is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Question {
    /// All services of a country, for one code each.
    Country(CountryCode),
    /// A service in all countries, for one code.
    Service(ServiceCode),
    /// All services of a country for so many hours.
    Rentals(CountryCode, u64),
}

type Table = HashMap<ServiceCode, Vec<Offer>>;

#[derive(Debug, Default)]
pub(super) struct Prices {
    kept: Mutex<HashMap<Question, (Instant, Table)>>,
    /// Several that miss the same prices wait for one request.
    asking: tokio::sync::Mutex<()>,
}

impl Prices {
    fn young(
        &self,
        question: &Question,
        service: &ServiceCode,
        wholesaler: &Wholesaler,
    ) -> Option<Vec<Offer>> {
        let kept = self.kept.lock().ok()?;
        let (at, table) = kept.get(question)?;
        let young = at.elapsed() < wholesaler.options.prices_kept;
        young.then(|| table.get(service).cloned().unwrap_or_default())
    }

    fn keep(&self, question: Question, table: Table) {
        let Ok(mut kept) = self.kept.lock() else { return };
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(question, (Instant::now(), table));
    }

    /// Nothing of it is offered until the prices are read again.
    pub(super) fn sold_out(&self, service: &ServiceCode, country: CountryCode, hours: Option<u64>) {
        let Ok(mut kept) = self.kept.lock() else { return };
        let of_it = |question: &Question| match question {
            Question::Rentals(_, rented) => hours == Some(*rented),
            Question::Country(_) | Question::Service(_) => hours.is_none(),
        };
        for (_, (_, table)) in kept.iter_mut().filter(|(question, _)| of_it(question)) {
            if let Some(offers) = table.get_mut(service) {
                offers.retain(|offer| offer.country != country);
            }
        }
    }

    /// Offers with stock, by country. A rental is offered in a country that is named: wholesalers have no
    /// list of all.
    pub(super) async fn offers(
        &self,
        wholesaler: &Wholesaler,
        service: &ServiceCode,
        country: Option<CountryCode>,
        hours: Option<u64>,
    ) -> Result<Vec<Offer>, PortError> {
        let question = match (hours, country) {
            (None, Some(country)) => Question::Country(country),
            (None, None) => Question::Service(service.clone()),
            (Some(hours), Some(country)) => Question::Rentals(country, hours),
            (Some(_), None) => return Ok(Vec::new()),
        };
        if let Some(offers) = self.young(&question, service, wholesaler) {
            return Ok(offers);
        }
        let _asking = self.asking.lock().await;
        if let Some(offers) = self.young(&question, service, wholesaler) {
            return Ok(offers);
        }
        let table = match read_table(wholesaler, &question).await {
            // It has none of it, or does not know the service or country.
            Err(PortError::Refused(_)) => Table::new(),
            other => other?,
        };
        let offers = table.get(service).cloned().unwrap_or_default();
        self.keep(question, table);
        Ok(offers)
    }
}

async fn read_table(wholesaler: &Wholesaler, question: &Question) -> Result<Table, PortError> {
    let parameters = match question {
        Question::Country(country) => ("country", country.to_string()),
        Question::Service(service) => ("service", service.as_str().to_owned()),
        Question::Rentals(country, hours) => {
            return read_rentals(wholesaler, *country, *hours).await;
        }
    };
    let answer = wholesaler.ask("getPrices", &[parameters]).await?;
    let table = match answer.json() {
        Some(Value::Object(table)) => table,
        // PHP writes an empty table as an empty list.
        Some(Value::Array(list)) if list.is_empty() => return Ok(Table::new()),
        _ => return Err(unreadable("is no table of prices", Effect::Repeatable)),
    };
    let unit = wholesaler.options.msat_per_unit;
    let mut offers = Table::new();
    for (outer, inner) in table {
        let Some(inner) = inner.as_object() else { continue };
        for (name, price) in inner {
            // A country is a number; a service may look like one.
            let (service, country) = match question {
                Question::Service(wanted) if outer == wanted.as_str() => (outer, name),
                Question::Country(wanted) if name == &wanted.to_string() => (outer, name),
                _ => (name, outer),
            };
            let (Ok(service), Ok(country)) = (service.parse::<ServiceCode>(), country.parse())
            else {
                continue;
            };
            let asked = match question {
                Question::Country(wanted) => CountryCode(country) == *wanted,
                Question::Service(wanted) => service == *wanted,
                Question::Rentals(..) => false,
            };
            if asked && let Some(offer) = offer(CountryCode(country), price, unit) {
                offers.entry(service).or_default().push(offer);
            }
        }
    }
    for offers in offers.values_mut() {
        offers.sort_by_key(|offer| offer.country);
        offers.dedup_by_key(|offer| offer.country);
    }
    Ok(offers)
}

/// The cheapest price with stock.
fn offer(country: CountryCode, price: &Value, unit: i64) -> Option<Offer> {
    let (cost, count) = match price {
        Value::Object(fields) if fields.contains_key("cost") || fields.contains_key("price") => {
            let cost = fields.get("cost").or_else(|| fields.get("price"))?;
            (Units::of(cost)?, fields.get("count").and_then(whole).unwrap_or(0))
        }
        Value::Object(by_price) => cheapest(by_price)?,
        other => (Units::of(other)?, 1),
    };
    let cost = cost.cost(unit)?;
    (count > 0).then_some(Offer { country, count, cost })
}

fn cheapest(by_price: &Map<String, Value>) -> Option<(Units, u64)> {
    let stocked = by_price.iter().filter_map(|(price, count)| {
        Some((Units::read(price)?, whole(count).filter(|count| *count > 0)?))
    });
    stocked.min_by_key(|(price, _)| *price)
}

/// A count as a JSON number or text.
pub(super) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        // `{"current":20,"total":43}`
        Value::Object(fields) => {
            fields.get("current").or_else(|| fields.get("total")).and_then(whole)
        }
        _ => None,
    }
}

async fn read_rentals(
    wholesaler: &Wholesaler,
    country: CountryCode,
    hours: u64,
) -> Result<Table, PortError> {
    let hours = hours.to_string();
    let parameters =
        [("rent_time", hours.clone()), ("time", hours), ("country", country.to_string())];
    let answer = wholesaler.ask("getRentServicesAndCountries", &parameters).await?;
    let services = match answer.json().and_then(|json| json.get("services")) {
        Some(Value::Object(services)) => services,
        Some(Value::Array(list)) if list.is_empty() => return Ok(Table::new()),
        _ => return Err(unreadable("is no table of rentals", Effect::Repeatable)),
    };
    let unit = wholesaler.options.msat_per_unit;
    let read = |(service, found): (&String, &Value)| {
        let cost = found.get("cost").and_then(Units::of).and_then(|cost| cost.cost(unit))?;
        let count = found.get("quant").or_else(|| found.get("count")).and_then(whole)?;
        let offer = Offer { country, count, cost };
        Some((service.parse().ok()?, vec![offer])).filter(|_| count > 0)
    };
    Ok(services.iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use domain::money::Msat;
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_every_form_of_a_price() {
        let country = CountryCode(43);
        let read = |price: Value| offer(country, &price, 1_000_000);
        let some = |count, msat| Some(Offer { country, count, cost: Msat::new(msat) });
        assert_eq!(read(json!({"cost": 10.5, "count": 20})), some(20, 10_500_000));
        assert_eq!(read(json!({"cost": "0.3", "count": "7"})), some(7, 300_000));
        assert_eq!(read(json!({"12.00": 7, "10.50": 20, "9": 0})), some(20, 10_500_000));
        assert_eq!(read(json!(0.22)), some(1, 220_000));
        assert_eq!(read(json!({"cost": 1, "count": 0})), None);
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({"cost": -1, "count": 5})), None);
        assert_eq!(whole(&json!({"current": 20, "total": 43})), Some(20));
    }
}
