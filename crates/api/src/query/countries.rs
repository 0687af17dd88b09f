//! Countries by their English names, with their calling codes.

use std::sync::LazyLock;

use domain::number::Home;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub iso: &'static str,
    pub name: &'static str,
    /// The calling code, which several countries may share.
    pub dialcode: u16,
}

static COUNTRIES: LazyLock<Vec<Country>> =
    LazyLock::new(|| include_str!("../../data/dialcodes.tsv").lines().filter_map(read).collect());

/// By name.
pub(super) fn countries() -> &'static [Country] {
    &COUNTRIES
}

fn read(line: &'static str) -> Option<Country> {
    let (iso, name) = line.split_once('\t')?;
    let dialcode = Home::from_iso(iso)?.calling_code();
    Some(Country { iso, name, dialcode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_country_with_numbers() {
        let lines = include_str!("../../data/dialcodes.tsv").lines();
        let lines = lines.filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), countries().len());
        let denmark = Country { iso: "DK", name: "Denmark", dialcode: 45 };
        assert!(countries().contains(&denmark));
    }
}
