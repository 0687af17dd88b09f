//! What each action does, and its answer.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Inside, KEY, units};

pub(super) type Parameters = HashMap<String, String>;

impl Inside {
    pub(super) fn act(&mut self, action: &str, parameters: &Parameters) -> String {
        match parameters.get("api_key").map(String::as_str) {
            None => return "NO_KEY".to_owned(),
            Some(KEY) => {}
            Some(_) => return "BAD_KEY".to_owned(),
        }
        match action {
            "getBalance" => format!("ACCESS_BALANCE:{}", units(self.balance)),
            "getPrices" => self.prices(parameters),
            "getNumberV2" if self.style.v2 => self.get_number(parameters, true),
            "getNumber" => self.get_number(parameters, false),
            "getStatus" => self.get_status(parameters),
            "getFullSms" => self.get_full_sms(parameters),
            "setStatus" => self.set_status(parameters),
            "getActiveActivations" if self.style.lists => self.list(parameters),
            "getRentServicesAndCountries" => self.rent_prices(parameters),
            "getRentNumber" => self.rent(parameters),
            "getRentStatus" => self.rent_status(parameters),
            "setRentStatus" => self.set_rent_status(parameters),
            "getRentList" => self.rent_list(),
            "getContinueRentPriceNumber" => self.continue_price(parameters),
            "continueRentNumber" => self.continue_rent(parameters),
            _ => "BAD_ACTION".to_owned(),
        }
    }

    fn prices(&self, parameters: &Parameters) -> String {
        let mut table = Map::new();
        for ((service, country), (cost, count)) in &self.stock {
            let wants = |name: &str, own: &str| parameters.get(name).is_none_or(|it| it == own);
            if !wants("service", service) || !wants("country", &country.to_string()) {
                continue;
            }
            let entry = table.entry(country.to_string()).or_insert_with(|| json!({}));
            let cost: Value = serde_json::from_str(&units(*cost)).unwrap();
            entry[service] = json!({ "cost": cost, "count": count });
        }
        // As PHP writes an empty table.
        if table.is_empty() { "[]".to_owned() } else { Value::Object(table).to_string() }
    }
}

pub(super) fn country_of(parameters: &Parameters) -> u16 {
    parameters.get("country").and_then(|country| country.parse().ok()).unwrap_or(0)
}

pub(super) fn text_of(parameters: &Parameters, name: &str) -> String {
    parameters.get(name).cloned().unwrap_or_default()
}

pub(super) fn id_of(parameters: &Parameters) -> u64 {
    parameters.get("id").and_then(|id| id.parse().ok()).unwrap_or(0)
}

pub(super) fn failed(message: &str) -> String {
    json!({ "status": "error", "message": message }).to_string()
}
