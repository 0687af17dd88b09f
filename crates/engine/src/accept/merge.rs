//! Fills a text for each recipient of a group from the fields of its contact.
//!
//! | placeholder | becomes |
//! |---|---|
//! | `{{name}}`, `{{fullname}}` | the contact's name |
//! | `{{firstname}}` | its first word |
//! | `{{street}}`, `{{zipcode}}`, `{{email}}`, `{{birthday}}`, `{{sex}}` | that field |
//! | any other | the field of that heading; capitals do not count, and a space in the heading is `_` |
//!
//! A value that a contact lacks is empty, or the fallback. A field that no contact of the message has is a mistake in
//! the text, and refused, unless it is one of those named above or has a fallback.

use std::sync::{Arc, Mutex, PoisonError};

use domain::account::contacts::Contact;
use domain::account::people::PERSON_FIELDS;
use domain::id::{AccountId, GroupId};
use domain::limits::{DIRECTORY_PAGE_ROWS, MERGED_TEXTS_OCTETS_MAX};
use domain::message::form::Form;
use domain::message::merged_texts::MergedTexts;
use domain::number::Msisdn;
use domain::ports::PortError;
use domain::sale::quote::{self, Limits, QuoteError, Size};

use tokio::sync::OwnedSemaphorePermit;

use super::render::{Field, Pieces, RenderError, Variables};
use super::{Accept, AcceptError};

const NAMES: [&str; 2] = ["name", "fullname"];
const FIRST_NAME: &str = "firstname";

/// The texts of all recipients, and the size of the longest.
pub(super) struct Merged {
    pub texts: MergedTexts,
    pub size: Size,
}

