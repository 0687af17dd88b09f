//! The countries of this door: its own codes, which are neither calling codes nor ISO, and the
//! names that clients know them by. Code 0 is a country.

use std::sync::LazyLock;

static COUNTRIES: LazyLock<Vec<Country>> =
    LazyLock::new(|| include_str!("../../data/countries.tsv").lines().filter_map(read).collect());

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Country {
    pub code: u16,
    /// ISO 3166-1 alpha-2.
    iso: Option<&'static str>,
    /// Its name, and other names.
    names: Vec<&'static str>,
}

/// Any country.
pub(super) const AUTO_SELECT: u16 = 999;

impl Country {
    pub(super) fn label(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// By code, ISO code or any of its names; case does not matter.
    pub(super) fn find(text: &str) -> Option<&'static Self> {
        let text = text.trim();
        if let Ok(code) = text.parse::<u16>() {
            return COUNTRIES.iter().find(|country| country.code == code);
        }
        let mut countries = COUNTRIES.iter();
        countries.find(|country| {
            let mut names = country.names.iter().chain(&country.iso);
            names.any(|name| name.eq_ignore_ascii_case(text))
        })
    }

    pub(super) fn all() -> &'static [Self] {
        &COUNTRIES
    }
}

fn read(line: &'static str) -> Option<Country> {
    let mut columns = line.split('\t');
    let code = columns.next()?.parse().ok()?;
    let iso = columns.next().filter(|iso| *iso != "-");
    Some(Country { code, iso, names: columns.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<u16> {
        Country::find(text).map(|country| country.code)
    }

    #[test]
    fn has_the_whole_table() {
        let names = Country::all().iter().map(|country| country.names.len());
        assert_eq!((Country::all().len(), names.sum::<usize>()), (185, 189));
        let lines = include_str!("../../data/countries.tsv").lines();
        assert_eq!(lines.filter(|line| !line.starts_with('#')).count(), 185);
        assert!(Country::all().iter().all(|country| !country.label().is_empty()));
    }

    #[test]
    fn finds_countries_as_clients_write_them() {
        for (text, expected) in [
            ("0", 0),
            ("russia", 0),
            ("Russian", 0),
            ("187", 187),
            ("us", 187),
            ("United States of America", 187),
            ("USA (virtual)", 12),
            ("united kingdom", 16),
            ("GB", 16),
            ("Furkinafaso", 152),
            ("Auto-Select", AUTO_SELECT),
            (" Germany ", 43),
            ("IN", 22),
            ("Haiti", 26),
        ] {
            assert_eq!(code(text), Some(expected), "{text}");
        }
        for text in ["", "-", "atlantis", "17", "65536", "-1"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn every_name_and_code_is_one_country() {
        for country in Country::all() {
            for name in country.names.iter().copied().chain(country.iso) {
                assert_eq!(code(name), Some(country.code), "{name}");
            }
        }
    }
}
