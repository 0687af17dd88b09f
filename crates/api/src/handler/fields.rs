//! Parameters that several actions read, and values that several write.

use std::time::Duration;

use domain::activation::country::{AUTO_SELECT, Country};
use domain::activation::service::Service;
use domain::activation::{CountryCode, NumberRequest, RentalTerm, ServiceCode};
use domain::limits::{RENTAL_MAX, RENTAL_MIN};
use domain::time::Timestamp;

use super::answer::Failure;
use super::call::Call;

/// Hours of a rental that does not say how long.
const RENT_HOURS: u64 = 4;

/// `None`: any. Other clients leave it out, or send the code of *Auto-Select*.
pub(super) fn read_country(call: &Call) -> Result<Option<CountryCode>, Failure> {
    let Some(text) = call.get("country") else { return Ok(None) };
    if text.eq_ignore_ascii_case("any") {
        return Ok(None);
    }
    let found = Country::find(text).ok_or_else(|| Failure::word("WRONG_COUNTRY"))?;
    Ok(Some(found.code).filter(|code| *code != AUTO_SELECT))
}

/// By code; names are for people.
pub(super) fn read_service(text: Option<&str>) -> Result<ServiceCode, Failure> {
    // `_0` and `_1` say whether calls are forwarded.
    let code = text.map(|text| text.strip_suffix("_0").unwrap_or(text));
    let code = code.and_then(|text| text.parse::<ServiceCode>().ok());
    let known = code.filter(|code| Service::of(code).is_some());
    known.ok_or_else(|| Failure::word("BAD_SERVICE"))
}

/// A service that one code is for: the whole number is only rented.
pub(super) fn read_code_service(text: Option<&str>) -> Result<ServiceCode, Failure> {
    let service = read_service(text)?;
    if service.is_full() { Err(Failure::word("BAD_SERVICE")) } else { Ok(service) }
}

/// `rent_time`, or `time` of older clients.
pub(super) fn read_duration(call: &Call) -> Result<Duration, Failure> {
    let hours = match call.get("rent_time").or_else(|| call.get("time")) {
        None => RENT_HOURS,
        Some(text) => text.parse().map_err(|_| Failure::word("INVALID_TIME"))?,
    };
    let duration = Duration::from_secs(u64::saturating_mul(hours, 60 * 60));
    if !(RENTAL_MIN..=RENTAL_MAX).contains(&duration) {
        return Err(Failure::word("INVALID_TIME"));
    }
    Ok(duration)
}

pub(super) fn for_rent(
    service: ServiceCode,
    country: Option<CountryCode>,
    duration: Duration,
) -> NumberRequest {
    let rental = Some(RentalTerm { duration, extends: None });
    NumberRequest { rental, ..NumberRequest::for_code(service, country) }
}

/// `2026-11-30 12:00:00`, in UTC.
pub(super) fn date_time(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-11-30T12:00:00+00:00`.
pub(super) fn end_date(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        let noon = Timestamp::from_millis(1_793_534_400_999);
        assert_eq!(date_time(noon), "2026-11-01 12:00:00");
        assert_eq!(end_date(noon), "2026-11-01T12:00:00+00:00");
    }

    #[test]
    fn a_service_is_known_by_its_code() {
        assert_eq!(read_service(Some("tg")).unwrap().as_str(), "tg");
        assert_eq!(read_service(Some("tg_0")).unwrap().as_str(), "tg");
        for wrong in [None, Some(""), Some("Telegram"), Some("zzzz"), Some("tg_1")] {
            assert_eq!(read_service(wrong), Err(Failure::word("BAD_SERVICE")), "{wrong:?}");
        }
        assert!(read_service(Some("full")).unwrap().is_full());
        assert_eq!(read_code_service(Some("full")), Err(Failure::word("BAD_SERVICE")));
        assert_eq!(read_code_service(Some("tg")), read_service(Some("tg")));
    }
}
