//! Its rentals. A rental of so many hours costs the stock's price for each.

use serde_json::{Map, Value, json};

use super::act::{Parameters, country_of, failed, id_of, text_of};
use super::{Inside, Wholesaler, units};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LentRental {
    pub service: String,
    pub number: String,
    pub hours: u64,
    /// In cents, for an hour.
    pub cost: u64,
    pub texts: Vec<String>,
    pub state: &'static str,
}

impl Wholesaler {
    pub fn rentals(&self) -> Vec<(u64, LentRental)> {
        self.inside().rentals.iter().map(|(id, lent)| (*id, lent.clone())).collect()
    }

    pub fn send_to_rental(&self, id: u64, text: &str) {
        self.inside().rentals.get_mut(&id).expect("a rental").texts.push(text.to_owned());
    }

    /// It ends the rental by itself.
    pub fn end_rental(&self, id: u64) {
        self.inside().rentals.get_mut(&id).expect("a rental").state = "STATUS_FINISH";
    }
}

fn hours_of(parameters: &Parameters) -> u64 {
    parameters.get("rent_time").and_then(|hours| hours.parse().ok()).unwrap_or(4)
}

/// In a time zone of its own; all of them began at once, at the usual start of tests.
fn end(lent: &LentRental) -> String {
    let hours = i64::try_from(lent.hours).unwrap();
    let begun = jiff::civil::date(2026, 11, 1).at(15, 0, 0, 0);
    begun.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap().to_string()
}

fn phone(id: u64, lent: &LentRental) -> String {
    let phone = json!({ "id": id, "endDate": end(lent), "number": lent.number });
    json!({ "status": "success", "phone": phone }).to_string()
}

impl Inside {
    pub(super) fn rent_prices(&self, parameters: &Parameters) -> String {
        let (country, hours) = (country_of(parameters), hours_of(parameters));
        let mut services = Map::new();
        for ((service, _), (cost, count)) in self.stock.iter().filter(|(key, _)| key.1 == country) {
            let cost: Value = serde_json::from_str(&units(cost * hours)).unwrap();
            let quant = json!({ "current": count, "total": count });
            services.insert(service.clone(), json!({ "cost": cost, "quant": quant }));
        }
        json!({ "countries": { "0": country }, "operators": { "0": "any" }, "services": services })
            .to_string()
    }

    pub(super) fn rent(&mut self, parameters: &Parameters) -> String {
        let (service, country) = (text_of(parameters, "service"), country_of(parameters));
        let hours = hours_of(parameters);
        let Some((cost, count)) = self.stock.get(&(service.clone(), country)).copied() else {
            return failed("NO_NUMBERS");
        };
        if count == 0 {
            return failed("NO_NUMBERS");
        }
        if self.balance < cost * hours {
            return failed("NO_BALANCE");
        }
        self.balance -= cost * hours;
        if let Some(stock) = self.stock.get_mut(&(service.clone(), country)) {
            stock.1 -= 1;
        }
        let (id, number) = self.next_number(country);
        let (texts, state) = (Vec::new(), "open");
        let lent = LentRental { service, number, hours, cost, texts, state };
        let answer = phone(id, &lent);
        self.rentals.insert(id, lent);
        answer
    }

    pub(super) fn rent_status(&self, parameters: &Parameters) -> String {
        let Some(lent) = self.rentals.get(&id_of(parameters)) else {
            return failed("INVALID_PHONE");
        };
        if lent.state != "open" {
            return failed(lent.state);
        }
        if lent.texts.is_empty() {
            return failed("STATUS_WAIT_CODE");
        }
        let number = |name: &str| parameters.get(name).and_then(|text| text.parse::<usize>().ok());
        let (page, size) = (number("page").unwrap_or(0), number("size").unwrap_or(10));
        let mut values = Map::new();
        // Newest first.
        let newest = lent.texts.iter().enumerate().rev().skip(page * size).take(size);
        for (place, (at, text)) in newest.enumerate() {
            let date = format!("2026-11-30 12:{:02}:{:02}", at / 60, at % 60);
            let value =
                json!({ "phoneFrom": "Telegram", "text": text, "service": "full", "date": date });
            values.insert(place.to_string(), value);
        }
        let quantity = lent.texts.len().to_string();
        json!({ "status": "success", "quantity": quantity, "values": values }).to_string()
    }

    pub(super) fn set_rent_status(&mut self, parameters: &Parameters) -> String {
        let id = id_of(parameters);
        let Some(lent) = self.rentals.get_mut(&id) else { return failed("INVALID_PHONE") };
        if lent.state != "open" {
            return failed("ALREADY_FINISH");
        }
        match text_of(parameters, "status").as_str() {
            "1" => lent.state = "STATUS_FINISH",
            "2" if !lent.texts.is_empty() => return failed("CANT_CANCEL"),
            "2" => {
                lent.state = "STATUS_CANCEL";
                self.balance += lent.cost * lent.hours;
            }
            _ => return failed("INCORECT_STATUS"),
        }
        json!({ "status": "success" }).to_string()
    }

    pub(super) fn rent_list(&self) -> String {
        let mut values = Map::new();
        for (place, (id, lent)) in
            self.rentals.iter().filter(|(_, lent)| lent.state == "open").enumerate()
        {
            let mut entry = json!({ "id": id, "phone": lent.number });
            if self.style.lists_ends {
                entry["service"] = json!(lent.service);
                entry["endDate"] = json!(end(lent));
            }
            values.insert(place.to_string(), entry);
        }
        if values.is_empty() {
            return failed("NO_NUMBERS");
        }
        json!({ "status": "success", "values": values }).to_string()
    }

    pub(super) fn continue_price(&self, parameters: &Parameters) -> String {
        match self.rentals.get(&id_of(parameters)).filter(|lent| lent.state == "open") {
            Some(lent) => {
                let price = units(lent.cost * hours_of(parameters));
                json!({ "status": "success", "price": price, "currency": 840 }).to_string()
            }
            None => failed("RENT_DIE"),
        }
    }

    pub(super) fn continue_rent(&mut self, parameters: &Parameters) -> String {
        let (id, hours) = (id_of(parameters), hours_of(parameters));
        let Some(lent) = self.rentals.get_mut(&id).filter(|lent| lent.state == "open") else {
            return failed("RENT_DIE");
        };
        if self.balance < lent.cost * hours {
            return failed("NO_BALANCE");
        }
        self.balance -= lent.cost * hours;
        lent.hours += hours;
        phone(id, lent)
    }
}
