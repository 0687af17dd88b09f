//! `Retry-After`: seconds, or a date (RFC 9110 §10.2.3). A date is compared with the response's own `Date`, because the
//! receiver's clock may differ from ours.

use std::time::{Duration, SystemTime};

use domain::ports::RetryAfter;
use domain::time::Timestamp;
use hyper::http::HeaderValue;
use hyper::http::header::{DATE, HeaderMap, RETRY_AFTER};

pub(crate) fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    let asked = headers.get(RETRY_AFTER)?;
    if let Ok(seconds) = asked.to_str().ok()?.trim().parse() {
        return Some(RetryAfter::After(Duration::from_secs(seconds)));
    }
    let at = date(asked)?;
    Some(match headers.get(DATE).and_then(date) {
        Some(now) => RetryAfter::After(at.since(now)),
        None => RetryAfter::At(at),
    })
}

fn date(value: &HeaderValue) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(value.to_str().ok()?.trim()).ok()?;
    let since_1970 = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_millis(0).after(since_1970))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let read = |asked: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(asked));
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_static(date));
            }
            retry_after(&headers)
        };
        let after = |seconds| Some(RetryAfter::After(Duration::from_secs(seconds)));
        let noon = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (asked, date, expected) in [
            ("30", None, after(30)),
            (" 30 ", Some(noon), after(30)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(noon), after(60)),
            // The obsolete forms.
            ("Sunday, 06-Nov-94 08:50:37 GMT", Some(noon), after(60)),
            ("Sun Nov  6 08:50:37 1994", Some(noon), after(60)),
            // Before now.
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(noon), after(0)),
            (noon, None, Some(RetryAfter::At(Timestamp::from_millis(784_111_777_000)))),
            (noon, Some("today"), Some(RetryAfter::At(Timestamp::from_millis(784_111_777_000)))),
            ("-30", None, None),
            ("soon", None, None),
            ("", None, None),
        ] {
            assert_eq!(read(asked, date), expected, "{asked:?} {date:?}");
        }
    }
}
