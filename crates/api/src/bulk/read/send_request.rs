//! The object that `send` and `preview` take, field by field, in any order. Unknown fields are ignored;
//! `null` is absent; the last of two equal fields counts.

use std::fmt;

use domain::message::campaign::Idempotency;
use domain::number::Home;
use domain::time::Timestamp;
use engine::campaigns::{Addressees, BulkRequest, Variables, Wording};
use http::{Refusal, Words, bad_request};
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::numbers::Numbers;
use super::variables::Pairs;
use crate::moment;

#[derive(Debug)]
pub(crate) struct SendRequest {
    pub request: BulkRequest,
    pub dry_run: bool,
}

/// The text of the refusal, should the next value be wrong.
pub(super) type Must<'a> = &'a mut Words;

pub(super) fn read_object<'de, R: serde_json::de::Read<'de>>(
    mut from: serde_json::Deserializer<R>,
    home: Option<Home>,
) -> Result<Fields, Refusal> {
    let mut fields = Fields::default();
    let mut must: Words = "the request body must be a JSON object".into();
    let object = Object { fields: &mut fields, home, must: &mut must };
    match from.deserialize_map(object).and_then(|()| from.end()) {
        Ok(()) => Ok(fields),
        Err(error) if error.classify() == Category::Data => Err(bad_request(must)),
        // serde's text may quote the content.
        Err(error) => Err(bad_request(format!(
            "the request body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        ))),
    }
}

#[derive(Default)]
pub(super) struct Fields {
    sender: Option<String>,
    content: Option<String>,
    template: Option<i64>,
    group: Option<i64>,
    variables: Variables,
    to: Addressees,
    start_at: Option<Timestamp>,
    dry_run: bool,
}

impl Fields {
    pub(super) fn request(self, idempotency: Option<Idempotency>) -> SendRequest {
        let wording =
            Wording { content: self.content, template: self.template, variables: self.variables };
        SendRequest {
            request: BulkRequest {
                sender: self.sender,
                wording,
                to: self.to,
                group: self.group,
                start_at: self.start_at,
                idempotency,
            },
            dry_run: self.dry_run,
        }
    }
}

struct Object<'a> {
    fields: &'a mut Fields,
    home: Option<Home>,
    must: Must<'a>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { fields, home, must } = self;
        while let Some(name) = object.next_key::<String>()? {
            *must = what_it_must_be(&name).into();
            match name.as_str() {
                "sender" => fields.sender = object.next_value()?,
                "content" => fields.content = object.next_value()?,
                "templateId" => fields.template = object.next_value()?,
                "contactGroupId" => fields.group = object.next_value()?,
                "dryRun" => fields.dry_run = object.next_value::<Option<_>>()?.unwrap_or(false),
                "scheduledTime" => {
                    let text: Option<String> = object.next_value()?;
                    let read = |text: String| moment::read(&text).ok_or_else(wrong);
                    fields.start_at = text.map(read).transpose()?;
                }
                "msisdns" => {
                    fields.to = object.next_value_seed(Numbers { home, must: &mut *must })?;
                }
                "variables" => {
                    fields.variables = object.next_value_seed(Pairs { must: &mut *must })?;
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn what_it_must_be(name: &str) -> &'static str {
    match name {
        "sender" => "`sender` must be a string",
        "content" => "`content` must be a string",
        "templateId" => "`templateId` must be an integer",
        "contactGroupId" => "`contactGroupId` must be an integer",
        "dryRun" => "`dryRun` must be true or false",
        "scheduledTime" => {
            "`scheduledTime` must be an ISO 8601 time with its offset, as 2026-06-01T10:00:00+07:00"
        }
        "msisdns" => "`msisdns` must be a list of strings",
        "variables" => "`variables` must be an object of strings, numbers, true and false",
        _ => "the request body must be a JSON object",
    }
}

/// Ends the reading; the refusal's text is in [`Must`].
pub(super) fn wrong<E: de::Error>() -> E {
    E::custom("")
}
