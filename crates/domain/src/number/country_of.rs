//! The country of a number.

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::Msisdn;
use super::own::Country;

impl Msisdn {
    /// The country that the number belongs to; `None` for networks without one (+881). Where several share a calling code
    /// (+1, +7, +44) a number of no known plan counts as the largest one's.
    #[must_use]
    pub fn country(self) -> Option<Country> {
        let code = i32::from(self.country_calling_code());
        let mut sharing = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code)?;
        let first = sharing.next()?;
        let region = if sharing.next().is_none() {
            first
        } else {
            let number = PHONE_NUMBER_UTIL.parse(self.e164(), None).ok()?;
            number.get_region_code().unwrap_or(first)
        };
        region.to_string().parse().ok()
    }
}
