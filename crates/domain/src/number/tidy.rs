//! A number as written, without its separators.

use super::error::{NumberError, WRITTEN_MAX};

/// The digits in ASCII, and whether a `+` was before them.
#[derive(PartialEq, Eq)]
pub(super) struct Tidy {
    pub(super) plus: bool,
    pub(super) digits: String,
}

/// Converts digits of any script to ASCII, keeps a leading `+`, and drops separators. libphonenumber alone would read
/// letters as digits (0800 FLOWERS) and drop extensions.
pub(super) fn tidy(input: &str) -> Result<Tidy, NumberError> {
    let mut tidy = Tidy { plus: false, digits: String::with_capacity(20) };
    for (position, char) in input.chars().enumerate() {
        if position == WRITTEN_MAX {
            return Err(NumberError::TooLong);
        }
        match char {
            '+' | '\u{FF0B}' if tidy.digits.is_empty() && !tidy.plus => tidy.plus = true,
            char if is_mark(char) => {}
            char => tidy.digits.push(digit(char).ok_or(NumberError::Character { position })?),
        }
    }
    if tidy.digits.is_empty() { Err(NumberError::Empty) } else { Ok(tidy) }
}

/// Separators between digits: spaces, dashes, brackets, and the invisible direction marks of numbers copied from a
/// phone's contacts.
const fn is_mark(char: char) -> bool {
    matches!(
        char,
        ' ' | '\t' | '\u{A0}' | '\u{2009}' | '\u{202F}' | '\u{3000}'
            | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}'
            | '.' | '(' | ')' | '/'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
    )
}

fn digit(char: char) -> Option<char> {
    if char.is_ascii_digit() {
        return Some(char);
    }
    // The zeros of Arabic, Persian, Devanagari, Bengali, Thai, Lao, Myanmar, Khmer and full width.
    let zeros = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x0ED0, 0x1040, 0x17E0, 0xFF10];
    let code = u32::from(char);
    let value =
        zeros.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}
