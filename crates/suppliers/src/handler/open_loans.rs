//! The wholesaler's list of open activations, which answers for all of them in one request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::activation::{Code, CountryCode};
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::time::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::amount::Units;
use super::answer::{Answer, Effect, unreadable};
use super::call::Wholesaler;

/// Activations on a page; more are not given by wholesalers that have pages. Others give all at once.
const PAGE: usize = 100;
const PAGES_MAX: usize = 500;
/// Every length of a page is a multiple of this.
const PAGE_ROUND: usize = 10;

/// An open activation as the wholesaler lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenLoan {
    pub reference: String,
    /// `None`: it is not readable.
    pub number: Option<Msisdn>,
    pub service: Option<String>,
    pub country: Option<CountryCode>,
    pub cost: Option<Units>,
    /// Code and text of each message; `None`: the list does not say.
    pub messages: Option<Vec<(Option<Code>, Option<String>)>>,
    /// The name that we gave, if the wholesaler keeps it.
    pub loan: Option<Uuid>,
    /// When a rental ends, as it is written.
    pub end: Option<String>,
}

/// The end of a rental. The year is that of any calendar that wholesalers use, their time zone is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListedEnd {
    Zoned(Timestamp),
    /// As if it were in UTC.
    Unzoned(Timestamp),
}

impl ListedEnd {
    /// Reads `2026-11-30T12:00:00+00:00`, or `2026-11-30 12:00:00`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Some(Self::Zoned(Timestamp::from_millis(at.as_millisecond())));
        }
        let at = text.parse::<jiff::civil::DateTime>().ok()?;
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Self::Unzoned(Timestamp::from_millis(at.as_millisecond())))
    }
}

#[derive(Debug)]
pub(super) struct Snapshot {
    /// Not before this.
    pub at: Instant,
    pub loans: HashMap<String, OpenLoan>,
}

/// When the list was read, and what came of it.
type LastRead = (Instant, Result<Arc<Snapshot>, PortError>);

#[derive(Debug, Default)]
pub(super) struct OpenLoans {
    last: Mutex<Option<LastRead>>,
    asking: tokio::sync::Mutex<()>,
}

impl OpenLoans {
    /// The list as it was at `since` or later, or why it cannot be read. A failure is kept as long as a
    /// list.
    pub(super) async fn since(
        &self,
        wholesaler: &Wholesaler,
        since: Instant,
    ) -> Result<Arc<Snapshot>, PortError> {
        if let Some(known) = self.known(since) {
            return known;
        }
        let _asking = self.asking.lock().await;
        if let Some(known) = self.known(since) {
            return known;
        }
        let at = Instant::now();
        let read = read_all(wholesaler).await;
        let read = read.map(|loans| Arc::new(Snapshot { at, loans }));
        if let Ok(mut last) = self.last.lock() {
            *last = Some((at, read.clone()));
        }
        read
    }

    fn known(&self, since: Instant) -> Option<Result<Arc<Snapshot>, PortError>> {
        let last = self.last.lock().ok()?;
        let (at, read) = last.as_ref()?;
        (*at >= since).then(|| read.clone())
    }
}

async fn read_all(wholesaler: &Wholesaler) -> Result<HashMap<String, OpenLoan>, PortError> {
    let mut loans = HashMap::new();
    let mut start = 0;
    for _ in 0..PAGES_MAX {
        let parameters = [("start", start.to_string()), ("limit", PAGE.to_string())];
        let (listed, count) = match wholesaler.ask("getActiveActivations", &parameters).await {
            Ok(answer) => read_page(&answer)?,
            // There is none.
            Err(PortError::Conflict(_)) => break,
            Err(error) => return Err(error),
        };
        let known = loans.len();
        loans.extend(listed.into_iter().map(|loan| (loan.reference.clone(), loan)));
        start += count;
        // Shorter pages than requested have a round number of entries. A wholesaler without pages repeats
        // what it gave before, or gives more than a page.
        if loans.len() == known || count > PAGE || count % PAGE_ROUND != 0 {
            break;
        }
    }
    Ok(loans)
}

