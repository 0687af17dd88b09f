//! Parses user input into E.164.
//!
//! | written | without home | home Thailand |
//! |---|---|---|
//! | `+66 81 234 5678`, `0066812345678` | +66812345678 | the same |
//! | `66812345678` | +66812345678 | the same |
//! | `0812345678`, `812345678` | refused | +66812345678 |
//! | `660812345678`, `+66 (0)81…` | +66812345678 | the same |
//!
//! Digits that begin with the home's calling code are read as international if that is a mobile number and the national
//! reading is not: `4916307088732` in Germany is a mobile number, although libphonenumber finds a fixed line of 13
//! digits in the area 04916.
//!
//! With a home, digits without `+` or `00` are never read as a foreign number: `4520123456` with home Thailand is an
//! error, not a Danish number.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

use super::error::{NumberError, WRITTEN_MAX};
use super::{home::Home, msisdn::Msisdn, scan::scan};

/// Parses a number. Every valid number is accepted, including fixed lines, except premium-rate and shared-cost numbers.
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

/// Parses with libphonenumber after normalising the input. libphonenumber alone would read letters as digits (0800
/// FLOWERS), drop extensions, and read `00` by each country's dialling rules.
fn parse_slowly(input: &str, home: Option<Home>) -> Result<Msisdn, NumberError> {
    let mut tidy = tidy(input)?;
    if let Some(international) = tidy.strip_prefix("00") {
        tidy = format!("+{international}");
    } else if home.is_none() && !tidy.starts_with('+') {
        tidy.insert(0, '+');
    }
    let plain = judge(&tidy, home.map(|home| home.region));
    match (home, plain) {
        (Some(home), plain) if plain.is_none_or(|judged| !judged.mobile) => {
            let coded = tidy.starts_with(home.calling_code.to_string().as_str());
            let mobile = || judge(&format!("+{tidy}"), None).filter(|judged| judged.mobile);
            coded.then(mobile).flatten().or(plain)
        }
        (_, plain) => plain,
    }
    .map_or(Err(NumberError::Invalid), |judged| {
        if judged.charged { Err(NumberError::Charged) } else { Ok(judged.number) }
    })
}

#[derive(Clone, Copy)]
struct Judged {
    number: Msisdn,
    mobile: bool,
    charged: bool,
}

/// libphonenumber's result for a normalised number, if it is valid.
fn judge(tidy: &str, region: Option<Region>) -> Option<Judged> {
    let number = PHONE_NUMBER_UTIL.parse(tidy, region).ok()?;
    if !number.is_valid() {
        return None;
    }
    let kind = number.get_type();
    Some(Judged {
        number: number.format_as(PhoneNumberFormat::E164).strip_prefix('+')?.parse().ok()?,
        mobile: matches!(kind, PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile),
        charged: matches!(kind, PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost),
    })
}

/// Converts digits of any script to ASCII, keeps a leading `+`, and drops separators.
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
