//! What became of a file: counts, and the first rows that could not be used. An operator finds a row by
//! its line; the report shows the shape of a value, not the value.

use domain::account::contacts::Contact;
use domain::number::NumberError;

/// Result of an upload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadReport {
    /// Rows, without the heading and empty ones.
    pub rows: u64,
    /// Numbers that were new to the group.
    pub added: u64,
    /// Numbers that were in the group, or earlier in the file.
    pub repeated: u64,
    pub invalid: u64,
    /// The first invalid rows.
    pub first_invalid: Vec<InvalidRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRow {
    /// Where it begins, from 1.
    pub line: u64,
    /// Digits as `9`, letters as `a` and `A`.
    pub shape: String,
    pub fault: RowFault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    #[error(transparent)]
    Number(NumberError),
    #[error("the row has more than {columns_max} values or {bytes_max} bytes")]
    TooLong { columns_max: usize, bytes_max: usize },
    #[error("the name has more than {} characters", Contact::NAME_CHARS_MAX)]
    NameTooLong,
    #[error("a value or heading has more than {} characters", Contact::FIELD_CHARS_MAX)]
    ValueTooLong,
}

/// Rows to report.
const INVALID_MAX: usize = 20;

const SHAPE_CHARS_MAX: usize = 40;

impl UploadReport {
    pub(super) fn add_invalid(&mut self, line: u64, value: &str, fault: RowFault) {
        self.invalid += 1;
        if self.first_invalid.len() < INVALID_MAX {
            self.first_invalid.push(InvalidRow { line, shape: shape(value), fault });
        }
    }
}

fn shape(value: &str) -> String {
    let redacted = |char: char| match char {
        char if char.is_numeric() => '9',
        char if char.is_uppercase() => 'A',
        char if char.is_alphabetic() => 'a',
        char if char.is_whitespace() => ' ',
        char if char.is_ascii_punctuation() => char,
        _ => '?',
    };
    value.chars().take(SHAPE_CHARS_MAX).map(redacted).collect()
}
