//! What people and programs write, to E.164.
//!
//! | written | without home | home Thailand |
//! |---|---|---|
//! | `+66 81 234 5678`, `0066812345678` | +66812345678 | the same |
//! | `66812345678` | +66812345678 | the same |
//! | `0812345678`, `812345678` | refused | +66812345678 |
//! | `660812345678`, `+66 (0)81…` | +66812345678 | the same |
//!
//! With a home, digits without `+` or `00` are never taken for a foreign number: `4520123456` sent
//! from Thailand is a mistake, not Denmark.

use std::borrow::Cow;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

use super::{home::Home, msisdn::Msisdn, scan::scan};

/// Why something is not a number that can be sent to. The number itself is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// There is no digit in it.
    #[error("the number is empty")]
    Empty,
    /// It has a letter or another character that numbers are not written with.
    #[error("the number has a character that does not belong at position {position}")]
    Character {
        /// Characters before it.
        position: usize,
    },
    /// It has more characters than any way of writing a number takes.
    #[error("the number is longer than {WRITTEN_MAX} characters")]
    TooLong,
    /// No country has such a number, or not the home country.
    #[error("no such number exists in its country's numbering plan")]
    Invalid,
    /// A premium-rate or shared-cost number: whoever reaches it pays its owner.
    #[error("premium-rate and shared-cost numbers are not sent to")]
    Charged,
}

/// Characters a number may be written with, marks included.
const WRITTEN_MAX: usize = 40;

/// Reads a number. Any valid number is accepted, fixed lines too, but premium-rate and shared-cost
/// ones.
///
/// # Errors
///
/// [`NumberError`].
pub fn parse(input: &str, home: Option<Home>) -> Result<Msisdn, NumberError> {
    match scan(input, home) {
        Some(number) => Ok(number),
        None => parse_slowly(input, home),
    }
}

/// The way of libphonenumber, after the writing is tidied: it would take letters for digits (0800
/// FLOWERS), drop an extension, and read `00` by each country's own dialling rules.
fn parse_slowly(input: &str, home: Option<Home>) -> Result<Msisdn, NumberError> {
    let mut tidy = tidy(input)?;
    if let Some(international) = tidy.strip_prefix("00") {
        tidy = format!("+{international}");
    } else if home.is_none() && !tidy.starts_with('+') {
        tidy.insert(0, '+');
    }
    let number = PHONE_NUMBER_UTIL
        .parse(&tidy, home.map(|home| home.region))
        .map_err(|_| NumberError::Invalid)?;
    if !number.is_valid() {
        return Err(NumberError::Invalid);
    }
    if matches!(number.get_type(), PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost) {
        return Err(NumberError::Charged);
    }
    let e164: Cow<'_, str> = number.format_as(PhoneNumberFormat::E164);
    e164.strip_prefix('+').and_then(Msisdn::from_digits).ok_or(NumberError::Invalid)
}

/// Digits of any script to ASCII, with a `+` before them where one is written; marks dropped.
fn tidy(input: &str) -> Result<String, NumberError> {
    let mut tidy = String::with_capacity(20);
    for (position, char) in input.chars().enumerate() {
        if position == WRITTEN_MAX {
            return Err(NumberError::TooLong);
        }
        match char {
            '+' | '\u{FF0B}' if tidy.is_empty() => tidy.push('+'),
            char if is_mark(char) => {}
            char => tidy.push(digit(char).ok_or(NumberError::Character { position })?),
        }
    }
    if tidy.trim_start_matches('+').is_empty() { Err(NumberError::Empty) } else { Ok(tidy) }
}

/// What stands between digits: spaces, dashes, brackets, and the invisible direction marks that
/// come along when a number is copied from a telephone's contacts.
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
