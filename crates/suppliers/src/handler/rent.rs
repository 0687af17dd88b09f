//! Rentals: a number for a time, its messages, and a later end.
//!
//! No action of the protocol takes a maximum price for a rental. The price is read before, at most
//! `prices_kept` old, and what is given at a higher one is returned.

use std::time::Duration;

use domain::activation::CountryCode;
use domain::activation::loan::{Loan, LoanState};
use domain::activation::upstream::{UpstreamAsk, UpstreamLent, UpstreamLoan, UpstreamState};
use domain::ports::{Extend, PortError};
use serde_json::Value;

use super::HandlerSupplier;
use super::acquire::{Given, read_cost};
use super::amount::Units;
use super::answer::{Answer, Effect, unreadable};
use super::hours;
use super::open_loans::{reference, text};
use super::status::Heard;

/// Messages on a page, and pages that are read.
const PAGE: usize = 50;
const PAGES_MAX: usize = 20;

impl HandlerSupplier {
    pub(super) async fn buy_rental(
        &self,
        ask: &UpstreamAsk,
        country: CountryCode,
        duration: Duration,
    ) -> Result<Given, PortError> {
        let hours = hours(duration);
        let offers =
            self.prices.offers(&self.wholesaler, &ask.service, Some(country), Some(hours)).await;
        let priced = offers.map_err(|error| PortError::Unavailable(error.to_string()))?;
        let cost = priced.first().map(|offer| offer.cost);
        let parameters = [
            ("service", ask.service.as_str().to_owned()),
            ("country", country.to_string()),
            ("rent_time", hours.to_string()),
            ("time", hours.to_string()),
            ("idempotency_key", ask.key.loan.to_string()),
        ];
        let answer = self.wholesaler.buy("getRentNumber", &parameters).await?;
        let given = read_given(&answer, self.wholesaler.options.msat_per_unit)?;
        Ok(Given { cost: given.cost.or(cost), country: Some(country), ..given })
    }

    pub(super) async fn rental_state(
        &self,
        ask: &UpstreamAsk,
        lent: UpstreamLent,
    ) -> Result<LoanState, PortError> {
        let heard = match self.rental_messages(&lent.reference).await {
            Ok(heard) => heard,
            Err(PortError::Conflict(_)) => {
                self.store.end_upstream(ask.key.clone()).await?;
                return Ok(LoanState::Over(Vec::new()));
            }
            Err(error) => return Err(error),
        };
        Ok(LoanState::Lent(lent.loan, self.messages(&lent.reference, heard)))
    }

    /// Oldest first.
    async fn rental_messages(&self, reference: &str) -> Result<Vec<Heard>, PortError> {
        let mut heard = Vec::new();
        for page in 0..PAGES_MAX {
            let parameters = [
                ("id", reference.to_owned()),
                ("page", page.to_string()),
                ("size", PAGE.to_string()),
            ];
            let listed = match self.wholesaler.ask("getRentStatus", &parameters).await {
                Ok(answer) => read_messages(&answer)?,
                Err(error) if says(&error, "STATUS_WAIT_CODE") => Vec::new(),
                Err(error) => return Err(error),
            };
            let count = listed.len();
            if listed.first().is_some_and(|first| heard.first() == Some(first)) {
                break;
            }
            heard.extend(listed);
            if count != PAGE {
                break;
            }
        }
        // Messages of one second keep the order of the list, whichever that is.
        if heard.first().map(|(date, _)| date) > heard.last().map(|(date, _)| date) {
            heard.reverse();
        }
        heard.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(heard.into_iter().map(|(_, text)| (None, Some(text))).collect())
    }

    pub(super) async fn extend_loan(&self, extend: Extend) -> Result<Loan, PortError> {
        let over = || PortError::Conflict("the loan has ended".to_owned());
        let known = self.store.upstream_loan(self.key(extend.loan)).await?.ok_or_else(over)?;
        let UpstreamLoan { state: UpstreamState::Lent, lent: Some(lent), .. } = known else {
            return Err(over());
        };
        let limit = self.wholesaler.options.cost_limit(extend.cost_max);
        let hours = hours(extend.until.since(extend.from));
        let id = ("id", lent.reference.clone());
        let time = ("rent_time", hours.to_string());
        let asked = [id.clone(), time.clone(), ("time", hours.to_string())];
        let answer = self.wholesaler.ask("getContinueRentPriceNumber", &asked).await?;
        let price = answer.json().and_then(|json| json.get("price")).and_then(Units::of);
        let unit = self.wholesaler.options.msat_per_unit;
        let cost = price.and_then(|price| price.cost(unit));
        let cost = cost.ok_or_else(|| unreadable("is no price", Effect::Repeatable))?;
        if cost > limit {
            return Err(PortError::Refused("its price is above the limit".to_owned()));
        }
        // The same extension has the same key.
        let key = format!("{}-{}", extend.loan, extend.from.as_millis());
        let bought = [id, time, ("idempotency_key", key)];
        let answer = self.wholesaler.buy("continueRentNumber", &bought).await?;
        read_given(&answer, unit)?;
        let loan = Loan { until: extend.until, cost, ..lent.loan };
        let lent = UpstreamLent { loan: loan.clone(), ..lent };
        let stored = self.store.lend_upstream(self.key(extend.loan), lent).await;
        stored.map_err(|error| PortError::Unknown(error.to_string()))?;
        Ok(loan)
    }
}

fn says(error: &PortError, word: &str) -> bool {
    error.to_string().ends_with(word)
}

/// `{"status":"success","phone":{"id":1049,"endDate":"…","number":"79…"}}`
fn read_given(answer: &Answer, unit: i64) -> Result<Given, PortError> {
    let wrong = || unreadable("is no rented number", Effect::Buys);
    let phone = answer.json().and_then(|json| json.get("phone")).ok_or_else(wrong)?;
    let at = |name: &str| phone.get(name).and_then(text);
    Ok(Given {
        reference: at("id").as_deref().and_then(reference).ok_or_else(wrong)?,
        number: at("number").unwrap_or_default(),
        country: None,
        cost: read_cost(phone.get("cost").or_else(|| phone.get("price")), unit)?,
    })
}

/// When each came, as it is written, and its text:
/// `{"status":"success","quantity":"1","values":{"0":{"phoneFrom":"…","text":"…","date":"…"}}}`
fn read_messages(answer: &Answer) -> Result<Vec<(String, String)>, PortError> {
    let wrong = || unreadable("is no list of messages", Effect::Repeatable);
    let values = answer.json().and_then(|json| json.get("values")).ok_or_else(wrong)?;
    let entries: Vec<&Value> = match values {
        Value::Array(list) => list.iter().collect(),
        Value::Object(by_index) => by_index.values().collect(),
        _ => return Err(wrong()),
    };
    let read = |entry: &&Value| {
        let at = |name: &str| entry.get(name).and_then(text);
        Some((at("date").unwrap_or_default(), at("text")?))
    };
    Ok(entries.iter().filter_map(read).collect())
}
