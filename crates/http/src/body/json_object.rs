//! A request body that is a JSON object with the fields of one type and no others.

use axum::extract::{FromRef, FromRequest, OptionalFromRequest, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{BodyLimits, read_body, without_bom};
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

/// `None` for an empty body.
impl<T: DeserializeOwned, S: Sync> OptionalFromRequest<S> for JsonObject<T>
where
    BodyLimits: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Refusal> {
        let bytes = read_body(request, BodyLimits::from_ref(state)).await?;
        if without_bom(&bytes).trim_ascii().is_empty() {
            return Ok(None);
        }
        parse(&bytes).map(|object| Some(Self(object)))
    }
}

/// Errors name the field, and never quote its value.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let bytes = without_bom(bytes);
    // A struct would be read from a list as well.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(bad_request("the request body must be a JSON object"));
    }
    let error = match serde_json::from_slice(bytes) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    if let Some(name) = quoted_after("duplicate field ", &error.to_string()) {
        return Err(bad_request(format!("`{name}` is given twice")));
    }
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        bad_request(format!("the request body is not valid JSON (line {line}, column {column})"))
    })?;
    read_whole_numbers(&mut value);
    serde_path_to_error::deserialize(value)
        .map_err(|error| mistyped(&error.path().to_string(), &error.inner().to_string()))
}

/// From serde's text to ours. Only what the type expects is taken from it: the rest may quote the
/// request.
fn mistyped(path: &str, text: &str) -> Refusal {
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    let within = |name: &str| if path == "." { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(name) = quoted_after("missing field ", text) {
        return bad_request(format!("`{}` is required", within(name)));
    }
    if text.starts_with("unknown field ") {
        let known = expected.unwrap_or_default().trim_start_matches("one of ");
        return bad_request(format!("there is an unknown field; the known ones are {known}"));
    }
    let must = match expected {
        Some("a string") => "a string",
        Some("a boolean") => "true or false",
        Some("i64") => "a whole number",
        Some("u32") => "a whole number from 0 to 4294967295",
        Some("a sequence") => "a list",
        Some(text) if text.starts_with("struct ") => "an object",
        _ => "of another type",
    };
    bad_request(format!("`{path}` must be {must}"))
}

/// The name in backticks behind `start`: one of our own fields.
fn quoted_after<'a>(start: &str, text: &'a str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
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

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only errors are looked at")]
    struct Prices {
        account: Option<i64>,
        prices: Vec<Msat>,
        note: Option<String>,
        shared: Option<bool>,
    }

    #[test]
    fn an_error_names_the_field_and_quotes_no_value() {
        assert_eq!(parse::<Msat>(br#"{"msat": 5.0}"#).unwrap().msat, 5);
        assert_eq!(parse::<Msat>(b"\xef\xbb\xbf{\"msat\": 5}").unwrap().msat, 5);
        for (body, error) in [
            (r#"{"prices": [], "prices": []}"#, "`prices` is given twice"),
            ("{}", "`prices` is required"),
            (r#"{"prices": [{"msat": 1}, {}]}"#, "`prices[1].msat` is required"),
            (r#"{"prices": [{"msat": "many"}]}"#, "`prices[0].msat` must be a whole number"),
            (r#"{"prices": [{"msat": 1.5}]}"#, "`prices[0].msat` must be a whole number"),
            (r#"{"prices": {}}"#, "`prices` must be a list"),
            (r#"{"prices": [7]}"#, "`prices[0]` must be an object"),
            (r#"{"prices": [], "note": 7}"#, "`note` must be a string"),
            (r#"{"prices": [], "shared": "7"}"#, "`shared` must be true or false"),
            (
                r#"{"prices": [], "secret, expected `x`": 1}"#,
                "there is an unknown field; the known ones are `account`, `prices`, `note`, `shared`",
            ),
            (r#"{"prices": "secret"#, "the request body is not valid JSON (line 1, column 18)"),
            ("[]", "the request body must be a JSON object"),
        ] {
            assert_eq!(parse::<Prices>(body.as_bytes()).unwrap_err().reason(), error, "{body}");
        }
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
