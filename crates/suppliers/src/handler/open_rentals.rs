//! The wholesaler's list of open rentals.

use domain::ports::PortError;
use serde_json::Value;
use tokio::time::Instant;

use super::HandlerSupplier;
use super::answer::{Answer, Effect, says, unreadable};
use super::open_loans::{OpenLoan, read_loan};

/// Words for an empty list.
const NONE: [&str; 5] =
    ["NO_NUMBERS", "NO_NUMBER", "NO_ACTIVATION", "NO_ACTIVATIONS", "NO_ACTIVE_RENTALS"];

impl HandlerSupplier {
    /// When it was read, and what it shows. A wholesaler without such a list is an error.
    pub(super) async fn open_rentals(&self) -> Result<(Instant, Vec<OpenLoan>), PortError> {
        let at = Instant::now();
        match self.wholesaler.ask("getRentList", &[]).await {
            Ok(answer) => Ok((at, read_rentals(&answer)?)),
            Err(error) if NONE.iter().any(|word| says(&error, word)) => Ok((at, Vec::new())),
            Err(error) => Err(error),
        }
    }
}

/// `{"status":"success","values":{"0":{"id":9,"phone":"79…","service":"full","endDate":"…"}}}`
fn read_rentals(answer: &Answer) -> Result<Vec<OpenLoan>, PortError> {
    let wrong = || unreadable("is no list of rentals", Effect::Repeatable);
    let json = answer.json().ok_or_else(wrong)?;
    let named = json.get("values").or_else(|| json.get("data"));
    let entries: Vec<&Value> = match named.unwrap_or(json) {
        Value::Array(list) => list.iter().collect(),
        Value::Object(by_index) if named.is_some() || is_by_index(json) => {
            by_index.values().collect()
        }
        _ => return Err(wrong()),
    };
    Ok(entries.into_iter().filter_map(read_loan).collect())
}

/// `{"0":{…},"1":{…}}`
fn is_by_index(json: &Value) -> bool {
    let entries = json.as_object().filter(|entries| !entries.is_empty());
    entries.is_some_and(|entries| entries.values().all(Value::is_object))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_not_there_is_not_an_empty_one() {
        let read = |body: Value| read_rentals(&Answer::Json(body)).map(|list| list.len());
        let entry = json!({"id": 9, "phone": "4915112345678"});
        for (body, count) in [
            (json!({"status": "success", "values": {"0": entry}}), 1),
            (json!({"status": "success", "values": []}), 0),
            (json!({"status": "success", "values": {}}), 0),
            (json!({"data": [entry, entry]}), 2),
            (json!([entry]), 1),
            (json!({"0": entry}), 1),
        ] {
            assert_eq!(read(body.clone()), Ok(count), "{body}");
        }
        for body in [json!({}), json!({"status": "success"}), json!({"values": "none"})] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
    }
}
