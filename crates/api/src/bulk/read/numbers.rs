//! `msisdns`: a list of phone numbers, as strings or as JSON numbers. Each is parsed as it is read: two
//! million of them take sixteen megabytes.

use std::fmt;

use domain::message::address_list::AddressList;
use domain::number::Notation;
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::field_error::{Must, wrong};

pub(super) struct Numbers<'a> {
    pub notation: Notation,
    pub must: Must<'a>,
}

impl<'de> DeserializeSeed<'de> for Numbers<'_> {
    type Value = AddressList;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<AddressList, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Numbers<'_> {
    type Value = AddressList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<AddressList, E> {
        Ok(AddressList::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AddressList, A::Error> {
        let mut to = AddressList::default();
        let Self { notation, must } = self;
        while list.next_element_seed(Number { to: &mut to, notation, must: &mut *must })?.is_some()
        {
        }
        Ok(to)
    }
}

/// One number of the list.
struct Number<'a> {
    to: &'a mut AddressList,
    notation: Notation,
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
        self.to.add(written, self.notation).map_err(|many| {
            *self.must = many.to_string().into();
            wrong()
        })
    }

    fn visit_u64<E: de::Error>(self, digits: u64) -> Result<(), E> {
        self.visit_str(&digits.to_string())
    }

    /// A negative number is invalid; it is counted and shown as such.
    fn visit_i64<E: de::Error>(self, digits: i64) -> Result<(), E> {
        self.visit_str(&digits.to_string())
    }

    fn visit_f64<E: de::Error>(self, digits: f64) -> Result<(), E> {
        self.visit_str(&digits.to_string())
    }
}
