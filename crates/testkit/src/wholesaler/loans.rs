//! Its activations.

use serde_json::{Value, json};

use super::act::{Parameters, country_of, id_of, text_of};
use super::{FIRST_ID, FIRST_NUMBER, Inside, Wholesaler, cents, units};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LentActivation {
    pub service: String,
    pub country: u16,
    pub number: String,
    /// In cents.
    pub cost: u64,
    /// Codes and texts, oldest first.
    pub messages: Vec<(String, String)>,
    pub state: &'static str,
    pub key: Option<String>,
}

impl LentActivation {
    fn is_open(&self) -> bool {
        !matches!(self.state, "cancelled" | "finished")
    }
}

impl Wholesaler {
    pub fn activations(&self) -> Vec<(u64, LentActivation)> {
        self.inside().activations.iter().map(|(id, lent)| (*id, lent.clone())).collect()
    }

    pub fn activation(&self, id: u64) -> LentActivation {
        self.inside().activations.get(&id).cloned().expect("an activation")
    }

    /// A message comes, whatever state the activation is in.
    pub fn send_code(&self, id: u64, code: &str, text: &str) {
        let mut inside = self.inside();
        let lent = inside.activations.get_mut(&id).expect("an activation");
        lent.messages.push((code.to_owned(), text.to_owned()));
        if lent.is_open() {
            lent.state = "code";
        }
    }

    /// It ends the activation by itself.
    pub fn cancel(&self, id: u64) {
        self.inside().activations.get_mut(&id).expect("an activation").state = "cancelled";
    }

    /// An activation that somebody bought by hand.
    pub fn lend_to_another(&self, service: &str, country: u16) -> u64 {
        let mut inside = self.inside();
        let (id, number) = inside.next_number(country);
        let lent = LentActivation {
            service: service.to_owned(),
            country,
            number,
            cost: 50,
            messages: Vec::new(),
            state: "waiting",
            key: None,
        };
        inside.activations.insert(id, lent);
        id
    }
}

impl Inside {
    /// Of Germany, unless it is of one of a few other countries.
    pub(super) fn next_number(&mut self, country: u16) -> (u64, String) {
        self.numbers += 1;
        let number = match self.gives_number {
            Some(number) => number.to_owned(),
            None => {
                let first = match country {
                    6 => 628_111_234_500,
                    187 => 12_025_550_100,
                    _ => FIRST_NUMBER,
                };
                (first + self.numbers).to_string()
            }
        };
        (self.gives_id.unwrap_or(FIRST_ID + self.numbers), number)
    }

    pub(super) fn get_number(&mut self, parameters: &Parameters, v2: bool) -> String {
        let (service, country) = (text_of(parameters, "service"), country_of(parameters));
        let key = parameters.get("idempotency_key").filter(|_| self.style.keeps_keys).cloned();
        let Some((cost, count)) = self.stock.get(&(service.clone(), country)).copied() else {
            return "NO_NUMBERS".to_owned();
        };
        let cost = self.lies_about_cost.map_or(cost, cents);
        let dear = parameters.get("maxPrice").is_some_and(|max| cents(max) < cost);
        if count == 0 || (dear && self.lies_about_cost.is_none()) {
            return "NO_NUMBERS".to_owned();
        }
        if self.balance < cost {
            return "NO_BALANCE".to_owned();
        }
        self.balance -= cost;
        if let Some(stock) = self.stock.get_mut(&(service.clone(), country)) {
            stock.1 -= 1;
        }
        let (id, number) = self.next_number(country);
        let answer = if v2 {
            json!({
                "activationId": id, "phoneNumber": number, "activationCost": units(cost),
                "currency": 840, "countryCode": self.written(country), "canGetAnotherSms": true,
                "activationTime": "2026-11-30 12:00:00", "activationOperator": "any",
            })
            .to_string()
        } else {
            format!("ACCESS_NUMBER:{id}:{number}")
        };
        let (state, messages) = ("waiting", Vec::new());
        let lent = LentActivation { service, country, number, cost, messages, state, key };
        self.activations.insert(id, lent);
        answer
    }

