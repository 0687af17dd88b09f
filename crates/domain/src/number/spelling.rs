//! One subscriber, several spellings: numbers whose plan changed while the old form stayed on the wire and in lists, and
//! source addresses that carriers write in national form.
//!
//! | country | legacy form | today's form |
//! |---|---|---|
//! | Argentina | `54`, area and number (10 digits) | `54 9`, area and number |
//! | Benin (2024) | `229` and 8 digits of a fixed or mobile number | `229 01` and the 8 digits |
//! | Brazil (2012 to 2016) | `55` area and 8 digits that begin with 6, 8 or 9 | `55` area, `9` and the 8 digits |
//! | Côte d'Ivoire (2021) | `225` and 8 digits of a mobile number | `225`, `01`, `05` or `07` by the second digit, and the 8 digits |
//! | Mexico (2019) | `52 1` and 10 digits | `52` and the 10 digits |
//! | Viet Nam (2018) | `84` and 10 digits that begin with 12, 16, 18 or 199 | `84` and 9 digits |
//!
//! Everything that is stored, compared or sent has today's form, so that it makes no difference which form a carrier, a
//! customer or a list uses. In Brazil numbers of 8 digits that begin with 7 are left alone: some of them never got the
//! ninth digit. In Argentina a fixed line and a mobile number differ only by the 9; a text goes to the mobile one.

use super::home::Home;
use super::msisdn::Msisdn;
use super::notation::Notation;
use super::parse::parse;
use super::readings::{Judged, international, national};
use super::scan::scan;

impl Msisdn {
    /// The number in the form that is in use today.
    #[must_use]
    pub fn as_spelled_today(self) -> Self {
        let (code, national, digits) =
            (self.country_calling_code(), self.national(), self.national_digits());
        let today = match (code, digits) {
            (54, 10) if matches!(national / 1_000_000_000, 1..=3) => 549 * TEN + national,
            (229, 8) if matches!(national / 10_000_000, 2 | 4 | 5 | 6 | 9) => {
                22_901 * 100_000_000 + national
            }
            (55, 10) if matches!(national / 10_000_000 % 10, 6 | 8 | 9) => {
                let (area, rest) = (national / 100_000_000, national % 100_000_000);
                ((55 * 100 + area) * 10 + 9) * 100_000_000 + rest
            }
            (225, 8) if !matches!(national / 10_000_000, 2 | 3) => {
                let network = match national / 1_000_000 % 10 {
                    0..=3 => 1,
                    4..=6 => 5,
                    _ => 7,
                };
                (22_500 + network) * 100_000_000 + national
            }
            (52, 11) if national / TEN == 1 => 52 * TEN + national % TEN,
            (84, 10) => return self.vietnamese_of_nine_digits().unwrap_or(self),
            _ => return self,
        };
        Self::from_digits(today).unwrap_or(self)
    }

    /// By the networks' tables of September 2018; `0120` became `070`.
    fn vietnamese_of_nine_digits(self) -> Option<Self> {
        let (lead, rest) = (self.national() / 10_000_000, self.national() % 10_000_000);
        let lead = match lead {
            120 => 70,
            121 => 79,
            122 => 77,
            123 => 83,
            124 => 84,
            125 => 85,
            126 => 76,
            127 => 81,
            128 => 78,
            129 => 82,
            162..=169 => lead - 130,
            186 => 56,
            188 => 58,
            199 => 59,
            _ => return None,
        };
        Self::from_digits((84 * 100 + lead) * 10_000_000 + rest).ok()
    }
}

const TEN: u64 = 10_000_000_000;

/// How a carrier declares an address (SMPP 3.4 §5.2.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum AddressKind {
    International,
    /// Without the calling code, perhaps with the trunk prefix.
    National,
    /// A name: no number, whatever its characters.
    Alphanumeric,
    /// Everything else: either of the first two, or a short code.
    #[default]
    Unknown,
}

/// The subscriber that an address of a carrier means; `home` is the country of the carrier or of the number that was
/// written to. `None` for a name, a short code, and a national number of an unknown country.
///
/// | declared as | read as |
/// |---|---|
/// | international | after `+` or `00`, whatever its country's plan says; as national if it is no possible number |
/// | national | of the country, if its plan has such a number; else as if nothing were declared |
/// | unknown | national if that is a valid number, but international if only that is a mobile number; else as international |
pub fn subscriber(address: &str, kind: AddressKind, home: Option<Home>) -> Option<Msisdn> {
    let bare = address.strip_prefix('+').unwrap_or(address);
    if kind == AddressKind::Alphanumeric
        || bare.is_empty()
        || !bare.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let is_international = kind == AddressKind::International || bare.len() < address.len();
    let country = home.filter(|_| bare.len() >= NATIONAL_DIGITS_MIN);
    let home = country.filter(|_| !is_international);
    // Most of them.
    if kind != AddressKind::National
        && let Some(known) = scan(bare, home)
    {
        return Some(known.as_spelled_today());
    }
    // Some centres declare a national number as international.
    let is_mistaken = || {
        let has_prefix = bare.len() < address.len() || bare.starts_with("00");
        !has_prefix && international(bare).is_none()
    };
    if kind == AddressKind::International
        && let Some(country) = country
        && is_mistaken()
        && let Some(found) = national_of(bare, country)
    {
        return Some(found.as_spelled_today());
    }
    let as_written = || {
        let digits = if is_international { bare.strip_prefix("00").unwrap_or(bare) } else { bare };
        digits.parse::<Msisdn>().ok()
    };
    let found = match home {
        None if kind == AddressKind::National => None,
        None => international_of(bare).or_else(as_written),
        Some(home) => match kind {
            AddressKind::National => national_of(bare, home).or_else(|| read(bare, home)),
            _ => read(bare, home).or_else(as_written),
        },
    };
    found.map(Msisdn::as_spelled_today)
}

/// Shorter addresses are short codes.
const NATIONAL_DIGITS_MIN: usize = 6;

/// Digits with a trunk zero after the calling code, as libphonenumber mends them.
fn international_of(bare: &str) -> Option<Msisdn> {
    let digits = bare.strip_prefix("00").unwrap_or(bare);
    international(digits).filter(|read| read.valid).map(|read| read.number)
}

/// A national number that is valid, or possible in its country.
fn national_of(bare: &str, home: Home) -> Option<Msisdn> {
    let valid = national(bare, home).map(|read| read.number);
    let possible = || {
        let digits = if home.trunk_zero { bare.strip_prefix('0').unwrap_or(bare) } else { bare };
        let read = international(&format!("{}{digits}", home.calling_code))?;
        (read.number.country_calling_code() == home.calling_code).then_some(read.number)
    };
    valid.or_else(possible)
}

fn read(bare: &str, home: Home) -> Option<Msisdn> {
    let here = national(bare, home);
    let abroad = || international(bare).filter(|read| read.valid);
    let is_mobile = |read: &Judged| read.mobile;
    let found = here.filter(is_mobile).or_else(|| abroad().filter(is_mobile)).or(here);
    found.map(|read| read.number).or_else(|| parse(bare, Notation::of(Some(home))).ok())
}
