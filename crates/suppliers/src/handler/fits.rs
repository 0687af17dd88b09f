//! Whether a number that a wholesaler lists can be the one that was asked for.

use std::time::Duration;

use domain::activation::CountryCode;
use domain::activation::country::Country;
use domain::activation::upstream::UpstreamAsk;
use domain::number::{Home, Msisdn};

use super::open_loans::{ListedEnd, OpenLoan};

/// Between the end that is listed and the one that was asked for, if its time zone is listed.
const END_APART: Duration = Duration::from_secs(60 * 60);

/// And if it is not.
const END_APART_UNZONED: Duration = Duration::from_secs(15 * 60 * 60);

/// Nothing that is listed contradicts it.
pub(super) fn fits(ask: &UpstreamAsk, listed: &OpenLoan) -> bool {
    let service = listed.service.as_deref().is_none_or(|it| it == ask.service.as_str());
    let country = match (listed.number, ask.country) {
        (Some(number), Some(country)) => !is_elsewhere(number, country),
        _ => true,
    };
    service && country && ends(ask, listed) != Some(false)
}

/// All that is asked for is listed.
pub(super) fn is_exact(ask: &UpstreamAsk, listed: &OpenLoan) -> bool {
    let service = listed.service.as_deref() == Some(ask.service.as_str());
    match ask.duration {
        None => service && listed.country.is_some() && listed.country == ask.country,
        Some(_) => service && ends(ask, listed) == Some(true),
    }
}

/// `None`: it is for one code, or the end is not listed.
fn ends(ask: &UpstreamAsk, listed: &OpenLoan) -> Option<bool> {
    let expected = ask.asked_at.after(ask.duration?);
    let (at, apart) = match ListedEnd::read(listed.end.as_deref()?)? {
        ListedEnd::Zoned(at) => (at, END_APART),
        ListedEnd::Unzoned(at) => (at, END_APART_UNZONED),
    };
    Some(at.since(expected).max(expected.since(at)) <= apart)
}

/// The number begins with another calling code than those of the country. Wholesalers write countries in
/// ways of their own, so what they write beside a number decides nothing.
pub(super) fn is_elsewhere(number: Msisdn, country: CountryCode) -> bool {
    let iso = Country::of(country).and_then(|country| country.iso);
    let home = iso.and_then(Home::from_iso);
    home.is_some_and(|home| home.calling_code() != number.country_calling_code())
}

#[cfg(test)]
mod tests {
    use domain::activation::SupplierName;
    use domain::activation::upstream::UpstreamKey;
    use domain::money::Msat;
    use domain::time::Timestamp;
    use serde_json::json;
    use uuid::Uuid;

    use super::super::open_loans::read_loan;
    use super::*;

    /// 2026-11-01 12:00 UTC.
    const NOON: Timestamp = Timestamp::from_millis(1_793_534_400_000);

    fn ask(hours: Option<u64>) -> UpstreamAsk {
        UpstreamAsk {
            key: UpstreamKey { supplier: SupplierName::new("north"), loan: Uuid::from_u128(1) },
            service: "tg".parse().unwrap(),
            country: Some(CountryCode(43)),
            duration: hours.map(|hours| Duration::from_secs(hours * 60 * 60)),
            cost_max: Msat::new(1),
            asked_at: NOON,
        }
    }

    #[test]
    fn the_number_says_its_country_and_not_what_is_written_beside_it() {
        for (number, country, fit, exact) in [
            ("4915112345678", json!("43"), true, true),
            ("4915112345678", json!("49"), true, false),
            ("4915112345678", json!("DE"), true, false),
            ("4915112345678", json!(null), true, false),
            ("380441234567", json!("43"), false, true),
            ("unreadable", json!("43"), true, true),
        ] {
            let entry = json!({
                "activationId": 1, "serviceCode": "tg", "phoneNumber": number, "countryCode": country,
            });
            let listed = read_loan(&entry).unwrap();
            let found = (fits(&ask(None), &listed), is_exact(&ask(None), &listed));
            assert_eq!(found, (fit, exact), "{entry}");
        }
        let other = read_loan(&json!({"activationId": 1, "serviceCode": "wa"})).unwrap();
        assert!(!fits(&ask(None), &other));
        assert!(!is_elsewhere("12025550123".parse().unwrap(), CountryCode(187)));
    }

    #[test]
    fn a_rental_ends_when_it_should_in_some_time_zone() {
        for (end, of_four_hours, of_a_month) in [
            ("2026-11-01T16:00:00+00:00", Some(true), Some(false)),
            ("2026-11-01T19:00:00+03:00", Some(true), Some(false)),
            ("2026-11-01T19:00:00+00:00", Some(false), Some(false)),
            ("2026-11-01 19:00:00", Some(true), Some(false)),
            ("2026-12-01T12:00:00", Some(false), Some(true)),
            ("soon", None, None),
        ] {
            let listed = read_loan(&json!({"id": 1, "endDate": end})).unwrap();
            assert_eq!(ends(&ask(Some(4)), &listed), of_four_hours, "{end}");
            assert_eq!(ends(&ask(Some(720)), &listed), of_a_month, "{end}");
            assert_eq!(ends(&ask(None), &listed), None);
        }
    }
}
