//! The JSON object of a request, and its fields by name. Unknown fields are ignored; `null` is
//! absent.

use std::borrow::Cow;
use std::fmt;

use axum::extract::{FromRequest, Request};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::body::read_body;
use crate::refusal::{Refusal, failed};
use crate::settings::Door;

/// Every name that some door asks for. What has another name is not kept.
const NAMES: [&str; 13] = [
    "phone",
    "message",
    "immediate",
    "webhookUrl",
    "webhookEvents",
    "ref",
    "address",
    "amount",
    "orderId",
    "payreq",
    "from",
    "to",
    "text",
];

/// In the order in which they came. Not for logs.
pub(crate) struct Fields(Vec<(&'static str, Value)>);

impl FromRequest<Door> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, door: &Door) -> Result<Self, Refusal> {
        let settings = &door.settings;
        let bytes = read_body(request, settings.body_bytes_max, settings.read_timeout).await?;
        Self::parse(&bytes)
    }
}

impl Fields {
    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.trim_ascii().is_empty() {
            return Err(failed("the request body is empty; it must be a JSON object"));
        }
        let text = str::from_utf8(bytes).ok();
        let read = text.and_then(|text| serde_json::from_str(text).ok());
        read.ok_or_else(|| why_not(bytes))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(NAMES.contains(&name), "{name} is not kept");
        // Of a name given twice the last counts.
        let found = self.0.iter().rfind(|(known, _)| *known == name);
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(failed(format!("`{name}` must be a string"))),
        }
    }

    pub(crate) fn required_text(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| required(name))
    }

    /// Digits, with or without quotes.
    pub(crate) fn required_digits(&self, name: &str) -> Result<Cow<'_, str>, Refusal> {
        match self.get(name) {
            None => Err(required(name)),
            Some(Value::String(text)) => Ok(Cow::Borrowed(text)),
            Some(Value::Number(number)) if number.is_u64() => Ok(Cow::Owned(number.to_string())),
            Some(_) => Err(failed(format!("`{name}` must be a string"))),
        }
    }

    /// `true` and `false`, with or without quotes; absent is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(failed(format!("`{name}` must be true or false"))),
        }
    }

    /// A whole number, as `5`, `5.0` or `"5"`.
    pub(crate) fn required_integer(&self, name: &str) -> Result<i64, Refusal> {
        let text = match self.get(name) {
            None => return Err(required(name)),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => return Err(failed(format!("`{name}` must be a whole number"))),
        };
        let digits = match text.split_once('.') {
            Some((digits, zeros)) if zeros.bytes().all(|digit| digit == b'0') => digits,
            _ => &text,
        };
        digits.parse().map_err(|_| failed(format!("`{name}` must be a whole number")))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::with_capacity(NAMES.len());
        while let Some(Name(name)) = object.next_key()? {
            match name {
                Some(name) => fields.push((name, object.next_value()?)),
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Fields(fields))
    }
}

/// One of [`NAMES`], or none of them.
struct Name(Option<&'static str>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Self(None))
    }
}

impl Visitor<'_> for Name {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self, E> {
        Ok(Self(NAMES.into_iter().find(|name| *name == text)))
    }
}

fn why_not(bytes: &[u8]) -> Refusal {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(_) => failed("the request body must be a JSON object"),
        // The error's own words may hold some of the content.
        Err(error) => failed(format!(
            "the request body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        )),
    }
}

fn required(name: &str) -> Refusal {
    failed(format!("`{name}` is required"))
}
