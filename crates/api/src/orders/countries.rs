//! A country in a request of this door.

use domain::activation::country::Country;
use http::{QueryPairs, Refusal, bad_request};

/// The country that the parameter `country` names; `None` without one.
pub(super) fn read_country(query: &QueryPairs) -> Result<Option<&'static Country>, Refusal> {
    query.get("country").map(find_country).transpose()
}

pub(super) fn find_country(text: &str) -> Result<&'static Country, Refusal> {
    let unknown = || bad_request("there is no such country; /getCountries lists them");
    Country::find(text).ok_or_else(unknown)
}
