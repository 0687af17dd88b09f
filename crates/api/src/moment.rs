//! Moments on the wire: ISO 8601 with an offset when they are read, in UTC when they are written.

use domain::time::Timestamp;
use serde::{Serialize, Serializer};

/// `None` unless it is a moment that exists, with its offset from UTC.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// `2026-06-01T03:00:00.000Z`.
pub(crate) struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let moment = jiff::Timestamp::from_millisecond(self.0.as_millis());
        let moment = moment.map_err(serde::ser::Error::custom)?;
        to.collect_str(&format_args!("{moment:.3}"))
    }
}

/// As [`Moment`] writes it; empty beyond the years that can be written.
pub fn moment(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis());
    moment.map(|moment| format!("{moment:.3}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_an_offset_and_is_written_in_utc() {
        for (text, written) in [
            ("2026-06-01T10:00:00+07:00", "2026-06-01T03:00:00.000Z"),
            ("2026-06-01T10:00+07:00", "2026-06-01T03:00:00.000Z"),
            ("2026-06-01T03:00:00Z", "2026-06-01T03:00:00.000Z"),
            ("2026-05-31T22:30:00.1239-04:30", "2026-06-01T03:00:00.123Z"),
            ("2026-06-01t03:00:00z", "2026-06-01T03:00:00.000Z"),
        ] {
            let read = read(text).unwrap();
            assert_eq!(serde_json::to_value(Moment(read)).unwrap(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "now",
            "2026-06-01",
            "2026-06-01T10:00:00",
            "2026-02-30T10:00:00Z",
            "2026-06-01T25:00:00Z",
            "2026-06-01T10:00:00+99:00",
            "1780282800",
            "01/06/2026 10:00 +07:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
