//! Parses user input into E.164.
//!
//! | written | without home | home Thailand |
//! |---|---|---|
//! | `+66 81 234 5678`, `0066812345678` | +66812345678 | the same |
//! | `66812345678` | +66812345678 | the same |
//! | `0812345678`, `812345678` | refused | +66812345678 |
//! | `660812345678`, `+66 (0)81…` | +66812345678 | the same |
//! | `4520123456` | +4520123456 | +4520123456, because it is no Thai number |
//! | `001 45 20123456` | refused | +4520123456 |
//!
//! In which order digits are read stands in [`super::readings`].

use super::error::NumberError;
use super::msisdn::Msisdn;
use super::notation::Notation;
use super::readings::read;
use super::scan::scan;
use super::tidy::tidy;

/// Parses a number, in the spelling that is in use today. Fixed lines are accepted; premium-rate and shared-cost numbers
/// are not.
///
/// # Errors
///
/// [`NumberError`].
pub fn parse(input: &str, notation: Notation) -> Result<Msisdn, NumberError> {
    let number = match scan(input, notation.home) {
        Some(number) => number,
        None => read(&tidy(input)?, notation)?,
    };
    Ok(number.as_spelled_today())
}
