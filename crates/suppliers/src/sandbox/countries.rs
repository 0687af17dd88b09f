//! Countries in which the sandbox lends numbers, and how these begin.

use std::sync::LazyLock;

use domain::activation::CountryCode;

const TABLE: &str = include_str!("countries.tsv");

static COUNTRIES: LazyLock<Vec<(CountryCode, u64)>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let country = |line: &str| {
        let (code, digits) = line.split_once('\t')?;
        Some((CountryCode(code.parse().ok()?), digits.parse().ok()?))
    };
    rows.filter_map(country).collect()
});

/// Each with the first digits of its numbers.
pub(super) fn countries() -> &'static [(CountryCode, u64)] {
    &COUNTRIES
}

pub(super) fn first_digits(country: CountryCode) -> Option<u64> {
    countries().iter().find(|(code, _)| *code == country).map(|(_, digits)| *digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!((countries().len(), rows), (184, 184));
        assert_eq!(first_digits(CountryCode(43)), Some(4915));
        assert_eq!(first_digits(CountryCode(999)), None);
    }
}
