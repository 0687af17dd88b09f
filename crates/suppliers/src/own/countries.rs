//! Countries of numbers (ISO 3166-1) as those of activations, and back.

use domain::activation::CountryCode;
use domain::activation::country::Country as Sold;
use domain::number::own::Country;

/// The countries that a request names; for any, all that are sold. `None`: there are no numbers of it.
pub(super) fn named(country: Option<CountryCode>) -> Option<Vec<Country>> {
    let iso = |sold: &Sold| sold.iso?.parse().ok();
    match country {
        None => Some(Sold::all().iter().filter_map(iso).collect()),
        Some(code) => Some(vec![iso(Sold::of(code)?)?]),
    }
}

pub(super) fn code_of(country: Country) -> Option<CountryCode> {
    let iso = country.to_string();
    Sold::all().iter().find(|sold| sold.iso == Some(iso.as_str())).map(|sold| sold.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_both_ways() {
        let german = code_of("DE".parse().unwrap()).unwrap();
        assert_eq!(named(Some(german)), Some(vec!["DE".parse().unwrap()]));
        assert!(named(None).unwrap().len() > 150);
        assert_eq!(named(Some(CountryCode(60_000))), None);
        assert_eq!(code_of("AQ".parse().unwrap()), None);
    }
}