/// A campaign's place among those whose texts are in memory, until it is stored.
#[derive(Debug)]
pub(super) struct MergePlace(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Accept {
    /// The texts for these numbers, which are those of the group and others. Contacts are read by page: only the
    /// texts stay in memory.
    pub(super) async fn merge(
        &self,
        pieces: Pieces,
        (account, group): (AccountId, GroupId),
        numbers: &[Msisdn],
        (form, limits): (&Form, Limits),
    ) -> Result<(Merged, MergePlace), AcceptError> {
        let broke_off = |_| PortError::Unavailable("the work broke off".to_owned());
        let place = MergePlace(self.merges.clone().acquire_owned().await.map_err(broke_off)?);
        let filling = Arc::new(Mutex::new(Filling::new(pieces, form.clone(), limits)));
        let mut after = None;
        loop {
            let page = self.store.contacts(account, group, after, DIRECTORY_PAGE_ROWS).await?;
            let page = page.ok_or(AcceptError::NoSuchGroup)?;
            after = page.last().map(|contact| contact.number);
            let is_last = page.len() < DIRECTORY_PAGE_ROWS as usize;
            let filled = filling.clone();
            self.beside(page.len(), move || {
                let mut filling = filled.lock().unwrap_or_else(PoisonError::into_inner);
                page.iter().try_for_each(|contact| filling.add_contact(contact))
            })
            .await??;
            if is_last {
                break;
            }
        }
        let (numbers, filled) = (numbers.to_vec(), filling.clone());
        let merged = self
            .beside(numbers.len(), move || {
                let mut filling = filled.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(
                    &mut *filling,
                    Filling::new(Pieces::plain_text(String::new()), Form::Text, limits),
                )
                .finish(&numbers)
            })
            .await??;
        Ok((merged, place))
    }
}

/// The text for one contact.
///
/// # Errors
///
/// [`RenderError::Missing`] for a placeholder that is a mistake, as for a group.
pub fn fill_for_contact(text: &str, contact: &Contact) -> Result<String, RenderError> {
    let pieces = Pieces::of(text, &Variables::default())?;
    let unknown = |field: &&Field| {
        let is_known = is_usual(&field.name) || value_of(contact, &field.name).is_some();
        !is_known && field.fallback.is_none()
    };
    if let Some(field) = pieces.fields().find(unknown) {
        return Err(RenderError::Missing(field.name.clone()));
    }
    pieces.fill(|field| Ok(filled(field, Some(contact))))
}

struct Filling {
    pieces: Pieces,
    form: Form,
    limits: Limits,
    texts: MergedTexts,
    size: Size,
    /// Fields that some contact had.
    found: Vec<String>,
}

impl Filling {
    fn new(pieces: Pieces, form: Form, limits: Limits) -> Self {
        let size = Size { parts: 0, encoding: None };
        Self { pieces, form, limits, texts: MergedTexts::default(), size, found: Vec::new() }
    }

    fn add_contact(&mut self, contact: &Contact) -> Result<(), AcceptError> {
        for field in self.pieces.fields() {
            if value_of(contact, &field.name).is_some() && !self.found.contains(&field.name) {
                self.found.push(field.name.clone());
            }
        }
        self.add(contact.number.as_spelled_today(), Some(contact))
    }

    fn add(&mut self, number: Msisdn, contact: Option<&Contact>) -> Result<(), AcceptError> {
        let text = self.pieces.fill(|field| Ok(filled(field, contact)))?;
        let size = quote::size_of_text(&text, &self.form, self.limits);
        let size = size.map_err(|error| match error {
            // Of a text whose only field is a mistake.
            QuoteError::EmptyText => self.missing().unwrap_or_else(|| error.into()),
            error => error.into(),
        })?;
        if size.parts > self.size.parts {
            self.size = size;
        }
        self.texts.add(number, &text, size.parts);
        if self.texts.octets() > MERGED_TEXTS_OCTETS_MAX {
            return Err(RenderError::TooLarge.into());
        }
        Ok(())
    }

    /// A field that no contact so far has, and that has no fallback.
    fn missing(&self) -> Option<AcceptError> {
        let is_missing = |field: &&Field| {
            let is_known = is_usual(&field.name) || self.found.contains(&field.name);
            !is_known && field.fallback.is_none()
        };
        let field = self.pieces.fields().find(is_missing)?;
        Some(RenderError::Missing(field.name.clone()).into())
    }

    /// Numbers without a contact are sent the text without values.
    fn finish(mut self, numbers: &[Msisdn]) -> Result<Merged, AcceptError> {
        if let Some(missing) = self.missing() {
            return Err(missing);
        }
        self.texts = std::mem::take(&mut self.texts).sorted();
        let strangers: Vec<_> =
            numbers.iter().filter(|number| self.texts.get(**number).is_none()).copied().collect();
        for number in strangers {
            self.add(number, None)?;
        }
        // Also of a number that is not sent to any more.
        let size = if self.size.parts == 0 {
            return Err(QuoteError::NoRecipients.into());
        } else {
            self.size
        };
        Ok(Merged { texts: self.texts.sorted(), size })
    }
}

/// Every contact has these, be they empty.
fn is_usual(name: &str) -> bool {
    let usual = NAMES.iter().chain(&PERSON_FIELDS).chain(&[FIRST_NAME]);
    usual.into_iter().any(|usual| usual.eq_ignore_ascii_case(name))
}

fn filled<'a>(field: &'a Field, contact: Option<&'a Contact>) -> &'a str {
    let value = contact.and_then(|contact| value_of(contact, &field.name));
    value.or(field.fallback.as_deref()).unwrap_or_default()
}

/// `None` where it is missing or empty. An own field of the contact wins over what its name gives.
fn value_of<'a>(contact: &'a Contact, name: &str) -> Option<&'a str> {
    let own = contact.fields.get(name).or_else(|| {
        let mut fields = contact.fields.iter();
        fields.find(|(heading, _)| is_same(heading, name)).map(|(_, value)| value)
    });
    let own = own.map(|value| value.trim()).filter(|value| !value.is_empty());
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    own.or_else(|| {
        let full = contact.name.as_deref().map(str::trim)?;
        let value = if NAMES.iter().any(|known| is(known)) {
            full
        } else if is(FIRST_NAME) {
            full.split_whitespace().next()?
        } else {
            return None;
        };
        Some(value).filter(|value| !value.is_empty())
    })
}

