//! The order in which digits are read as a number. One function, without state; the first reading that holds wins.
//!
//! | | written | read as | must be |
//! |---|---|---|---|
//! | 1 | `+` and digits | international | possible |
//! | 2 | no home: `00` and digits | international, after the `00` | possible |
//! | 3 | no home: digits | international | possible |
//! | 4 | home: digits | national, with or without trunk prefix, or after the home's calling code | valid |
//! | 5 | home: one of its dial-out prefixes and digits | international, after the prefix | possible |
//! | 6 | home: `00` and digits, where `00` is none of its prefixes | international, after the `00` | possible |
//! | 7 | home: digits | international, as our own answers print numbers | valid |
//!
//! *Possible* is *valid* with [`Accept::Valid`]. Two more rules:
//!
//! - In 4, digits that begin with the home's calling code are international if that is a mobile number and the national
//!   reading is not: `4916307088732` in Germany is a mobile number, although there is a fixed line of 13 digits in the
//!   area 04916.
//! - In 5, a valid number wins over one that is only possible, and readings that differ otherwise are refused: a stranger
//!   would get the message. So is a number that is only possible where 6 gives a valid one: `0012025550123` in Thailand
//!   is 001 and an unassigned Egyptian number, or 00 and an American one. A valid number of the home itself wins.

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat,
    PhoneNumberType,
};

use super::dial_out::after;
use super::error::NumberError;
use super::home::Home;
use super::msisdn::Msisdn;
use super::notation::{Accept, Notation};
use super::tidy::Tidy;

/// What a reading found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) number: Msisdn,
    /// In an assigned range; otherwise it is only possible.
    pub(super) valid: bool,
    pub(super) mobile: bool,
    /// Its caller is charged.
    charged: bool,
}

/// Reads digits by the table above.
pub(super) fn read(written: &Tidy, notation: Notation) -> Result<Msisdn, NumberError> {
    let digits = written.digits.as_str();
    let abroad = |digits: &str| {
        international(digits).filter(|read| read.valid || notation.accept == Accept::Possible)
    };
    let judged = match notation.home {
        _ if written.plus => abroad(digits),
        None => abroad(digits.strip_prefix("00").unwrap_or(digits)),
        Some(home) => match national(digits, home) {
            Some(judged) => Some(judged),
            None => match dialled(digits, home, abroad)? {
                Some(judged) => Some(judged),
                None => international(digits).filter(|read| {
                    // Nobody lists satellite phones without a +.
                    read.valid && read.number.global_service().is_none()
                }),
            },
        },
    };
    match judged {
        None => Err(NumberError::Invalid),
        Some(judged) if judged.charged => Err(NumberError::Charged),
        Some(judged) => Ok(judged.number),
    }
}

/// Row 4.
pub(super) fn national(digits: &str, home: Home) -> Option<Judged> {
    let plain = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(home.region)).ok();
    // libphonenumber reads dial-out prefixes too, by patterns that are wider than what is in use.
    let plain =
        plain.filter(|read| read.country_code_source() != CountryCodeSource::FromNumberWithIdd);
    let plain = plain.and_then(|read| judge(&read)).filter(|judged| judged.valid);
    let plain = plain.or_else(|| after_trunk(digits, home));
    if plain.is_some_and(|judged| judged.mobile) {
        return plain;
    }
    if !digits.starts_with(home.calling_code.to_string().as_str()) {
        return plain;
    }
    international(digits).filter(|judged| judged.valid && judged.mobile).or(plain)
}

/// The digits after a trunk 0 that libphonenumber takes for the beginning of a carrier's code (Colombia's 03…).
fn after_trunk(digits: &str, home: Home) -> Option<Judged> {
    let rest = digits.strip_prefix('0').filter(|rest| home.trunk_zero && !rest.starts_with('0'))?;
    international(&format!("{}{rest}", home.calling_code)).filter(|judged| judged.valid)
}

/// Rows 5 and 6.
fn dialled(
    digits: &str,
    home: Home,
    abroad: impl Fn(&str) -> Option<Judged>,
) -> Result<Option<Judged>, NumberError> {
    let prefixes = home.dial_out.iter();
    let mut own: Vec<_> = prefixes.filter_map(|prefix| abroad(after(digits, prefix)?)).collect();
    if own.iter().any(|judged| judged.valid) {
        own.retain(|judged| judged.valid);
    }
    own.dedup_by_key(|judged| judged.number);
    let plain = || after(digits, "00").and_then(&abroad);
    match own[..] {
        [] => Ok(plain()),
        [one] if one.valid => Ok(Some(one)),
        [one] => match plain().filter(|plain| plain.valid) {
            Some(plain) if plain.number.country_calling_code() == home.calling_code => {
                Ok(Some(plain))
            }
            Some(_) => Err(NumberError::Ambiguous),
            None => Ok(Some(one)),
        },
        _ => Err(NumberError::Ambiguous),
    }
}

/// A possible number of any country, calling code first.
pub(super) fn international(digits: &str) -> Option<Judged> {
    let read = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    judge(&read)
}

/// Judges the number in today's spelling.
fn judge(read: &PhoneNumber) -> Option<Judged> {
    let written = e164(read)?;
    let today = written.as_spelled_today();
    if today == written {
        return judge_as_it_is(read, written);
    }
    let respelled = PHONE_NUMBER_UTIL.parse(today.e164(), None).ok()?;
    judge_as_it_is(&respelled, today)
}

fn e164(read: &PhoneNumber) -> Option<Msisdn> {
    read.format_as(PhoneNumberFormat::E164).strip_prefix('+')?.parse().ok()
}

fn judge_as_it_is(read: &PhoneNumber, number: Msisdn) -> Option<Judged> {
    let valid = read.is_valid();
    if !valid && read.is_possible_with_reason() != Ok(NumberLengthType::IsPossible) {
        return None;
    }
    let kind = if valid { read.get_type() } else { PhoneNumberType::Unknown };
    let charged = if valid { is_charged(kind) } else { is_in_charged_range(read) };
    Some(Judged {
        number,
        valid,
        mobile: matches!(kind, PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile),
        // Global services are a matter of routes.
        charged: charged && number.global_service().is_none(),
    })
}

const fn is_charged(kind: PhoneNumberType) -> bool {
    matches!(kind, PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost)
}

/// Digits that follow a lead, for samples of its range.
const SAMPLES: [u64; 4] = [222_222_222_222_222, 555_555_555_555_555, 123_456_789_123_456, 0];

/// Whether the assigned numbers that share its first digits charge their callers: a number that is only possible
/// (`+1 900 123 4567`) has no type of its own.
fn is_in_charged_range(read: &PhoneNumber) -> bool {
    let digits = read.get_national_significant_number();
    let digit_count = u32::try_from(digits.len()).unwrap_or(0);
    [3u32, 4].into_iter().filter(|lead| *lead < digit_count).any(|lead| {
        let power = 10u64.pow(digit_count - lead);
        let sample = |rest: &u64| {
            let national_number = read.national_number / power * power + rest % power;
            PhoneNumber { national_number, ..read.clone() }
        };
        let valid = SAMPLES.iter().map(sample).filter(PhoneNumber::is_valid);
        let mut kinds = valid.map(|sample| sample.get_type()).peekable();
        kinds.peek().is_some() && kinds.all(is_charged)
    })
}
