//! Rentals: a number for a time, and its messages.
//!
//! No action of the protocol takes a maximum price for a rental. The price is read before, at most
//! `prices_kept` old, and what is given at a higher one is returned.

use std::time::Duration;

use domain::activation::CountryCode;
use domain::activation::loan::LoanState;
use domain::activation::upstream::{UpstreamAsk, UpstreamLent};
use domain::ports::PortError;
use serde_json::Value;

use super::HandlerSupplier;
use super::acquire::{Given, read_cost};
use super::answer::{Answer, Effect, says, unreadable};
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
        Ok(Given { cost: given.cost.or(cost), ..given })
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
            append(&mut heard, listed);
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
}

/// `{"status":"success","phone":{"id":1049,"endDate":"…","number":"79…"}}`
pub(super) fn read_given(answer: &Answer, unit: i64) -> Result<Given, PortError> {
    let wrong = || unreadable("is no rented number", Effect::Buys);
    let phone = answer.json().and_then(|json| json.get("phone")).ok_or_else(wrong)?;
    let at = |name: &str| phone.get(name).and_then(text);
    Ok(Given {
        reference: at("id").as_deref().and_then(reference).ok_or_else(wrong)?,
        number: at("number").unwrap_or_default(),
        cost: read_cost(phone.get("cost").or_else(|| phone.get("price")), unit)?,
    })
}

/// A message that comes between two pages moves the last ones of the first page to the second one.
fn append(heard: &mut Vec<(String, String)>, listed: Vec<(String, String)>) {
    let most = heard.len().min(listed.len());
    let ends_with = |count: &usize| heard.ends_with(&listed[..*count]);
    let again = (1..=most).rev().find(ends_with).unwrap_or(0);
    heard.extend(listed.into_iter().skip(again));
}

/// When each came, as it is written, and its text:
/// `{"status":"success","quantity":"1","values":{"0":{"phoneFrom":"…","text":"…","date":"…"}}}`
fn read_messages(answer: &Answer) -> Result<Vec<(String, String)>, PortError> {
    let wrong = || unreadable("is no list of messages", Effect::Repeatable);
    let values = answer.json().and_then(|json| json.get("values")).ok_or_else(wrong)?;
    let entries: Vec<&Value> = match values {
        Value::Array(list) => list.iter().collect(),
        Value::Object(by_index) => {
            let mut entries: Vec<_> = by_index.iter().collect();
            entries.sort_by_key(|(index, _)| index.parse().unwrap_or(u64::MAX));
            entries.into_iter().map(|(_, entry)| entry).collect()
        }
        _ => return Err(wrong()),
    };
    let read = |entry: &&Value| {
        let at = |name: &str| entry.get(name).and_then(text);
        Some((at("date").unwrap_or_default(), at("text")?))
    };
    Ok(entries.iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_that_is_on_two_pages_came_once() {
        let message = |text: &str| ("12:00".to_owned(), text.to_owned());
        let all = ["f", "e", "d", "c", "b"].map(message);
        for second in [&all[2..], &all[1..], &all[3..]] {
            let mut heard = all[..3].to_vec();
            append(&mut heard, second.to_vec());
            assert_eq!(heard, all, "{second:?}");
        }
    }

    #[test]
    fn messages_are_in_the_order_of_their_places() {
        let entry = |text: &str| json!({"text": text, "date": "12:00"});
        let values = json!({"2": entry("c"), "10": entry("d"), "0": entry("a"), "1": entry("b")});
        let read = read_messages(&Answer::Json(json!({"values": values}))).unwrap();
        let texts: Vec<_> = read.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
    }
}
