//! A request body that is a JSON object with the fields of one type and no others.

use axum::extract::{FromRef, FromRequest, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{BodyLimits, read_body};
use crate::envelope::{Refusal, bad_request};

#[derive(Debug)]
pub struct JsonObject<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonObject<T>
where
    BodyLimits: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = read_body(request, BodyLimits::from_ref(state)).await?;
        parse(&bytes).map(Self)
    }
}

pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // A struct would be read from a list as well.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(bad_request("the request body must be a JSON object"));
    }
    let wrong = |error: &serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        bad_request(format!("the request body is not valid JSON (line {line}, column {column})"))
    };
    match serde_json::from_slice(bytes) {
        Ok(read) => return Ok(read),
        Err(error) if error.to_string().starts_with("duplicate field") => {
            return Err(bad_request("the request body has a field twice"));
        }
        Err(_) => {}
    }
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
    read_whole_numbers(&mut value);
    let other = |_| bad_request("the request body is not the object that is asked for");
    serde_json::from_value(value).map_err(other)
}

/// `5.0` is a whole number, as JSON Schema has it.
fn read_whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) = whole(&number.to_string()) {
                *value = whole.into();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(read_whole_numbers),
        Value::Object(object) => object.values_mut().for_each(read_whole_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Of `827.0` or `1.5e17`, as they are written.
fn whole(text: &str) -> Option<i64> {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (units, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = exponent.parse::<usize>().ok()?.checked_sub(fraction.len())?;
    let digits_max = 19;
    if zeros > digits_max {
        return None;
    }
    format!("{units}{fraction}{}", "0".repeat(zeros)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Msat {
        msat: i64,
    }

    #[test]
    fn a_field_is_given_once() {
        assert_eq!(parse::<Msat>(br#"{"msat": 5.0}"#).unwrap().msat, 5);
        assert!(parse::<Msat>(br#"{"msat": 5, "msat": 500}"#).is_err());
    }

    #[test]
    fn a_whole_number_may_be_written_as_any_number_is() {
        for (text, number) in [
            ("827.0", Some(827)),
            ("-3.0", Some(-3)),
            ("1e16", Some(10_000_000_000_000_000)),
            ("1.25e2", Some(125)),
            ("1.5", None),
            ("1.25e1", None),
            ("1e-2", None),
            ("1e19", None),
            ("1e300", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
        }
    }
}
