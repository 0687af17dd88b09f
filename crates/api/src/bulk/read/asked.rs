//! The object that `send` and `preview` take, field by field, in whatever order they come. Unknown
//! fields are passed over; `null` is absent; of a field given twice the last counts.
//!
//! Numbers become numbers as they are read: of two million of them sixteen megabytes are kept.

use std::fmt;

use domain::message::campaign::Idempotency;
use domain::number::Home;
use domain::time::Timestamp;
use engine::campaigns::{Addressees, BulkRequest, Variables, Wording};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::super::idempotency::Repeatable;
use super::super::moment;
use super::super::refused::{Refused, invalid};
use super::bounds::Bounds;
use super::feed::Arriving;
use crate::refusal::Words;

#[derive(Debug)]
pub(crate) struct Asked {
    pub request: BulkRequest,
    pub dry_run: bool,
}

/// Parses a body that is there.
pub(super) fn parse(
    bytes: &[u8],
    home: Option<Home>,
    repeatable: Option<Repeatable>,
) -> Result<Asked, Refused> {
    if bytes.trim_ascii().is_empty() {
        return Err(invalid("the request body is empty; it must be a JSON object"));
    }
    Bounds::default().pass(bytes).map_err(|out| invalid(out.to_string()))?;
    let from = serde_json::Deserializer::from_slice(bytes);
    let fields = read_object(from, home)?;
    let idempotency = repeatable.map(|mut repeatable| {
        repeatable.read(bytes);
        repeatable.finish()
    });
    Ok(fields.asked(idempotency))
}

/// Parses a body while it arrives. Blocks.
pub(super) fn parse_arriving(
    arriving: &mut Arriving,
    home: Option<Home>,
) -> Result<Asked, Refused> {
    let read = read_object(serde_json::Deserializer::from_reader(arriving.buffered()), home);
    let fields = read.map_err(|wrong| match arriving.out_of_bounds {
        Some(out) => invalid(out.to_string()),
        None => wrong,
    })?;
    Ok(fields.asked(arriving.repeatable.take().map(Repeatable::finish)))
}

fn read_object<'de, R: serde_json::de::Read<'de>>(
    mut from: serde_json::Deserializer<R>,
    home: Option<Home>,
) -> Result<Fields, Refused> {
    let mut fields = Fields::default();
    let mut must: Words = "the request body must be a JSON object".into();
    let object = Object { fields: &mut fields, home, must: &mut must };
    match from.deserialize_map(object).and_then(|()| from.end()) {
        Ok(()) => Ok(fields),
        Err(error) if error.classify() == Category::Data => Err(invalid(must)),
        // The error's own words may hold some of the content.
        Err(error) => Err(invalid(format!(
            "the request body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        ))),
    }
}

#[derive(Default)]
struct Fields {
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
    fn asked(self, idempotency: Option<Idempotency>) -> Asked {
        let wording =
            Wording { content: self.content, template: self.template, variables: self.variables };
        Asked {
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

/// What is read next must be so: the words of the refusal when it is not.
type Must<'a> = &'a mut Words;

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

/// Ends the reading; what it must have been is said by [`Must`].
fn wrong<E: de::Error>() -> E {
    E::custom("")
}

/// A list of numbers, as strings or as JSON numbers.
struct Numbers<'a> {
    home: Option<Home>,
    must: Must<'a>,
}

impl<'de> DeserializeSeed<'de> for Numbers<'_> {
    type Value = Addressees;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Addressees, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Numbers<'_> {
    type Value = Addressees;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Addressees, E> {
        Ok(Addressees::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Addressees, A::Error> {
        let mut to = Addressees::default();
        let Self { home, must } = self;
        while list.next_element_seed(Number { to: &mut to, home, must: &mut *must })?.is_some() {}
        Ok(to)
    }
}

/// One of them.
struct Number<'a> {
    to: &'a mut Addressees,
    home: Option<Home>,
    must: Must<'a>,
}

impl<'de> DeserializeSeed<'de> for Number<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Number<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_str<E: de::Error>(self, written: &str) -> Result<(), E> {
        self.to.add(written, self.home).map_err(|many| {
            *self.must = many.to_string().into();
            wrong()
        })
    }

    fn visit_u64<E: de::Error>(self, digits: u64) -> Result<(), E> {
        self.visit_str(&digits.to_string())
    }

    /// Negative, so it is none, but it is shown.
    fn visit_i64<E: de::Error>(self, digits: i64) -> Result<(), E> {
        self.visit_str(&digits.to_string())
    }

    fn visit_f64<E: de::Error>(self, digits: f64) -> Result<(), E> {
        self.visit_str(&digits.to_string())
    }
}

/// The object of variables.
struct Pairs<'a> {
    must: Must<'a>,
}

impl<'de> DeserializeSeed<'de> for Pairs<'_> {
    type Value = Variables;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Variables, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pairs<'_> {
    type Value = Variables;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Variables, E> {
        Ok(Variables::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Variables, A::Error> {
        let mut variables = Variables::default();
        while let Some((name, Shown(value))) = object.next_entry()? {
            variables.set(name, value).map_err(|many| {
                *self.must = many.to_string().into();
                wrong()
            })?;
        }
        Ok(variables)
    }
}

/// A variable as it stands in the text.
struct Shown(String);

impl<'de> de::Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AsText).map(Self)
    }
}

struct AsText;

impl Visitor<'_> for AsText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, true or false")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<String, E> {
        Ok(flag.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
