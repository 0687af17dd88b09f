//! Configured prices of numbers on loan: for one code by country and service, for a time also by
//! duration.
//!
//! Of the rows that fit, those count that say most: of country and service, of the country, of the
//! service, of neither. Without a row the flat price counts, which for a rental is that of each week
//! that is begun.
//!
//! A rental costs what the shortest row costs that is as long as it; a rental that is longer than every
//! row costs the longest one as many times as it takes.

use std::time::Duration;

use crate::activation::rental_time::{ONE_WEEK, weeks};
use crate::activation::{CountryCode, ServiceCode};
use crate::money::Msat;

/// Of which numbers a price is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberKind {
    /// `None`: of every country without a price of its own.
    pub country: Option<CountryCode>,
    pub service: Option<ServiceCode>,
}

impl NumberKind {
    /// How much it says of such a number; `None` when it is of others.
    fn weight(&self, country: Option<CountryCode>, service: &ServiceCode) -> Option<u8> {
        let country = match self.country {
            None => 0,
            named if named == country => 2,
            Some(_) => return None,
        };
        match &self.service {
            None => Some(country),
            Some(named) if named == service => Some(country + 1),
            Some(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePrice {
    pub of: NumberKind,
    pub price: Msat,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RentalPrice {
    pub of: NumberKind,
    pub duration: Duration,
    pub price: Msat,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberPrices {
    pub codes: Vec<CodePrice>,
    pub rentals: Vec<RentalPrice>,
}

impl NumberPrices {
    /// `None`: the flat price.
    pub fn of_code(&self, country: Option<CountryCode>, service: &ServiceCode) -> Option<Msat> {
        let weighed = |row: &CodePrice| Some((row.of.weight(country, service)?, row.price));
        let fitting = self.codes.iter().filter_map(weighed);
        fitting.max_by_key(|(weight, _)| *weight).map(|(_, price)| price)
    }

    /// `None`: the price is out of range.
    pub fn of_rental(
        &self,
        country: Option<CountryCode>,
        service: &ServiceCode,
        duration: Duration,
        flat: Msat,
    ) -> Option<Msat> {
        let rows = self.rental_terms(country, service, flat);
        let long_enough = rows.iter().find(|(row, _)| *row >= duration);
        if let Some((_, price)) = long_enough {
            return Some(*price);
        }
        let (longest, price) = rows.last()?;
        let times = duration.as_secs().div_ceil(longest.as_secs().max(1));
        price.checked_mul(i64::try_from(times).ok()?)
    }

    /// Durations with their prices, the shortest first; at least one.
    pub fn rental_terms(
        &self,
        country: Option<CountryCode>,
        service: &ServiceCode,
        flat: Msat,
    ) -> Vec<(Duration, Msat)> {
        let weighed =
            |row: &RentalPrice| Some((row.of.weight(country, service)?, row.duration, row.price));
        let fitting: Vec<_> = self.rentals.iter().filter_map(weighed).collect();
        let most = fitting.iter().map(|(weight, ..)| *weight).max();
        let mut terms: Vec<_> = fitting
            .into_iter()
            .filter(|(weight, ..)| Some(*weight) == most)
            .map(|(_, duration, price)| (duration, price))
            .collect();
        terms.sort_unstable();
        if terms.is_empty() {
            terms.push((ONE_WEEK, flat));
        }
        terms
    }

    /// What is rented when no duration is wanted: the shortest row of whole weeks, else a week.
    pub fn default_rental(&self, country: Option<CountryCode>, service: &ServiceCode) -> Duration {
        let terms = self.rental_terms(country, service, Msat::ZERO);
        let weekly = terms.iter().find(|(duration, _)| weeks(*duration).is_some());
        weekly.map_or(ONE_WEEK, |(duration, _)| *duration)
    }

    /// The lowest price of any rental.
    pub fn cheapest_rental(&self, flat: Msat) -> Msat {
        let rows = self.rentals.iter();
        let has_everywhere = rows.clone().any(|row| row.of == NumberKind::default());
        let flat = (!has_everywhere).then_some(flat);
        rows.map(|row| row.price).chain(flat).min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GERMANY: Option<CountryCode> = Some(CountryCode(43));
    const FLAT: Msat = Msat::new(15_000);

    fn service(code: &str) -> ServiceCode {
        code.parse().unwrap()
    }

    fn kind(country: Option<u16>, code: Option<&str>) -> NumberKind {
        NumberKind { country: country.map(CountryCode), service: code.map(service) }
    }

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3_600)
    }

    #[test]
    fn the_row_that_says_most_counts() {
        let rows = [
            (kind(None, Some("tg")), 2),
            (kind(None, None), 1),
            (kind(Some(43), Some("tg")), 4),
            (kind(Some(43), None), 3),
        ];
        let codes = rows.map(|(of, price)| CodePrice { of, price: Msat::new(price) }).to_vec();
        let prices = NumberPrices { codes, rentals: Vec::new() };
        let price = |country, code| prices.of_code(country, &service(code)).map(Msat::get);
        assert_eq!(price(GERMANY, "tg"), Some(4));
        assert_eq!(price(GERMANY, "wa"), Some(3));
        assert_eq!(price(Some(CountryCode(0)), "tg"), Some(2));
        assert_eq!(price(None, "tg"), Some(2));
        assert_eq!(price(None, "wa"), Some(1));
        assert_eq!(NumberPrices::default().of_code(GERMANY, &service("tg")), None);
    }

    #[test]
    fn a_rental_costs_the_shortest_row_that_is_long_enough() {
        let rows = [
            (kind(None, None), 168, 9),
            (kind(Some(43), None), 4, 2),
            (kind(Some(43), None), 336, 8),
        ];
        let rentals = rows.map(|(of, length, price)| RentalPrice {
            of,
            duration: hours(length),
            price: Msat::new(price),
        });
        let prices = NumberPrices { codes: Vec::new(), rentals: rentals.to_vec() };
        let full = service("full");
        let price =
            |country, length| prices.of_rental(country, &full, hours(length), FLAT).map(Msat::get);
        assert_eq!(price(GERMANY, 1), Some(2));
        assert_eq!(price(GERMANY, 5), Some(8));
        assert_eq!(price(GERMANY, 337), Some(16));
        assert_eq!(price(None, 1), Some(9));
        assert_eq!(prices.default_rental(GERMANY, &full), hours(336));
        assert_eq!(prices.cheapest_rental(FLAT), Msat::new(2));
        let none = NumberPrices::default();
        assert_eq!(none.of_rental(None, &full, hours(169), FLAT), Some(Msat::new(30_000)));
        assert_eq!(
            (none.default_rental(None, &full), none.cheapest_rental(FLAT)),
            (ONE_WEEK, FLAT)
        );
        let dear = Msat::new(1_000_000);
        assert_eq!(none.of_rental(None, &full, Duration::MAX, dear), None, "out of range");
    }

    proptest! {
        #[test]
        fn a_longer_rental_costs_no_less(
            // Prices that rise with the duration, as operators set them.
            mut rows in prop::collection::vec((1..2_000u64, 1..1_000_000i64), 1..6),
            (short, more) in (1..5_000u64, 0..5_000u64),
        ) {
            rows.sort_unstable();
            let mut lowest = 0;
            for (_, price) in &mut rows {
                *price = (*price).max(lowest);
                lowest = *price;
            }
            rows.dedup_by_key(|(length, _)| *length);
            let rentals = rows.into_iter().map(|(length, price)| RentalPrice {
                of: NumberKind::default(),
                duration: hours(length),
                price: Msat::new(price),
            });
            let prices = NumberPrices { codes: Vec::new(), rentals: rentals.collect() };
            let price = |length| prices.of_rental(None, &service("full"), hours(length), FLAT);
            prop_assert!(price(short).unwrap() <= price(short + more).unwrap());
        }
    }
}
