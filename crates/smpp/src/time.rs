//! SMPP's time format, `YYMMDDhhmmsstnnp` (SMPP 3.4 §7.1.1): absolute with a UTC offset in quarters of an hour, or
//! relative.

use std::time::Duration;

/// A point in time or a duration: schedule_delivery_time, validity_period, final_date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmppTime {
    /// A local time and its UTC offset.
    Absolute(AbsoluteTime),
    /// A duration from the SMSC's acceptance of the message.
    Relative(RelativeTime),
}

/// A local time in the years 2000 to 2099.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AbsoluteTime {
    /// 0–99, years since 2000.
    pub year: u8,
    /// 1–12.
    pub month: u8,
    /// 1–31.
    pub day: u8,
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
    /// 0–59.
    pub second: u8,
    /// 0–9.
    pub tenths: u8,
    /// Local time minus UTC in quarters of an hour, −48 to 48.
    pub utc_offset_quarters: i8,
}

/// A duration; each field may be 0–99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub struct RelativeTime {
    pub years: u8,
    pub months: u8,
    pub days: u8,
    pub hours: u8,
    pub minutes: u8,
    pub seconds: u8,
}

/// The octets are not a time as defined in SMPP 3.4 §7.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an SMPP time")]
pub struct TimeError;

const DAY_S: u64 = 86_400;

impl SmppTime {
    /// Parses the 16 characters, without a NUL. An empty field ("now" or "default") is `None`. The short forms
    /// `YYMMDDhhmm` and `YYMMDDhhmmss`, which some SMSCs send, are read as UTC.
    ///
    /// # Errors
    /// [`TimeError`] for anything else, including dates that do not exist.
    pub fn parse(text: &[u8]) -> Result<Option<Self>, TimeError> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut pairs = [0; 6];
        for (value, digits) in pairs.iter_mut().zip(text.chunks(2)) {
            *value = two_digits(digits)?;
        }
        let [year, month, day, hour, minute, second] = pairs;
        let (tenths, offset, sign) = match text.get(12..).unwrap_or_default() {
            [] if matches!(text.len(), 10 | 12) => (0, 0, b'+'),
            [tenths, n0, n1, sign] => (digit(*tenths)?, two_digits(&[*n0, *n1])?, *sign),
            _ => return Err(TimeError),
        };
        if sign == b'R' {
            if tenths != 0 || offset != 0 {
                return Err(TimeError);
            }
            let (years, months, days, hours, minutes, seconds) =
                (year, month, day, hour, minute, second);
            let span = RelativeTime { years, months, days, hours, minutes, seconds };
            return Ok(Some(Self::Relative(span)));
        }
        let quarters = i8::try_from(offset).map_err(|_| TimeError)?;
        let utc_offset_quarters = match sign {
            b'+' => quarters,
            b'-' => -quarters,
            _ => return Err(TimeError),
        };
        let at =
            AbsoluteTime { year, month, day, hour, minute, second, tenths, utc_offset_quarters };
        if at.exists() { Ok(Some(Self::Absolute(at))) } else { Err(TimeError) }
    }

    /// Formats the 16 characters.
    #[must_use]
    pub fn render(&self) -> [u8; 16] {
        let mut out = [b'0'; 16];
        let (pairs, tail) = match *self {
            Self::Relative(span) => {
                let RelativeTime { years, months, days, hours, minutes, seconds } = span;
                ([years, months, days, hours, minutes, seconds], [b'0', b'0', b'0', b'R'])
            }
            Self::Absolute(at) => {
                let AbsoluteTime { year, month, day, hour, minute, second, .. } = at;
                let [n0, n1] = two(at.utc_offset_quarters.unsigned_abs());
                let sign = if at.utc_offset_quarters < 0 { b'-' } else { b'+' };
                ([year, month, day, hour, minute, second], [b'0' + at.tenths % 10, n0, n1, sign])
            }
        };
        let digits = pairs.into_iter().flat_map(two).chain(tail);
        for (place, octet) in out.iter_mut().zip(digits) {
            *place = octet;
        }
        out
    }
}

