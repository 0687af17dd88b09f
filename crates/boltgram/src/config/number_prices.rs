//! Prices of numbers: one amount, or a row for each country, service and duration.

use std::fmt;
use std::time::Duration;

use domain::activation::country::Country;
use domain::activation::rental_time;
use domain::activation::service::Service;
use domain::limits::{HOLD_MAX_SATS, HOLD_MIN_SATS, NUMBER_PRICES_MAX};
use domain::money::Msat;
use domain::sale::number_prices::{CodePrice, NumberKind, NumberPrices, RentalPrice};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::check::Finding;

/// `receive = 3000`, or rows `[[prices.receive]]`.
#[derive(Debug, Clone)]
pub(crate) enum NumberPricesConfig {
    /// In sats.
    Flat(i64),
    Rows(Vec<NumberPriceConfig>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberPriceConfig {
    /// `None`: every country without a price of its own.
    #[serde(default, deserialize_with = "read_country")]
    country: Option<String>,
    service: Option<String>,
    /// Of rentals alone.
    duration: Option<String>,
    /// In sats.
    price: i64,
}

/// What a row means.
struct Row {
    of: NumberKind,
    duration: Option<Duration>,
    price: Msat,
}

impl NumberPricesConfig {
    /// The price where no row says another, in sats.
    pub(crate) fn flat(&self, default: i64) -> i64 {
        match self {
            Self::Flat(sats) => *sats,
            Self::Rows(rows) => {
                let is_flat = |row: &&NumberPriceConfig| {
                    row.country.is_none() && row.service.is_none() && row.duration.is_none()
                };
                rows.iter().find(is_flat).map_or(default, |row| row.price)
            }
        }
    }

    fn rows(&self) -> &[NumberPriceConfig] {
        match self {
            Self::Flat(_) => &[],
            Self::Rows(rows) => rows,
        }
    }
}

/// The rows of a checked configuration.
pub(crate) fn number_prices(
    receive: &NumberPricesConfig,
    rent: &NumberPricesConfig,
) -> NumberPrices {
    let codes = receive.rows().iter().filter_map(|row| row.read().ok());
    let rentals = rent.rows().iter().filter_map(|row| row.read().ok());
    NumberPrices {
        codes: codes.map(|Row { of, price, .. }| CodePrice { of, price }).collect(),
        rentals: rentals
            .filter_map(|Row { of, duration, price }| {
                duration.map(|duration| RentalPrice { of, duration, price })
            })
            .collect(),
    }
}

impl NumberPriceConfig {
    /// The error has the key with the mistake.
    fn read(&self) -> Result<Row, (&'static str, String)> {
        let country = self.country.as_deref().map(|text| {
            let found = Country::find(text).and_then(Country::chosen);
            found
                .ok_or_else(|| ("country", format!("country = {text:?}: there is no such country")))
        });
        let service = self.service.as_deref().map(|text| {
            let code = |service: &Service| service.code.clone();
            Service::find(text)
                .map(code)
                .map_err(|error| ("service", format!("service = {text:?}: {error}")))
        });
        let duration = self.duration.as_deref().map(|text| {
            let wrong = || {
                (
                    "duration",
                    "a duration is hours, days or weeks: \"4h\", \"3d\", \"2w\"".to_owned(),
                )
            };
            rental_time::parse(text).ok_or_else(wrong)
        });
        let price = Msat::from_sats(self.price)
            .filter(|_| (HOLD_MIN_SATS..=HOLD_MAX_SATS).contains(&self.price));
        let price = price.ok_or_else(|| ("price", self.out_of_range()));
        let of = NumberKind { country: country.transpose()?, service: service.transpose()? };
        Ok(Row { of, duration: duration.transpose()?, price: price? })
    }

    fn out_of_range(&self) -> String {
        let Self { price, .. } = self;
        format!(
            "price = {price}: a payment that is held must be {HOLD_MIN_SATS} to {HOLD_MAX_SATS} sats"
        )
    }
}

/// `key` is `receive` or `rent`.
pub(super) fn check_number_prices(
    key: &str,
    prices: &NumberPricesConfig,
    found: &mut Vec<Finding>,
) {
    let rows = match prices {
        NumberPricesConfig::Flat(sats) => {
            if !(HOLD_MIN_SATS..=HOLD_MAX_SATS).contains(sats) {
                let text = format!(
                    "{key} = {sats}: a payment that is held must be {HOLD_MIN_SATS} to {HOLD_MAX_SATS} sats"
                );
                found.push(Finding::error(format!("prices.{key}"), text));
            }
            return;
        }
        NumberPricesConfig::Rows(rows) => rows,
    };
    if rows.len() > NUMBER_PRICES_MAX {
        let text = format!("{key} has more than {NUMBER_PRICES_MAX} rows");
        found.push(Finding::error(format!("prices.{key}"), text));
    }
    let mut known = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let path = format!("prices.{key}.{at}");
        match row.read() {
            Err((name, text)) => found.push(Finding::error(format!("{path}.{name}"), text)),
            Ok(read) if key == "receive" && read.duration.is_some() => {
                found.push(Finding::error(
                    format!("{path}.duration"),
                    "a number for one code has no duration",
                ));
            }
            Ok(Row { of, duration, .. }) => {
                let is_flat = of == NumberKind::default();
                if key == "rent" && duration.is_none() && !is_flat {
                    let text = "a rental's price of a country or service needs a duration";
                    found.push(Finding::error(path, text));
                } else if known.contains(&(of.clone(), duration)) {
                    found.push(Finding::error(path, "an earlier row has a price for the same"));
                } else {
                    known.push((of, duration));
                }
            }
        }
    }
}

/// A name or a code, as text or as a number.
fn read_country<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a country: its name, its ISO code or its number in /getCountries")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_i64<E: Error>(self, code: i64) -> Result<String, E> {
            Ok(code.to_string())
        }
    }

    value.deserialize_any(Text).map(Some)
}

