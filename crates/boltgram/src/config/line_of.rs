//! Finds the line of a key in the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line (from 1) of a byte.
pub(super) fn line_at(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().iter().take(byte);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// The line of a dotted `path` with list positions from 0 (`carriers.1.port`), or of its closest parent in the file;
/// `None` if there is none.
pub(super) fn line_of(text: &str, file: &DeTable<'_>, path: &str) -> Option<usize> {
    let mut steps = path.split('.');
    let (key, mut value) = file.get_key_value(steps.next()?)?;
    let mut span: Range<usize> = match value.get_ref() {
        // For a section, the line of its header.
        DeValue::Table(_) | DeValue::Array(_) => value.span(),
        _ => key.span(),
    };
    for step in steps {
        let Some((place, inner)) = descend(value.get_ref(), step) else { break };
        (span, value) = (place, inner);
    }
    Some(line_at(text, span.start))
}

fn descend<'a, 'i>(
    value: &'a DeValue<'i>,
    step: &str,
) -> Option<(Range<usize>, &'a Spanned<DeValue<'i>>)> {
    match value {
        DeValue::Table(table) => table.get_key_value(step).map(|(key, inner)| (key.span(), inner)),
        DeValue::Array(list) => {
            let inner = list.get(step.parse::<usize>().ok()?)?;
            Some((inner.span(), inner))
        }
        _ => None,
    }
}
