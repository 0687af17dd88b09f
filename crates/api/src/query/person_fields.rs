//! What a call says about a contact: `fullname`, `street`, `zipcode`, `msisdn`, `email`, `birthday`, `sex`.

use std::collections::BTreeMap;

use domain::account::people::{BIRTHDAY, EMAIL, SEX, STREET, ZIP_CODE};
use domain::message::email::EmailAddress;
use engine::directory::{NewPerson, PersonError};
use jiff::civil::Date;

use super::answer::Failure;
use super::msisdn::read_number;
use super::named_objects::empty_contact;
use super::parameters::Parameters;
use crate::settings::DoorState;

pub(super) fn person_fields(
    door: &DoorState,
    parameters: &Parameters,
) -> Result<NewPerson, Failure> {
    let mut fields = BTreeMap::new();
    for name in [STREET, ZIP_CODE, EMAIL, BIRTHDAY, SEX] {
        let Some(value) = parameters.get(name) else { continue };
        if !fits(name, value) {
            return Err(Failure::echo(invalid(name), "contact", name, Some(value)));
        }
        fields.insert(name.to_owned(), value.to_owned());
    }
    let number = match parameters.get("msisdn") {
        None => None,
        Some(text) => Some(read_number(text, "contact", door.settings.numbers.without_home())?),
    };
    let name = parameters.get("fullname").map(str::to_owned);
    Ok(NewPerson { name, number, fields })
}

fn fits(name: &str, value: &str) -> bool {
    match name {
        EMAIL => value.parse::<EmailAddress>().is_ok(),
        BIRTHDAY => value.parse::<i64>().is_ok() || value.parse::<Date>().is_ok(),
        SEX => matches!(value, "1" | "2"),
        _ => true,
    }
}

fn invalid(name: &str) -> &'static str {
    match name {
        EMAIL => "EMAIL_INVALID",
        BIRTHDAY => "BIRTHDAY_INVALID",
        _ => "SEX_INVALID",
    }
}

pub(super) fn not_stored(error: PersonError, parameters: &Parameters) -> Failure {
    let reason = error.to_string();
    match error {
        PersonError::NoName => Failure::echo("FULLNAME_EMPTY", "contact", "fullname", None),
        PersonError::NameTooLong => {
            let name = parameters.get("fullname");
            Failure::echo("FULLNAME_LONG", "contact", "fullname", name).because(reason)
        }
        PersonError::ValueTooLong { .. } | PersonError::TooManyFields => {
            Failure::new("FIELD_LONG").because(reason)
        }
        PersonError::NoSuchContact => empty_contact(parameters),
        PersonError::NumberTaken => {
            let number = parameters.get("msisdn");
            Failure::echo("MSISDN_EXISTS", "contact", "msisdn", number).because(reason)
        }
        PersonError::TooMany => Failure::new("TOO_MANY_CONTACTS").because(reason),
        PersonError::Store(source) => source.into(),
    }
}