impl<'de> Deserialize<'de> for NumberPricesConfig {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Prices;

        impl<'de> Visitor<'de> for Prices {
            type Value = NumberPricesConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price in sats, or rows with prices")
            }

            fn visit_i64<E: Error>(self, sats: i64) -> Result<Self::Value, E> {
                Ok(NumberPricesConfig::Flat(sats))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(rows)).map(NumberPricesConfig::Rows)
            }
        }

        value.deserialize_any(Prices)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::mistakes;
    use super::*;
    use crate::config::read;

    #[test]
    fn prices_are_one_amount_or_rows() {
        let text = r#"
[[prices.receive]]
price = 2000
[[prices.receive]]
country = 43
service = "telegram"
price = 2500
[[prices.receive]]
country = "us"
price = 4000
[[prices.rent]]
country = "Germany"
duration = "4h"
price = 900
"#;
        let config = read(text).unwrap().config;
        let (receive, rent) = (&config.prices.receive, &config.prices.rent);
        assert_eq!((receive.flat(1), rent.flat(15_000)), (2_000, 15_000));
        let prices = number_prices(receive, rent);
        let sats = |country| {
            let country = Country::find(country).and_then(Country::chosen);
            prices.of_code(country, &"tg".parse().unwrap()).unwrap().sats_ceil()
        };
        assert_eq!((sats("DE"), sats("USA"), sats("France")), (2_500, 4_000, 2_000));
        assert_eq!((prices.codes.len(), prices.rentals.len()), (3, 1));
        let config = read("[prices]\nreceive = 777\n").unwrap().config;
        assert_eq!(config.prices.receive.flat(1), 777);
    }

    #[test]
    fn says_what_is_wrong_with_a_row() {
        for (text, told) in [
            ("[[prices.receive]]\nprice = 99\n", "line 2: price = 99: a payment that is held"),
            ("[[prices.receive]]\nprice = 100\ncountry = \"atlantis\"\n", "line 3: country = "),
            ("[[prices.receive]]\nprice = 100\nservice = \"mess\"\n", "line 3: service = "),
            ("[[prices.receive]]\nprice = 100\nduration = \"1w\"\n", "line 3: a number for one"),
            ("[[prices.rent]]\nprice = 100\nduration = \"1m\"\n", "line 3: a duration is"),
            ("[[prices.rent]]\nprice = 100\ncountry = 0\n", "line 1: a rental's price"),
            (
                "[[prices.receive]]\nprice = 100\n[[prices.receive]]\nprice = 200\n",
                "line 3: an earlier row",
            ),
            ("[[prices.receive]]\nprize = 100\nprice = 100\n", "line 2: unknown field `prize`"),
        ] {
            let found = mistakes(text);
            assert!(found.len() == 1 && found[0].starts_with(told), "{text}: {found:?}");
        }
    }
}
