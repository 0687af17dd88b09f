//! Quiet hours: when people at a destination are not to be written to. They hold every message that is
//! neither an order nor a one-time password.

use std::str::FromStr;

use jiff::Timestamp as Moment;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::number::Msisdn;
use crate::routing::table::PrefixTable;
use crate::time::Timestamp;

/// From one time of the day to another, by the clocks of a time zone; over midnight when it ends
/// before it begins.
#[derive(Debug, Clone)]
pub struct Quiet {
    from: Time,
    to: Time,
    zone: TimeZone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadQuiet {
    #[error("a time of the day is written \"21:00\"")]
    Time,
    #[error("quiet hours end at another time than they begin")]
    Empty,
    #[error("there is no such time zone; one is written \"Asia/Bangkok\"")]
    Zone,
}

impl Quiet {
    /// `zone` by its name in the IANA time zone database.
    pub fn new(from: &str, to: &str, zone: &str) -> Result<Self, BadQuiet> {
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            return Err(BadQuiet::Empty);
        }
        let zone = TimeZone::get(zone).map_err(|_| BadQuiet::Zone)?;
        Ok(Self { from, to, zone })
    }

    /// When it is quiet at `now`: until when.
    fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let now = Moment::from_millisecond(now.as_millis()).ok()?.to_zoned(self.zone.clone());
        let time = now.time();
        let (over_midnight, begun) = (self.to < self.from, time >= self.from);
        let quiet = if over_midnight { begun || time < self.to } else { begun && time < self.to };
        if !quiet {
            return None;
        }
        let today = now.date();
        let day = if over_midnight && begun { today.tomorrow().ok()? } else { today };
        // A time that the clocks leave out is the moment after.
        let end = day.to_datetime(self.to).to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp::from_millis(end.timestamp().as_millisecond()))
    }
}

/// `21:00`, as clocks show it.
fn time(text: &str) -> Result<Time, BadQuiet> {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let plain = text.len() == 5 && [0, 1, 3, 4].into_iter().all(digit);
    if plain { Time::from_str(text).map_err(|_| BadQuiet::Time) } else { Err(BadQuiet::Time) }
}

/// Quiet hours by prefix of the number; the longest prefix counts.
#[derive(Debug, Clone)]
pub struct QuietHours(PrefixTable<Quiet>);

impl Default for QuietHours {
    fn default() -> Self {
        Self::new([])
    }
}

impl QuietHours {
    /// What is no prefix of a number is left out.
    pub fn new(quiet: impl IntoIterator<Item = (String, Quiet)>) -> Self {
        Self(PrefixTable::new(quiet.into_iter()))
    }

    /// When it is quiet where this number is: until when.
    pub fn until(&self, to: Msisdn, now: Timestamp) -> Option<Timestamp> {
        self.0.find(to)?.until(now)
    }

    /// The same for the one of these numbers where it is quiet longest.
    pub fn longest<'a>(
        &self,
        to: impl IntoIterator<Item = &'a Msisdn>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        // There are few quiet hours, and up to two million numbers.
        let mut known: Vec<(&Quiet, Option<Timestamp>)> = Vec::new();
        let mut longest = None;
        for quiet in to.into_iter().filter_map(|number| self.0.find(*number)) {
            if !known.iter().any(|(one, _)| std::ptr::eq(*one, quiet)) {
                known.push((quiet, quiet.until(now)));
                longest = longest.max(quiet.until(now));
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<Moment>().unwrap().as_millisecond())
    }

    fn hours() -> QuietHours {
        let quiet =
            |prefix: &str, from, to, zone| (prefix.to_owned(), Quiet::new(from, to, zone).unwrap());
        QuietHours::new([
            quiet("66", "21:00", "08:00", "Asia/Bangkok"),
            quiet("45", "12:00", "13:00", "Europe/Copenhagen"),
            quiet("1", "22:00", "02:30", "America/New_York"),
        ])
    }

    fn until(number: u64, now: &str) -> Option<Timestamp> {
        hours().until(Msisdn::from_digits(number).unwrap(), at(now))
    }

    #[test]
    fn the_night_goes_over_midnight() {
        let thai = 66_812_345_678;
        assert_eq!(until(thai, "2026-06-01T13:59:59Z"), None, "a second before nine at night");
        let morning = Some(at("2026-06-02T01:00:00Z"));
        assert_eq!(until(thai, "2026-06-01T14:00:00Z"), morning);
        assert_eq!(until(thai, "2026-06-01T20:00:00Z"), morning, "after midnight there");
        assert_eq!(until(thai, "2026-06-02T01:00:00Z"), None);
    }

    #[test]
    fn clocks_are_those_of_the_place_and_season() {
        let danish = 4_520_123_456;
        assert_eq!(until(danish, "2026-01-15T11:30:00Z"), Some(at("2026-01-15T12:00:00Z")));
        assert_eq!(until(danish, "2026-07-15T10:30:00Z"), Some(at("2026-07-15T11:00:00Z")));
        assert_eq!(until(danish, "2026-07-15T11:30:00Z"), None);
        assert_eq!(until(46_701_234_567, "2026-07-15T10:30:00Z"), None, "nobody's quiet hours");
    }

    #[test]
    fn of_many_numbers_the_last_to_wake_counts() {
        let numbers = |numbers: &[u64]| {
            let numbers: Vec<_> =
                numbers.iter().map(|number| Msisdn::from_digits(*number).unwrap()).collect();
            hours().longest(&numbers, at("2026-06-01T15:00:00Z"))
        };
        let (thai, danish, american) = (66_812_345_678, 4_520_123_456, 12_125_550_123);
        let morning = Some(at("2026-06-02T01:00:00Z"));
        assert_eq!(numbers(&[danish, thai, american, thai]), morning);
        assert_eq!(numbers(&[danish, american]), None);
        assert_eq!(numbers(&[]), None);
    }

    #[test]
    fn an_end_that_the_clocks_leave_out_is_the_moment_after() {
        // On 8 March 2026 clocks in New York go from 2:00 to 3:00.
        let american = 12_125_550_123;
        assert_eq!(until(american, "2026-03-08T06:00:00Z"), Some(at("2026-03-08T07:30:00Z")));
    }

    #[test]
    fn mistakes_are_told() {
        let new = |from, to, zone| Quiet::new(from, to, zone).map(drop);
        assert_eq!(new("21:00", "08:00", "Asia/Bangkok"), Ok(()));
        for time in ["9", "21", "24:00", "21:60", "9:00", "21:00:00", "T21:0", ""] {
            assert_eq!(new(time, "08:00", "Asia/Bangkok"), Err(BadQuiet::Time), "{time:?}");
        }
        assert_eq!(new("08:00", "08:00", "Asia/Bangkok"), Err(BadQuiet::Empty));
        assert_eq!(new("21:00", "08:00", "Asia/Nowhere"), Err(BadQuiet::Zone));
    }
}