impl AbsoluteTime {
    /// Converts Unix seconds to UTC; `None` outside 2000–2099.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let since_2000 = u64::try_from(seconds.checked_sub(946_684_800)?).ok()?;
        let (mut day, clock) = (since_2000 / DAY_S, since_2000 % DAY_S);
        let mut year = 0;
        while day >= 365 + u64::from(leap(year)) {
            day -= 365 + u64::from(leap(year));
            year = Some(year + 1).filter(|year| *year < 100)?;
        }
        let mut month = 1;
        while day >= u64::from(days_in(year, month)) {
            day -= u64::from(days_in(year, month));
            month += 1;
        }
        let small = |value: u64| u8::try_from(value).ok();
        Some(Self {
            year,
            month,
            day: small(day + 1)?,
            hour: small(clock / 3_600)?,
            minute: small(clock / 60 % 60)?,
            second: small(clock % 60)?,
            tenths: 0,
            utc_offset_quarters: 0,
        })
    }

    /// Unix seconds; tenths are dropped.
    #[must_use]
    pub fn to_unix(&self) -> i64 {
        let years = (0..self.year).map(|year| 365 + i64::from(leap(year))).sum::<i64>();
        let months = (1..self.month).map(|month| i64::from(days_in(self.year, month))).sum::<i64>();
        let days = years + months + i64::from(self.day) - 1;
        let clock =
            i64::from(self.hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second);
        946_684_800 + days * 86_400 + clock - i64::from(self.utc_offset_quarters) * 900
    }

    fn exists(&self) -> bool {
        (1..=12).contains(&self.month)
            && (1..=days_in(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.utc_offset_quarters.unsigned_abs() <= 48
    }
}

impl RelativeTime {
    /// The duration in days, hours, minutes and seconds; `None` above 99 days.
    #[must_use]
    pub fn from_duration(span: Duration) -> Option<Self> {
        let seconds = span.as_secs();
        let small = |value: u64| u8::try_from(value).ok().filter(|value| *value < 100);
        Some(Self {
            days: small(seconds / DAY_S)?,
            hours: small(seconds / 3_600 % 24)?,
            minutes: small(seconds / 60 % 60)?,
            seconds: small(seconds % 60)?,
            ..Self::default()
        })
    }

    /// The duration; a month counts as 30 days and a year as 365, which the standard leaves open.
    #[must_use]
    pub fn to_duration(&self) -> Duration {
        let days = u64::from(self.years) * 365 + u64::from(self.months) * 30 + u64::from(self.days);
        let clock =
            u64::from(self.hours) * 3_600 + u64::from(self.minutes) * 60 + u64::from(self.seconds);
        Duration::from_secs(days * DAY_S + clock)
    }
}

const fn leap(year: u8) -> bool {
    // Holds from 2000 to 2099.
    year.is_multiple_of(4)
}

const fn days_in(year: u8, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

const fn two(value: u8) -> [u8; 2] {
    [b'0' + value / 10 % 10, b'0' + value % 10]
}

fn digit(octet: u8) -> Result<u8, TimeError> {
    if octet.is_ascii_digit() { Ok(octet - b'0') } else { Err(TimeError) }
}

fn two_digits(octets: &[u8]) -> Result<u8, TimeError> {
    let [tens, ones] = octets else { return Err(TimeError) };
    Ok(digit(*tens)? * 10 + digit(*ones)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AbsoluteTime, RelativeTime, SmppTime, TimeError};

    #[test]
    fn absolute_times_keep_their_zone_in_quarter_hours() {
        for (text, unix) in [
            (&b"261121220000000+"[..], 1_795_298_400),
            (b"261122003000010+", 1_795_307_400 - 9_000),
            (b"261121173000018-", 1_795_282_200 + 16_200),
            (b"000101000000000+", 946_684_800),
            (b"240229120000048-", 1_709_208_000 + 43_200),
        ] {
            let Ok(Some(SmppTime::Absolute(at))) = SmppTime::parse(text) else {
                panic!("{}", text.escape_ascii())
            };
            assert_eq!(at.to_unix(), unix, "{}", text.escape_ascii());
            assert_eq!(SmppTime::Absolute(at).render(), text);
        }
    }

    #[test]
    fn relative_times_convert_to_durations() {
        let text = b"000007233429000R";
        let Ok(Some(SmppTime::Relative(span))) = SmppTime::parse(text) else { panic!() };
        assert_eq!(span.to_duration(), Duration::from_secs(7 * 86_400 + 23 * 3_600 + 34 * 60 + 29));
        assert_eq!(RelativeTime::from_duration(span.to_duration()), Some(span));
        assert_eq!(SmppTime::Relative(span).render(), *text);
    }

    #[test]
    fn invalid_times_are_refused() {
        for text in [
            &b"261321220000000+"[..],
            b"250229220000000+",
            b"261121240000000+",
            b"261121220000049+",
            b"261121220000000x",
            b"261121220000100R",
            b"26112122000",
            b"2611212200000",
            b"2611212200000000+",
            b"26112122000a000+",
            b"1",
            b"+",
        ] {
            assert_eq!(SmppTime::parse(text), Err(TimeError), "{}", text.escape_ascii());
        }
        assert_eq!(SmppTime::parse(b""), Ok(None));
    }

    #[test]
    fn unix_seconds_convert_back_and_forth_through_the_century() {
        for unix in (946_684_800..4_102_444_800).step_by(86_399 * 7) {
            let at = AbsoluteTime::from_unix(unix).unwrap();
            assert_eq!(at.to_unix(), unix);
            assert_eq!(
                SmppTime::parse(&SmppTime::Absolute(at).render()),
                Ok(Some(SmppTime::Absolute(at)))
            );
        }
        assert_eq!(AbsoluteTime::from_unix(946_684_799), None);
        assert_eq!(AbsoluteTime::from_unix(4_102_444_800), None);
    }
}
