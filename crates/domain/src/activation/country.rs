//! The countries of activations: their own codes, which are neither calling codes nor ISO, and the
//! names that clients know them by. Code 0 is a country.
//!
//! The tables are `data/countries.tsv` and `data/country_names.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

use super::CountryCode;

static COUNTRIES: LazyLock<Vec<Country>> =
    LazyLock::new(|| lines(include_str!("../../data/countries.tsv")).filter_map(read).collect());

/// By folded name, and by ISO code.
static NAMES: LazyLock<HashMap<String, usize>> = LazyLock::new(index_names);

#[derive(Debug, PartialEq, Eq)]
pub struct Country {
    pub code: CountryCode,
    /// ISO 3166-1 alpha-2; `None` for any country, and for one that is in the table twice.
    pub iso: Option<&'static str>,
    /// Its label, and other names.
    names: Vec<&'static str>,
}

/// The code of any country.
pub const AUTO_SELECT: CountryCode = CountryCode(999);

impl Country {
    /// As clients know it and send it back.
    pub fn label(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// By code, ISO code or any of its names.
    pub fn find(text: &str) -> Option<&'static Self> {
        if let Ok(code) = text.trim().parse::<u16>() {
            return Self::of(CountryCode(code));
        }
        let name = fold(text);
        let found = NAMES.get(&name).or_else(|| NAMES.get(name.strip_prefix("the")?));
        found.and_then(|at| COUNTRIES.get(*at))
    }

    pub fn of(code: CountryCode) -> Option<&'static Self> {
        COUNTRIES.iter().find(|country| country.code == code)
    }

    /// All of the table, with [`AUTO_SELECT`].
    pub fn all() -> &'static [Self] {
        &COUNTRIES
    }

    /// The code, or `None` for any country.
    pub fn chosen(&self) -> Option<CountryCode> {
        (self.code != AUTO_SELECT).then_some(self.code)
    }
}

/// A name without case, spaces, punctuation and accents.
pub(super) fn fold(name: &str) -> String {
    let spelled = name.replace('&', "and");
    let letters = spelled.nfkd().filter(|char| char.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The lines of a table without its comments.
pub(super) fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

fn read(line: &'static str) -> Option<Country> {
    let mut columns = line.split('\t');
    let code = CountryCode(columns.next()?.parse().ok()?);
    let iso = columns.next().filter(|iso| *iso != "-");
    Some(Country { code, iso, names: columns.collect() })
}

fn index_names() -> HashMap<String, usize> {
    let (mut names, mut codes) = (HashMap::new(), HashMap::new());
    for (at, country) in COUNTRIES.iter().enumerate() {
        codes.extend(country.iso.map(|iso| (iso, at)));
        names.extend(country.names.iter().map(|name| (fold(name), at)));
    }
    for line in lines(include_str!("../../data/country_names.tsv")) {
        let Some(at) = line.split('\t').next().and_then(|iso| codes.get(iso)) else { continue };
        for name in line.split('\t') {
            // A label of the first table counts more than another country's further name.
            names.entry(fold(name)).or_insert(*at);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<u16> {
        Country::find(text).map(|country| country.code.0)
    }

    #[test]
    fn has_the_whole_table() {
        let names = Country::all().iter().map(|country| country.names.len());
        assert_eq!((Country::all().len(), names.sum::<usize>()), (185, 189));
        assert_eq!(lines(include_str!("../../data/countries.tsv")).count(), 185);
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
            ("usa", 187),
            ("U.S.A.", 187),
            ("United States of America", 187),
            ("united-states", 187),
            ("USA (virtual)", 12),
            ("usa virtual", 12),
            ("united kingdom", 16),
            ("GB", 16),
            ("UK", 16),
            ("Great Britain", 16),
            ("gbr", 16),
            ("Furkinafaso", 152),
            ("Burkina Faso", 152),
            ("Auto-Select", 999),
            ("auto select", 999),
            (" Germany ", 43),
            ("DEU", 43),
            ("IN", 22),
            ("Haiti", 26),
            ("South Korea", 190),
            ("Hong Kong", 14),
            ("hong-kong", 14),
            ("New Zealand", 67),
            ("Czech Republic", 63),
            ("czechia", 63),
            ("UAE", 95),
            ("United Arab Emirates", 95),
            ("Ivory Coast", 27),
            ("Côte d'Ivoire", 27),
            ("Co\u{302}te d\u{2019}Ivoire", 27),
            ("COTE DIVOIRE", 27),
            ("DR Congo", 18),
            ("Congo, The Democratic Republic of the", 18),
            ("Congo", 150),
            ("Republic of the Congo", 150),
            ("Türkiye", 62),
            ("São Tomé & Príncipe", 178),
            ("Réunion", 146),
            ("The Netherlands", 48),
            ("the gambia", 28),
            ("Trinidad & Tobago", 104),
            ("St. Lucia", 164),
            ("Saint Vincent and the Grenadines", 166),
            ("Viet Nam", 10),
            ("Eswatini", 106),
            ("Cape Verde", 186),
            ("Niger", 139),
            ("Nigeria", 19),
            ("Dominica", 126),
            ("Dominican Republic", 109),
            ("Guinea", 68),
            ("Guinea-Bissau", 130),
            ("Equatorial Guinea", 167),
            ("Papua New Guinea", 79),
        ] {
            assert_eq!(code(text), Some(expected), "{text}");
        }
        for text in ["", "-", "atlantis", "17", "65536", "-1", "the", "&", "('", "\u{302}"] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn every_name_and_code_is_one_country() {
        for country in Country::all() {
            for name in country.names.iter().copied().chain(country.iso) {
                assert_eq!(code(name), Some(country.code.0), "{name}");
                assert_eq!(code(&name.to_uppercase()), Some(country.code.0), "{name}");
            }
        }
        let mut codes = 0;
        for line in lines(include_str!("../../data/country_names.tsv")) {
            let country = code(line.split('\t').next().unwrap());
            assert!(country.is_some(), "{line}");
            for name in line.split('\t') {
                assert_eq!(code(name), country, "{name}");
            }
            assert_eq!(line.split('\t').nth(1).map(str::len), Some(3), "{line}");
            codes += 1;
        }
        // All but Auto-Select and the virtual numbers.
        assert_eq!(codes, Country::all().len() - 2);
    }
}