/// Capitals do not count, and a space in the heading is `_`.
fn is_same(heading: &str, name: &str) -> bool {
    let lower = |text: &'_ str| text.to_lowercase();
    lower(heading).replace(' ', "_") == lower(name)
}

#[cfg(test)]
mod tests {
    use domain::limits::BULK_TEXT_CHARS_MAX;

    use super::*;

    const LIMITS: Limits =
        Limits { chars_max: BULK_TEXT_CHARS_MAX, parts_max: u8::MAX, recipients_max: 9 };

    fn contact(number: u64, name: Option<&str>, fields: &[(&str, &str)]) -> Contact {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let number = Msisdn::from_digits(number).unwrap();
        Contact { number, name: name.map(str::to_owned), fields: fields.collect() }
    }

    fn merged(text: &str, contacts: &[Contact], others: &[u64]) -> Result<Merged, AcceptError> {
        let mut variables = Variables::default();
        variables.set("shop".to_owned(), "{{name}} & Co".to_owned()).unwrap();
        let mut filling = Filling::new(Pieces::of(text, &variables).unwrap(), Form::Text, LIMITS);
        contacts.iter().try_for_each(|contact| filling.add_contact(contact))?;
        let others = others.iter().map(|number| Msisdn::from_digits(*number).unwrap());
        filling.finish(&others.collect::<Vec<_>>())
    }

    #[test]
    fn fills_each_text_from_its_contact() {
        let contacts = [
            contact(4_520_000_001, Some("Ida Bo Holm"), &[("City", "Odense"), ("zipcode", "5000")]),
            contact(4_520_000_002, Some(" "), &[("First name", "Kim")]),
        ];
        let text = "{{firstname|friend}}/{{Name}}/{{city|?}}/{{ZIPCODE}}/{{first_name}}/{{shop}}";
        let merged = merged(text, &contacts, &[4_520_000_001, 4_520_000_009]).unwrap();
        let text = |number| merged.texts.get(Msisdn::from_digits(number).unwrap()).unwrap().0;
        assert_eq!(text(4_520_000_001), "Ida/Ida Bo Holm/Odense/5000//{{name}} & Co");
        assert_eq!(text(4_520_000_002), "friend//?//Kim/{{name}} & Co");
        assert_eq!(text(4_520_000_009), "friend//?///{{name}} & Co");
    }

    #[test]
    fn a_field_that_no_contact_has_is_a_mistake() {
        let contacts = [contact(4_520_000_001, None, &[("city", "")])];
        for (text, missing) in [
            ("{{nmae}}", Some("nmae")),
            ("{{city}}", Some("city")),
            ("{{nmae|x}}", None),
            ("a{{name}}", None),
        ] {
            let found = merged(text, &contacts, &[]).err();
            let expected = missing.map(|name| RenderError::Missing(name.to_owned()).into());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn the_size_is_that_of_the_longest_text() {
        let long = "x".repeat(161);
        let contacts =
            [contact(4_520_000_001, Some("Ida"), &[]), contact(4_520_000_002, Some(&long), &[])];
        let merged = merged("{{name}}", &contacts, &[]).unwrap();
        let parts = |number| merged.texts.get(Msisdn::from_digits(number).unwrap()).unwrap().1;
        assert_eq!((parts(4_520_000_001), parts(4_520_000_002), merged.size.parts), (1, 2, 2));
        let too_long = [contact(4_520_000_001, Some(&"x".repeat(1_001)), &[])];
        assert!(matches!(
            super::tests::merged("{{name}}", &too_long, &[]),
            Err(AcceptError::Quote(_))
        ));
        let empty = [contact(4_520_000_001, None, &[])];
        let refused = super::tests::merged("{{name}}", &empty, &[]).err();
        assert_eq!(refused, Some(QuoteError::EmptyText.into()));
    }
}
