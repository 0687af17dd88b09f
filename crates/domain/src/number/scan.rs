//! Fast path: converts the digits to an integer and looks it up in a table of valid mobile ranges.
//!
//! The result is a valid number or nothing. Everything else (fixed lines, small countries, unusual notation) is left to
//! libphonenumber. `tests/it/numbers.rs` checks that libphonenumber accepts the same numbers.

use super::dial_out::after;
use super::{home::Home, msisdn::Msisdn, plans, plans_nanp};

/// The input without separators.
struct Written {
    /// The digits as an integer.
    value: u64,
    /// Digits after the leading zeros.
    digits: u32,
    leading_zeros: u32,
    plus: bool,
}

/// More digits than any number has; further ones could overflow.
const DIGITS_MAX: u32 = 17;

fn read(input: &str) -> Option<Written> {
    let mut written = Written { value: 0, digits: 0, leading_zeros: 0, plus: false };
    for byte in input.bytes() {
        match byte {
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                if written.digits == 0 && digit == 0 {
                    written.leading_zeros += 1;
                    continue;
                }
                written.digits += 1;
                if written.digits > DIGITS_MAX {
                    return None;
                }
                written.value = written.value * 10 + digit;
            }
            b' ' | b'-' | b'.' | b'(' | b')' => {}
            b'+' if !written.plus && written.digits == 0 && written.leading_zeros == 0 => {
                written.plus = true;
            }
            _ => return None,
        }
    }
    Some(written)
}

/// The number, if it is in the table.
pub(super) fn scan(input: &str, home: Option<Home>) -> Option<Msisdn> {
    let Written { value, digits, leading_zeros, plus } = read(input)?;
    let international = || known(value).then(|| Msisdn::from_digits(value).ok()).flatten();
    let national = |home: Home| {
        let base = u64::from(home.calling_code).checked_mul(10u64.checked_pow(digits)?)?;
        let candidate = base.checked_add(value)?;
        known(candidate).then(|| Msisdn::from_digits(candidate).ok()).flatten()
    };
    // Where a prefix of the home begins like this, all its readings are compared.
    let is_dialled = |home: &Home| {
        let digits = format!("{:0>width$}{value}", "", width = leading_zeros as usize);
        home.dial_out.iter().any(|prefix| *prefix != "00" && after(&digits, prefix).is_some())
    };
    match (plus, leading_zeros, home) {
        (true, 0, _) | (false, 0, None) => international(),
        (false, 2, home) if !home.as_ref().is_some_and(is_dialled) => international(),
        (false, 1, Some(home)) if home.trunk_zero => national(home),
        (false, 0, Some(home)) => national(home).or_else(|| {
            let number = international()?;
            (number.country_calling_code() == home.calling_code).then_some(number)
        }),
        _ => None,
    }
}

/// Whether a number is in the table.
pub(super) fn known(number: u64) -> bool {
    plans_nanp::known(number) || {
        let above = plans::LOWEST.partition_point(|&lowest| lowest <= number);
        above > 0 && number <= plans::HIGHEST[above - 1]
    }
}
