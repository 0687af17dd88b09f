//! The home country, whose national formats are accepted. It is configured for a door or an account; without one every
//! number is read as international.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::dial_out::dial_out;
use super::msisdn::Msisdn;

/// Calling codes of the countries in `plans` with the trunk prefix 0, and Colombia.
const TRUNK_ZERO: [u16; 35] = [
    20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 55, 57, 60, 61, 62, 63, 64, 66, 81, 82, 84, 86, 90,
    91, 92, 95, 234, 254, 353, 358, 380, 855, 856, 880,
];

/// A home country.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Home {
    pub(super) region: Region,
    pub(super) calling_code: u16,
    /// Whether national numbers may have the trunk prefix 0. Other trunk prefixes (Russia's 8, Hungary's 06) are
    /// handled by libphonenumber.
    pub(super) trunk_zero: bool,
    /// What is dialled before an international number.
    pub(super) dial_out: &'static [&'static str],
}

impl Home {
    /// The country of an ISO 3166-1 alpha-2 code in capitals (`TH`), if it has a numbering plan.
    #[must_use]
    pub fn from_iso(country: &str) -> Option<Self> {
        let region = Region::try_from(country).ok()?;
        let calling_code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
        let calling_code = u16::try_from(calling_code).ok()?;
        let dial_out = dial_out(country, calling_code);
        let trunk_zero = TRUNK_ZERO.contains(&calling_code);
        Some(Self { region, calling_code, trunk_zero, dial_out })
    }

    /// The country of a number, or the main one of several that share its calling code. `None` for global services.
    #[must_use]
    pub fn of(number: Msisdn) -> Option<Self> {
        if number.global_service().is_some() {
            return None;
        }
        let code = number.country_calling_code().into();
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(code)?;
        Self::from_iso(&region.to_string())
    }

    /// The country calling code: 66.
    #[must_use]
    pub const fn calling_code(self) -> u16 {
        self.calling_code
    }

    /// What is dialled here before an international number; `x` stands for any digit.
    #[must_use]
    pub const fn dial_out(self) -> &'static [&'static str] {
        self.dial_out
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Home({}, +{})", self.region, self.calling_code)
    }
}