/// What can be read, and how many entries there are.
fn read_page(answer: &Answer) -> Result<(Vec<OpenLoan>, usize), PortError> {
    let wrong = || unreadable("is no list of activations", Effect::Repeatable);
    let json = answer.json().ok_or_else(wrong)?;
    let list =
        ["activeActivations", "data", "activations"].into_iter().find_map(|name| json.get(name));
    let list = match list {
        Some(Value::Object(nested)) => nested.get("row").or_else(|| nested.get("rows")),
        Some(list) => Some(list),
        None => Some(json).filter(|json| json.is_array()),
    };
    let list = list.and_then(Value::as_array).ok_or_else(wrong)?;
    Ok((list.iter().filter_map(read_loan).collect(), list.len()))
}

/// Of a list of activations, or of rentals.
pub(super) fn read_loan(entry: &Value) -> Option<OpenLoan> {
    let at =
        |names: &[&str]| names.iter().find_map(|name| entry.get(name)).filter(|it| !it.is_null());
    let codes = entry.get("smsCode");
    let texts = entry.get("smsText");
    let messages = (codes.is_some() || texts.is_some()).then(|| pair(codes, texts));
    Some(OpenLoan {
        reference: reference(&text(at(&["activationId", "id"])?)?)?,
        number: at(&["phoneNumber", "phone", "number"]).and_then(text).and_then(|it| number(&it)),
        service: at(&["serviceCode", "service"]).and_then(text),
        country: at(&["countryCode", "country"])
            .and_then(text)
            .and_then(|it| it.parse().ok())
            .map(CountryCode),
        cost: at(&["activationCost", "cost", "price"]).and_then(Units::of),
        messages,
        loan: at(&["idempotencyKey"]).and_then(text).and_then(|it| it.parse().ok()),
        end: at(&["endDate"]).and_then(text),
    })
}

/// Both fields are null, a text, or a list of texts.
fn pair(codes: Option<&Value>, texts: Option<&Value>) -> Vec<(Option<Code>, Option<String>)> {
    let list = |value: Option<&Value>| match value {
        Some(Value::Array(list)) => list.iter().map(text).collect(),
        Some(value) => text(value).map(Some).into_iter().collect(),
        None => Vec::new(),
    };
    let (codes, texts) = (list(codes), list(texts));
    (0..codes.len().max(texts.len()))
        .map(|at| {
            let code = codes.get(at).cloned().flatten().map(Code::new);
            (code, texts.get(at).cloned().flatten())
        })
        .filter(|(code, text)| code.is_some() || text.is_some())
        .collect()
}

/// A number or a text that is not empty, as a text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A number with or without `+`, and with the separators that people write.
pub(super) fn number(text: &str) -> Option<Msisdn> {
    let digits: String =
        text.chars().filter(|char| !matches!(char, '+' | ' ' | '-' | '(' | ')')).collect();
    digits.parse().ok()
}

/// A reference that can be asked for: the wholesaler made it, and it goes into URLs and rows.
pub(super) fn reference(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    ((1..=64).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(body: Value) -> Vec<OpenLoan> {
        read_page(&Answer::Json(body)).unwrap().0
    }

    #[test]
    fn reads_lists_of_all_kinds() {
        let classic = page(json!({"status": "success", "activeActivations": [{
            "activationId": "635468021", "serviceCode": "vk", "phoneNumber": "79180230628",
            "activationCost": "12.50", "activationStatus": "4", "smsCode": ["11"],
            "smsText": ["your code is 11"], "countryCode": "2"
        }]}));
        assert_eq!(classic.len(), 1);
        assert_eq!(classic[0].reference, "635468021");
        assert_eq!(classic[0].country, Some(CountryCode(2)));
        assert_eq!(classic[0].messages.as_ref().unwrap()[0].1.as_deref(), Some("your code is 11"));
        let other = page(
            json!({"data": [{"activationId": 7, "phoneNumber": "+7 918 023-06-28", "smsCode": null}]}),
        );
        assert_eq!(other[0].messages, Some(Vec::new()));
        assert_eq!(other[0].number, number("79180230628"));
        let bare = page(json!([{"id": 7, "phone": "unreadable"}]));
        assert_eq!((bare[0].number, bare[0].messages.clone()), (None, None));
        assert!(read_page(&Answer::Json(json!({"status": "success"}))).is_err());
        assert!(read_page(&Answer::Text("OK".to_owned())).is_err());
    }

    #[test]
    fn a_reference_fits_a_url() {
        assert_eq!(reference(" 123 "), Some("123".to_owned()));
        for bad in ["", "1 2", "1&action=x", "1\n2", &"1".repeat(65)] {
            assert_eq!(reference(bad), None, "{bad:?}");
        }
    }
}
