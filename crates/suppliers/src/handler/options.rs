//! The configuration of one wholesaler.

use std::time::Duration;

use domain::activation::{Network, SupplierName};
use domain::money::Msat;
use domain::secret::Secret;

#[derive(Debug, Clone)]
pub struct HandlerOptions {
    pub name: SupplierName,
    /// The whole address, usually ending in `/stubs/handler_api.php`.
    pub url: String,
    pub api_key: Secret,
    /// The worth of one unit of the wholesaler's currency.
    pub msat_per_unit: i64,
    /// Percent of the buyer's price that stays here: nothing is acquired at a cost above the rest.
    pub margin: u8,
    /// Nothing is acquired at a higher cost, whatever the buyer pays.
    pub price_max: Option<Msat>,
    /// Whether its numbers are of ordinary phones.
    pub network: Network,
    /// For each request.
    pub timeout: Duration,
    /// Requests in a second, of all kinds.
    pub rate: u32,
    /// Age of the list of open loans that a status may be read from.
    pub poll_every: Duration,
    /// Age of the prices that offers may be read from.
    pub prices_kept: Duration,
    /// A lower balance is logged.
    pub balance_low: Msat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandlerConfigError {
    #[error("url must be an http:// or https:// URL without a query")]
    Url,
    #[error("api_key must be 1 to 256 visible characters")]
    ApiKey,
    #[error("msat_per_unit must be from 1 to 1000000000000")]
    MsatPerUnit,
    #[error("margin must be 0 to 99 percent")]
    Margin,
    #[error("price_max must be at least 1")]
    PriceMax,
    #[error("timeout must be from \"1s\" to \"60s\"")]
    Timeout,
    #[error("rate must be from 1 to 1000")]
    Rate,
    #[error("poll must be from \"1s\" to \"60s\"")]
    Poll,
    #[error("prices_kept must be from \"1s\" to \"10m\"")]
    PricesKept,
}

impl HandlerOptions {
    /// The URL, if everything can be used.
    pub fn check(&self) -> Result<url::Url, HandlerConfigError> {
        use HandlerConfigError as E;
        let within = |value: Duration, min: u64, max: u64| {
            value >= Duration::from_secs(min) && value <= Duration::from_secs(max)
        };
        let url = url::Url::parse(&self.url).map_err(|_| E::Url)?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.has_host();
        if !matches!(url.scheme(), "http" | "https") || !plain {
            return Err(E::Url);
        }
        let key = self.api_key.expose();
        if key.is_empty() || key.len() > 256 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(E::ApiKey);
        }
        let wrong = [
            (!(1..=1_000_000_000_000).contains(&self.msat_per_unit), E::MsatPerUnit),
            (self.margin > 99, E::Margin),
            (self.price_max.is_some_and(|max| max <= Msat::ZERO), E::PriceMax),
            (!within(self.timeout, 1, 60), E::Timeout),
            (!(1..=1_000).contains(&self.rate), E::Rate),
            (!within(self.poll_every, 1, 60), E::Poll),
            (!within(self.prices_kept, 1, 600), E::PricesKept),
        ];
        match wrong.into_iter().find(|(wrong, _)| *wrong) {
            Some((_, error)) => Err(error),
            None => Ok(url),
        }
    }

    /// The lowest price at which a number of this cost is acquired; `None`: it is at none.
    pub(super) fn price_for(&self, cost: Msat) -> Option<Msat> {
        if self.price_max.is_some_and(|max| cost > max) {
            return None;
        }
        let kept = i128::from(100_u8.saturating_sub(self.margin).max(1));
        let hundredfold = i128::from(cost.get()) * 100;
        let price = hundredfold / kept + i128::from(hundredfold % kept > 0);
        i64::try_from(price).ok().map(Msat::new)
    }

    /// The highest cost for a number that is sold at this price.
    pub(super) fn cost_limit(&self, price: Msat) -> Msat {
        let kept = i64::from(100_u8.saturating_sub(self.margin));
        let share = i128::from(price.get()) * i128::from(kept) / 100;
        let share = Msat::new(i64::try_from(share).unwrap_or(0));
        self.price_max.map_or(share, |max| max.min(share))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn options() -> HandlerOptions {
        HandlerOptions {
            name: SupplierName::new("north"),
            url: "https://north.example/stubs/handler_api.php".to_owned(),
            api_key: Secret::new("s3cret"),
            msat_per_unit: 1_000_000,
            margin: 20,
            price_max: None,
            network: Network::Any,
            timeout: Duration::from_secs(5),
            rate: 10,
            poll_every: Duration::from_secs(3),
            prices_kept: Duration::from_secs(30),
            balance_low: Msat::ZERO,
        }
    }

    #[test]
    fn the_cost_is_below_the_price_by_the_margin_and_below_the_maximum() {
        let plain = options();
        assert_eq!(plain.cost_limit(Msat::new(3_000_000)), Msat::new(2_400_000));
        assert_eq!(plain.cost_limit(Msat::new(1)), Msat::ZERO, "rounded down");
        let capped = HandlerOptions { price_max: Some(Msat::new(5)), ..options() };
        assert_eq!(capped.cost_limit(Msat::new(3_000_000)), Msat::new(5));
    }

    #[test]
    fn a_number_is_acquired_at_its_price_and_not_below() {
        for margin in [0, 1, 20, 33, 99] {
            let options = HandlerOptions { margin, ..options() };
            for cost in [1, 2, 99, 100, 2_400_001] {
                let price = options.price_for(Msat::new(cost)).unwrap();
                assert!(options.cost_limit(price) >= Msat::new(cost));
                assert!(options.cost_limit(Msat::new(price.get() - 1)) < Msat::new(cost));
            }
        }
        let capped = HandlerOptions { price_max: Some(Msat::new(5)), ..options() };
        assert_eq!(capped.price_for(Msat::new(5)), Some(Msat::new(7)));
        assert_eq!(capped.price_for(Msat::new(6)), None);
        assert_eq!(options().price_for(Msat::new(i64::MAX)), None);
    }

    #[test]
    fn refuses_what_cannot_work() {
        use HandlerConfigError as E;
        let url = |url: &str| HandlerOptions { url: url.to_owned(), ..options() };
        for (wrong, error) in [
            (url("ftp://north.example/"), E::Url),
            (url("https://north.example/?a=b"), E::Url),
            (url("north.example"), E::Url),
            (HandlerOptions { api_key: Secret::new("a b"), ..options() }, E::ApiKey),
            (HandlerOptions { msat_per_unit: 0, ..options() }, E::MsatPerUnit),
            (HandlerOptions { margin: 100, ..options() }, E::Margin),
            (HandlerOptions { price_max: Some(Msat::ZERO), ..options() }, E::PriceMax),
            (HandlerOptions { timeout: Duration::ZERO, ..options() }, E::Timeout),
            (HandlerOptions { rate: 0, ..options() }, E::Rate),
            (HandlerOptions { poll_every: Duration::ZERO, ..options() }, E::Poll),
            (HandlerOptions { prices_kept: Duration::ZERO, ..options() }, E::PricesKept),
        ] {
            assert_eq!(wrong.check(), Err(error), "{wrong:?}");
        }
        assert!(options().check().is_ok());
    }
}
