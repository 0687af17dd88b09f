//! `[[routes]]`: the carriers of each destination and their order.

use std::time::Duration;

use domain::limits;
use domain::routing::{CarrierName, Route, RouteCarrier};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::period::read_optional_period;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteConfig {
    pub prefix: String,
    pub carriers: Vec<RouteCarrierConfig>,
    /// `None`: receipts are awaited until the message ends.
    #[serde(default, deserialize_with = "read_optional_period")]
    pub receipt_timeout: Option<Duration>,
    pub attempts: Option<u32>,
}

/// A name or a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RouteCarrierConfig {
    pub name: String,
    pub weight: Option<u32>,
    pub cost: Option<u32>,
}

impl RouteConfig {
    /// A route of all numbers with these carriers in order.
    pub(super) fn for_all(carriers: impl Iterator<Item = String>) -> Self {
        let named = |name| RouteCarrierConfig { name, ..RouteCarrierConfig::default() };
        Self { carriers: carriers.map(named).collect(), ..Self::default() }
    }

    /// Without any weight or cost, the position is the cost.
    pub(crate) fn route(&self) -> Route {
        let names = self.carriers.iter().map(|carrier| CarrierName::new(&carrier.name));
        let mut route = Route::in_order(&self.prefix, names);
        let weighed = |carrier: &RouteCarrierConfig| carrier.weight.or(carrier.cost).is_some();
        if self.carriers.iter().any(weighed) {
            let of = |carrier: &RouteCarrierConfig| RouteCarrier {
                name: CarrierName::new(&carrier.name),
                weight: carrier.weight.unwrap_or(1),
                cost: carrier.cost.unwrap_or(0),
            };
            route.carriers = self.carriers.iter().map(of).collect();
        }
        route.receipt_timeout = self.receipt_timeout;
        route.attempts = self.attempts.unwrap_or(limits::HAND_OVERS_MAX);
        route
    }
}

impl<'de> Deserialize<'de> for RouteCarrierConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable)
    }
}

struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = RouteCarrierConfig;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a carrier's name, or { name = \"…\", weight = 1, cost = 0 }")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(RouteCarrierConfig { name: name.to_owned(), ..RouteCarrierConfig::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            name: String,
            weight: Option<u32>,
            cost: Option<u32>,
        }
        let Table { name, weight, cost } = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RouteCarrierConfig { name, weight, cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> RouteConfig {
        toml::from_str(text).unwrap()
    }

    fn carriers(text: &str) -> Vec<(String, u32, u32)> {
        let route = read(text).route();
        let told = |carrier: RouteCarrier| {
            (carrier.name.as_str().to_owned(), carrier.weight, carrier.cost)
        };
        route.carriers.into_iter().map(told).collect()
    }

    #[test]
    fn names_alone_define_the_order() {
        let told = carriers("prefix = \"45\"\ncarriers = [\"main\", \"backup\"]");
        assert_eq!(told, [("main".to_owned(), 1, 0), ("backup".to_owned(), 1, 1)]);
    }

    #[test]
    fn with_one_weight_or_cost_the_others_have_defaults() {
        let told = carriers(
            "prefix = \"\"\ncarriers = [\"a\", { name = \"b\", weight = 3 }, { name = \"c\", cost = 12 }]",
        );
        let expected = [("a".to_owned(), 1, 0), ("b".to_owned(), 3, 0), ("c".to_owned(), 1, 12)];
        assert_eq!(told, expected);
    }

    #[test]
    fn limits_have_defaults() {
        let plain = read("prefix = \"\"\ncarriers = [\"a\"]").route();
        assert_eq!((plain.receipt_timeout, plain.attempts), (None, limits::HAND_OVERS_MAX));
        let route =
            read("prefix = \"\"\ncarriers = [\"a\"]\nreceipt_timeout = \"10m\"\nattempts = 8");
        let route = route.route();
        assert_eq!((route.receipt_timeout, route.attempts), (Some(Duration::from_secs(600)), 8));
    }
}