    pub(super) fn get_status(&self, parameters: &Parameters) -> String {
        let Some(lent) = self.activations.get(&id_of(parameters)) else {
            return "NO_ACTIVATION".to_owned();
        };
        let last = lent.messages.last().map(|(code, _)| code.clone()).unwrap_or_default();
        match lent.state {
            "waiting" => "STATUS_WAIT_CODE".to_owned(),
            "retry" => format!("STATUS_WAIT_RETRY:{last}"),
            "code" => format!("STATUS_OK:{last}"),
            "cancelled" => "STATUS_CANCEL".to_owned(),
            _ => format!("STATUS_OK:{last}"),
        }
    }

    pub(super) fn get_full_sms(&self, parameters: &Parameters) -> String {
        match self.activations.get(&id_of(parameters)).and_then(|lent| lent.messages.last()) {
            Some((_, text)) => format!("FULL_SMS:{text}"),
            None => "STATUS_WAIT_CODE".to_owned(),
        }
    }

    pub(super) fn set_status(&mut self, parameters: &Parameters) -> String {
        let id = id_of(parameters);
        let Some(lent) = self.activations.get_mut(&id) else { return "NO_ACTIVATION".to_owned() };
        let cancel = if self.style.cancels_old { "-1" } else { "8" };
        let (answer, state) = match (text_of(parameters, "status").as_str(), lent.state) {
            ("1", "waiting") => ("ACCESS_READY", "waiting"),
            ("3", "code" | "retry") => ("ACCESS_RETRY_GET", "retry"),
            ("6", "code" | "retry" | "finished") => ("ACCESS_ACTIVATION", "finished"),
            (status, "waiting") if status == cancel => ("ACCESS_CANCEL", "cancelled"),
            (status, "code" | "retry") if status == cancel => return "OTP_RECEIVED".to_owned(),
            (_, "cancelled" | "finished") => return "NO_ACTIVATION".to_owned(),
            _ => return "BAD_STATUS".to_owned(),
        };
        if state == "cancelled" {
            self.balance += lent.cost;
        }
        lent.state = state;
        answer.to_owned()
    }

    fn written(&self, country: u16) -> String {
        self.writes_country.map_or_else(|| country.to_string(), str::to_owned)
    }

    pub(super) fn list(&self, parameters: &Parameters) -> String {
        let number = |name: &str| parameters.get(name).and_then(|text| text.parse::<usize>().ok());
        let (start, limit) = (number("start").unwrap_or(0), number("limit").unwrap_or(10));
        let open = self.activations.iter().filter(|(_, lent)| lent.is_open());
        let open = open.skip(start).take(limit.min(self.style.page_max));
        let entries: Vec<Value> = open.map(|(id, lent)| self.entry(*id, lent)).collect();
        if entries.is_empty() {
            return json!({ "status": "error", "error": "NO_ACTIVATIONS" }).to_string();
        }
        json!({ "status": "success", "activeActivations": entries }).to_string()
    }

    fn entry(&self, id: u64, lent: &LentActivation) -> Value {
        let mut entry = json!({
            "activationId": id.to_string(), "serviceCode": lent.service,
            "phoneNumber": lent.number, "activationCost": units(lent.cost),
            "activationStatus": "4", "countryCode": self.written(lent.country),
            "activationTime": "2026-11-30 12:00:00",
        });
        if self.style.lists_codes {
            let codes: Vec<_> = lent.messages.iter().map(|(code, _)| code.clone()).collect();
            let texts: Vec<_> = lent.messages.iter().map(|(_, text)| text.clone()).collect();
            entry["smsCode"] = if codes.is_empty() { Value::Null } else { json!(codes) };
            entry["smsText"] = if texts.is_empty() { Value::Null } else { json!(texts) };
        }
        if self.style.keeps_keys {
            entry["idempotencyKey"] = json!(lent.key);
        }
        entry
    }
}
