//! Durations as the file has them: `"90s"`, `"10m"`, `"2h"`, `"30d"`.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

pub(super) fn read_period<'de, D: Deserializer<'de>>(value: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(value)?;
    period(&text).ok_or_else(|| {
        D::Error::custom("a duration is a number and its unit: \"90s\", \"10m\", \"2h\" or \"30d\"")
    })
}

pub(super) fn read_optional_period<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Duration>, D::Error> {
    read_period(value).map(Some)
}

fn period(text: &str) -> Option<Duration> {
    let number = text.trim_end_matches(['s', 'm', 'h', 'd']);
    let seconds = match text.strip_prefix(number)? {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_number_and_one_unit() {
        assert_eq!(period("90s"), Some(Duration::from_secs(90)));
        assert_eq!(period("2h"), Some(Duration::from_secs(7_200)));
        assert_eq!(period("30d"), Some(Duration::from_secs(2_592_000)));
        for wrong in
            ["", "10", "m", "10mm", "1m30s", "-1m", "1.5h", "10 m", "99999999999999999999s"]
        {
            assert_eq!(period(wrong), None, "{wrong:?}");
        }
    }
}
