//! A number in E.164 as it is stored, routed and priced.
//!
//! The digits have the form of an international number; only `parse` checks its country's numbering plan. There is no
//! `Display`, and `Debug` shows only the calling code and the length.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::calling_code::{calling_code_digits, is_global_service};
use super::error::NumberError;

/// An E.164 number of 7 to 15 digits, calling code first, without `+`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(u64);

/// E.164 §6: at most 15 digits.
const LARGEST: u64 = 999_999_999_999_999;
/// The shortest numbers in use (Niue, Saint Helena) have 7 digits.
const SMALLEST: u64 = 1_000_000;

impl Msisdn {
    /// Converts the stored integer of an international number. For user input see [`super::parse`].
    ///
    /// # Errors
    ///
    /// [`NumberError::Invalid`] unless there are 7 to 15 digits.
    pub const fn from_digits(digits: u64) -> Result<Self, NumberError> {
        if digits < SMALLEST || digits > LARGEST {
            Err(NumberError::Invalid)
        } else {
            Ok(Self(digits))
        }
    }

    /// The digits as one integer: 4512345678. For storage and for doors that show no `+`.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// `+4512345678`.
    #[must_use]
    pub fn e164(self) -> String {
        format!("+{}", self.0)
    }

    /// Number of digits, 7 to 15.
    #[must_use]
    pub const fn digit_count(self) -> u32 {
        self.0.ilog10() + 1
    }

    /// The country calling code: 45, 66, 1.
    #[must_use]
    pub fn country_calling_code(self) -> u16 {
        let leading = u16::try_from(self.leading(3)).unwrap_or(0);
        u16::try_from(self.leading(calling_code_digits(leading))).unwrap_or(0)
    }

    /// The calling code, if it is that of a global service: satellite phones, free phone and premium rate of no country.
    #[must_use]
    pub fn global_service(self) -> Option<u16> {
        Some(self.country_calling_code()).filter(|code| is_global_service(*code))
    }

    /// The digits after the calling code, without leading zeros (as in Italy's fixed numbers).
    #[must_use]
    pub fn national(self) -> u64 {
        let leading = u16::try_from(self.leading(3)).unwrap_or(0);
        self.0 % 10u64.pow(self.digit_count() - calling_code_digits(leading))
    }

    /// Number of digits after the calling code.
    #[must_use]
    pub fn national_digits(self) -> u32 {
        let leading = u16::try_from(self.leading(3)).unwrap_or(0);
        self.digit_count() - calling_code_digits(leading)
    }

    /// The first `digits` digits as an integer, or all of them.
    #[must_use]
    pub const fn leading(self, digits: u32) -> u64 {
        self.0 / 10u64.pow(self.digit_count().saturating_sub(digits))
    }

    /// Whether the number begins with these digits, for routes and price lists. The empty prefix matches all numbers;
    /// a prefix with other characters matches none.
    #[must_use]
    pub fn digits_prefix_matches(self, prefix: &str) -> bool {
        if prefix.is_empty() {
            return true;
        }
        if prefix.len() > 15
            || prefix.starts_with('0')
            || !prefix.bytes().all(|byte| byte.is_ascii_digit())
        {
            return false;
        }
        let length = u32::try_from(prefix.len()).unwrap_or(u32::MAX);
        length <= self.digit_count() && prefix.parse() == Ok(self.leading(length))
    }

    /// The number's prefixes, longest first, for a longest-match lookup in a map keyed by integers:
    /// `45201 → 45201, 4520, 452, 45, 4`.
    pub fn prefixes(self) -> impl Iterator<Item = u64> {
        (1..=self.digit_count()).rev().map(move |digits| self.leading(digits))
    }
}

/// Reads stored digits: `4512345678`, nothing around them.
impl FromStr for Msisdn {
    type Err = NumberError;

    fn from_str(digits: &str) -> Result<Self, NumberError> {
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        match digits.parse() {
            Ok(digits) if plain => Self::from_digits(digits),
            _ => Err(NumberError::Invalid),
        }
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Msisdn(+{}, {} digits)", self.country_calling_code(), self.digit_count())
    }
}

impl Serialize for Msisdn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Msisdn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DigitsVisitor)
    }
}

struct DigitsVisitor;

impl de::Visitor<'_> for DigitsVisitor {
    type Value = Msisdn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of 7 to 15 digits")
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<Msisdn, E> {
        // Errors are logged, so they do not contain the value.
        digits.parse().map_err(|_| E::custom("expected a string of 7 to 15 digits"))
    }
}
