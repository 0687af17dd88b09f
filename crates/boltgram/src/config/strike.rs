//! Reads a value although parts of it are wrong: a part that cannot be read is noted and struck
//! out, and the rest is read again, so that every mistake is told and not only the first.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeValue, Error, ValueDeserializer};

use super::mistake::{Mistake, Weight};
use super::place::line_at;

/// The value, unless it is wrong as a whole (a key that must be there is missing).
pub(super) fn read_striking<T: DeserializeOwned>(
    text: &str,
    mut value: Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<T> {
    // Ends, because every round but the last takes something out.
    loop {
        match T::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(read) => return Some(read),
            Err(error) => {
                mistakes.push(told(text, &error));
                let span = error.span()?;
                if !strike(value.get_mut(), &span) {
                    return None;
                }
            }
        }
    }
}

pub(super) fn told(text: &str, error: &Error) -> Mistake {
    Mistake {
        weight: Weight::Wrong,
        line: error.span().map(|span| line_at(text, span.start)),
        text: error.message().replace('\n', "; "),
    }
}

/// Takes out the innermost entry around `span`; false when there is none. A table's own span is its
/// header alone, so its entries are looked through wherever it stands.
fn strike(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => {
            if table.iter_mut().any(|(_, inner)| strike(inner.get_mut(), span)) {
                return true;
            }
            let key = table.iter().find_map(|(key, inner)| {
                (within(span, &key.span()) || within(span, &inner.span())).then(|| key.clone())
            });
            key.is_some_and(|key| table.remove(key.get_ref().as_ref()).is_some())
        }
        DeValue::Array(list) => {
            if list.iter_mut().any(|inner| strike(inner.get_mut(), span)) {
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
