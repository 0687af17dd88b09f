//! Deserializes a value and reports all mistakes, not only the first: an unreadable part is recorded and removed, and the
//! rest is deserialized again.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeValue, Error, ValueDeserializer};

use super::line_of::line_at;
use super::mistake::{Mistake, Severity};

/// The value; `None` if it is unusable, such as when a required key is missing.
pub(super) fn read_all_errors<T: DeserializeOwned>(
    text: &str,
    mut value: Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<T> {
    // It terminates, because every round but the last removes an entry.
    loop {
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(read) => return Some(read),
            Err(error) => {
                mistakes.push(mistake(text, &error));
                let span = error.span()?;
                if !remove_entry(value.get_mut(), &span) {
                    return None;
                }
            }
        }
    }
}

pub(super) fn mistake(text: &str, error: &Error) -> Mistake {
    Mistake {
        severity: Severity::Error,
        line: error.span().map(|span| line_at(text, span.start)),
        text: error.message().replace('\n', "; "),
    }
}

/// Removes the innermost entry around `span`; false if there is none. A table's span is only its header, so its entries
/// are searched in any case.
fn remove_entry(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => {
            if table.iter_mut().any(|(_, inner)| remove_entry(inner.get_mut(), span)) {
                return true;
            }
            let key = table.iter().find_map(|(key, inner)| {
                (within(span, &key.span()) || within(span, &inner.span())).then(|| key.clone())
            });
            key.is_some_and(|key| table.remove(key.get_ref().as_ref()).is_some())
        }
        DeValue::Array(list) => {
            if list.iter_mut().any(|inner| remove_entry(inner.get_mut(), span)) {
                return true;
            }
            let before = list.len();
            let kept = std::mem::replace(list, DeArray::new()).into_iter();
            *list = kept.filter(|inner| !within(span, &inner.span())).collect();
            list.len() < before
        }
        _ => false,
    }
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
