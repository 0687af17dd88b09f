//! The JSON object or form of a request, and its fields by name, for doors whose clients disagree
//! about types. Unknown fields are ignored; `null` is absent.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::StatusCode;
use domain::message::campaign::Idempotency;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::content_type::{ContentType, read_content_type};
use super::form::parse_form;
use super::half_surrogate::has_half_surrogate;
use super::{BodyLimits, Repeatable, read_body, without_bom};
use crate::envelope::{Refusal, Words};

/// What a door says of its fields.
pub trait FieldRules {
    /// Every name that the door reads. Fields with other names are not kept.
    const NAMES: &'static [&'static str];
    /// The status of a refused body.
    const STATUS: StatusCode;
}

/// Not for logs.
pub struct Fields<R> {
    /// In the order in which they came.
    fields: Vec<(&'static str, Value)>,
    idempotency: Option<Idempotency>,
    rules: PhantomData<R>,
}

type FieldList = Vec<(&'static str, Value)>;

impl<R> fmt::Debug for Fields<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({})", self.fields.len())
    }
}

impl<R: FieldRules, S: Sync> FromRequest<S> for Fields<R>
where
    BodyLimits: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
        let kind = read_content_type(request.headers());
        let bytes = read_body(request, BodyLimits::from_ref(state)).await?;
        let fields = Self::parse(kind, &bytes)?;
        let idempotency = repeatable.map(|mut repeatable| {
            repeatable.read(&bytes);
            repeatable.finish()
        });
        Ok(Self { fields, idempotency, rules: PhantomData })
    }
}

fn wrong<R: FieldRules>(reason: impl Into<Words>) -> Refusal {
    Refusal::new(R::STATUS, reason)
}

impl<R: FieldRules> Fields<R> {
    fn parse(kind: Result<ContentType, Refusal>, bytes: &[u8]) -> Result<FieldList, Refusal> {
        let bytes = without_bom(bytes);
        let text = bytes.trim_ascii_start();
        if text.is_empty() {
            return Err(wrong::<R>("the request body is empty; it must be a JSON object"));
        }
        // curl calls every body a form, unless it is told otherwise.
        if kind? == ContentType::Form && !text.starts_with(b"{") {
            let fields = parse_form(bytes, R::NAMES);
            return fields.ok_or_else(|| wrong::<R>("the form's values must be UTF-8"));
        }
        let text = str::from_utf8(bytes).ok();
        text.and_then(|text| parse_object(text, R::NAMES)).ok_or_else(|| why_not::<R>(bytes))
    }

    /// The request's `Idempotency-Key`, if it has one.
    pub const fn idempotency(&self) -> Option<&Idempotency> {
        self.idempotency.as_ref()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(R::NAMES.contains(&name), "{name} is not kept");
        // The last of two equal names counts.
        let found = self.fields.iter().rfind(|(known, _)| *known == name);
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong::<R>(format!("`{name}` must be a string"))),
        }
    }

    pub fn required_text(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| required::<R>(name))
    }

    /// A text, or a whole number, which may stand without quotes.
    pub fn digits(&self, name: &str) -> Result<Option<Cow<'_, str>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(Cow::Borrowed(text))),
            Some(Value::Number(number)) if number.is_u64() => {
                Ok(Some(Cow::Owned(number.to_string())))
            }
            Some(_) => Err(wrong::<R>(format!("`{name}` must be a string"))),
        }
    }

    /// The same, which must be there.
    pub fn required_digits(&self, name: &str) -> Result<Cow<'_, str>, Refusal> {
        self.digits(name)?.ok_or_else(|| required::<R>(name))
    }

    /// `true` and `false`, with or without quotes; absent is false.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(wrong::<R>(format!("`{name}` must be true or false"))),
        }
    }

    /// A whole number, as `5`, `5.0` or `"5"`.
    pub fn required_integer(&self, name: &str) -> Result<i64, Refusal> {
        let text = match self.get(name) {
            None => return Err(required::<R>(name)),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => return Err(wrong::<R>(format!("`{name}` must be a whole number"))),
        };
        let digits = match text.split_once('.') {
            Some((digits, zeros)) if zeros.bytes().all(|digit| digit == b'0') => digits,
            _ => &text,
        };
        digits.parse().map_err(|_| wrong::<R>(format!("`{name}` must be a whole number")))
    }
}

fn parse_object(text: &str, names: &'static [&'static str]) -> Option<FieldList> {
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = json.deserialize_map(Object(names)).ok()?;
    json.end().ok().map(|()| fields)
}

/// The fields whose names are among these.
struct Object(&'static [&'static str]);

impl<'de> Visitor<'de> for Object {
    type Value = FieldList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(self.0.len());
        while let Some(name) = object.next_key_seed(Name(self.0))? {
            match name {
                Some(name) => fields.push((name, object.next_value()?)),
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// One of these names, or none of them.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|name| *name == text))
    }
}

fn why_not<R: FieldRules>(bytes: &[u8]) -> Refusal {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(_) => wrong::<R>("the request body must be a JSON object"),
        Err(_) if has_half_surrogate(bytes) => wrong::<R>(
            "the request body has half of a surrogate pair: an emoji, for example, that was cut in two",
        ),
        // serde's text may quote the content.
        Err(error) => wrong::<R>(format!(
            "the request body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        )),
    }
}

fn required<R: FieldRules>(name: &str) -> Refusal {
    wrong::<R>(format!("`{name}` is required"))
}
