//! How long a number is rented, as people write it: `4h`, `3d`, `2w`.

use std::time::Duration;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// What is rented where nothing else is configured or wanted.
pub const ONE_WEEK: Duration = Duration::from_secs(WEEK);

/// A number of hours, days or weeks, at least one.
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = match text.strip_prefix(number)?.to_ascii_lowercase().as_str() {
        "h" => HOUR,
        "d" => DAY,
        "w" => WEEK,
        _ => return None,
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// In the largest unit that is whole.
pub fn written(duration: Duration) -> String {
    let seconds = duration.as_secs();
    for (unit, letter) in [(WEEK, 'w'), (DAY, 'd')] {
        if seconds > 0 && seconds.is_multiple_of(unit) {
            return format!("{}{letter}", seconds / unit);
        }
    }
    format!("{}h", seconds.div_ceil(HOUR))
}

/// Whole weeks; `None` for other durations.
pub fn weeks(duration: Duration) -> Option<u64> {
    let seconds = duration.as_secs();
    (seconds > 0 && seconds.is_multiple_of(WEEK)).then_some(seconds / WEEK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_hours_days_or_weeks() {
        for (text, hours) in [("4h", 4), ("3d", 72), ("2w", 336), (" 1W ", 168), ("30d", 720)] {
            assert_eq!(parse(text), Some(Duration::from_secs(hours * HOUR)), "{text}");
        }
        for wrong in ["", "h", "0h", "4", "4m", "1.5h", "-1h", "1h30", "4 h", "99999999999999999w"]
        {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
        for text in ["4h", "3d", "2w", "25h"] {
            assert_eq!(written(parse(text).unwrap()), text);
        }
        assert_eq!((weeks(ONE_WEEK), weeks(Duration::from_secs(DAY))), (Some(1), None));
    }
}
