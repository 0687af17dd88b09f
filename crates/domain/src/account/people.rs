//! The address book of an account: people with a name, who may have a number, in any number of its groups.
//!
//! Groups hold numbers (see [`super::contacts`]). A person with a number is in a group by that number, with a copy
//! of name and fields, so that sending to a group reads one list; a contact that came with a file is in its groups
//! alone, and becomes a person when somebody edits it.

use std::collections::BTreeMap;
use std::fmt;

use crate::id::{GroupId, PersonId};
use crate::number::Msisdn;

/// Fields with a meaning of their own. A file's columns with these headings, in any case, are the same fields.
pub const STREET: &str = "street";
pub const ZIP_CODE: &str = "zipcode";
pub const EMAIL: &str = "email";
/// Seconds since 1970, or a date as `1980-12-31`.
pub const BIRTHDAY: &str = "birthday";
/// `1` male, `2` female.
pub const SEX: &str = "sex";

pub const PERSON_FIELDS: [&str; 5] = [STREET, ZIP_CODE, EMAIL, BIRTHDAY, SEX];

/// The field that a column's heading means, if it is one of [`PERSON_FIELDS`].
#[must_use]
pub fn field_of_heading(heading: &str) -> Option<&'static str> {
    PERSON_FIELDS.into_iter().find(|field| heading.eq_ignore_ascii_case(field))
}

/// Names a contact: a person by id, or anybody in the directory by number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ContactRef {
    Person(PersonId),
    Number(Msisdn),
}

/// No number has fewer than 7 digits, or more than 15.
const NUMBER_MIN: i64 = 1_000_000;
const ABOVE_NUMBERS: i64 = 1_000_000_000_000_000;

impl ContactRef {
    /// Reads the integer that [`ContactRef::shown`] wrote.
    #[must_use]
    pub fn read(shown: i64) -> Option<Self> {
        match shown {
            ..=0 => None,
            id if id < NUMBER_MIN => Some(Self::Person(PersonId(id))),
            id if id >= ABOVE_NUMBERS => Some(Self::Person(PersonId(id - ABOVE_NUMBERS))),
            number => {
                let number = u64::try_from(number).ok()?;
                Msisdn::from_digits(number).ok().map(Self::Number)
            }
        }
    }

    /// One integer for both: the number, or an id that cannot be one. It fits in a double.
    #[must_use]
    pub fn shown(self) -> i64 {
        match self {
            Self::Person(PersonId(id)) if id < NUMBER_MIN => id,
            Self::Person(PersonId(id)) => ABOVE_NUMBERS + id,
            Self::Number(number) => i64::try_from(number.digits()).unwrap_or(0),
        }
    }
}

impl fmt::Debug for ContactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "ContactRef({})", id.0),
            Self::Number(number) => write!(f, "ContactRef({number:?})"),
        }
    }
}

/// What a request says about a person; what it does not say stays as it is. Not for logs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonChange {
    pub name: Option<String>,
    pub number: Option<Msisdn>,
    pub fields: BTreeMap<String, String>,
}

impl fmt::Debug for PersonChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonChange({:?}, …)", self.number)
    }
}

/// A contact as the directory knows it. Not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundContact {
    /// `None`: it came with a file, and is in groups alone; then it has a number.
    pub id: Option<PersonId>,
    pub number: Option<Msisdn>,
    pub name: Option<String>,
    pub fields: BTreeMap<String, String>,
    /// By id.
    pub groups: Vec<GroupId>,
}

impl FoundContact {
    /// What names it; `None` of nobody.
    #[must_use]
    pub fn named(&self) -> Option<ContactRef> {
        self.id.map(ContactRef::Person).or_else(|| self.number.map(ContactRef::Number))
    }
}

impl fmt::Debug for FoundContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FoundContact({:?}, …)", self.named())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_a_number_are_never_the_same_integer() {
        let number = |digits| ContactRef::Number(Msisdn::from_digits(digits).unwrap());
        for (named, shown) in [
            (ContactRef::Person(PersonId(1)), 1),
            (ContactRef::Person(PersonId(999_999)), 999_999),
            (ContactRef::Person(PersonId(1_000_000)), 1_000_000_001_000_000),
            (number(1_000_000), 1_000_000),
            (number(4_520_123_456), 4_520_123_456),
            (number(999_999_999_999_999), 999_999_999_999_999),
        ] {
            assert_eq!((named.shown(), ContactRef::read(shown)), (shown, Some(named)));
        }
        assert_eq!((ContactRef::read(0), ContactRef::read(-1)), (None, None));
    }

    #[test]
    fn headings_are_read_in_any_case() {
        assert_eq!(field_of_heading("ZipCode"), Some(ZIP_CODE));
        assert_eq!(field_of_heading("city"), None);
    }

    #[test]
    fn a_contact_tells_logs_nothing() {
        let name = Some("Ida".to_owned());
        let number = Msisdn::from_digits(4_520_123_456).ok();
        let change = PersonChange { name: name.clone(), number, ..PersonChange::default() };
        let (id, fields, groups) = (None, BTreeMap::new(), Vec::new());
        let found = FoundContact { id, number, name, fields, groups };
        let shown = format!("{change:?} {found:?}");
        assert!(!shown.contains("Ida") && !shown.contains("20123456"), "{shown}");
    }
}
