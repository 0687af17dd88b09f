//! `variables`: an object of strings, numbers and booleans that fill the placeholders of a text.

use std::fmt;

use engine::accept::Variables;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::field_error::{Must, wrong};

pub(super) struct Pairs<'a> {
    pub must: Must<'a>,
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

/// A variable's value as the text shows it.
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
