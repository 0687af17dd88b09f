//! `[[suppliers]]`: where numbers on loan come from. A wholesaler of kind "handler" speaks `handler_api.php`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use domain::activation::{Network, SupplierName};
use domain::money::Msat;
use domain::secret::Secret;
use serde::Deserialize;
use suppliers::handler::HandlerOptions;

use super::carriers::read_first_line;
use super::period::read_period;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SupplierKind {
    Handler,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupplierConfig {
    pub name: String,
    #[serde(rename = "kind")]
    pub _kind: SupplierKind,
    pub url: String,
    #[serde(default, deserialize_with = "read_secret")]
    pub api_key: Option<Secret>,
    pub api_key_file: Option<PathBuf>,
    pub msat_per_unit: i64,
    #[serde(default = "margin")]
    pub margin: u8,
    /// In sats.
    pub price_max: Option<i64>,
    #[serde(default)]
    pub real_phones: bool,
    #[serde(default = "timeout", deserialize_with = "read_period")]
    pub timeout: Duration,
    #[serde(default = "rate")]
    pub rate: u32,
    #[serde(default = "poll", deserialize_with = "read_period")]
    pub poll: Duration,
    #[serde(default = "prices_kept", deserialize_with = "read_period")]
    pub prices_kept: Duration,
    /// In sats.
    #[serde(default)]
    pub balance_low: i64,
}

const fn margin() -> u8 {
    20
}

const fn timeout() -> Duration {
    Duration::from_secs(10)
}

const fn rate() -> u32 {
    5
}

const fn poll() -> Duration {
    Duration::from_secs(4)
}

const fn prices_kept() -> Duration {
    Duration::from_secs(60)
}

fn read_secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(Secret::new))
}

impl SupplierConfig {
    pub(crate) fn options(&self) -> anyhow::Result<HandlerOptions> {
        let api_key = match (&self.api_key, &self.api_key_file) {
            (Some(key), None) => key.clone(),
            (None, Some(path)) => read_first_line("api_key_file", path)?,
            (Some(_), Some(_)) => anyhow::bail!("api_key_file: either it or api_key, not both"),
            (None, None) => anyhow::bail!("api_key: a wholesaler needs it, or api_key_file"),
        };
        let sats = |key: &'static str, sats: i64| {
            let amount = Msat::from_sats(sats).filter(|amount| !amount.is_negative());
            amount.with_context(|| format!("{key}: {sats} is no amount"))
        };
        let network = if self.real_phones { Network::RealPhones } else { Network::Any };
        Ok(HandlerOptions {
            name: SupplierName::new(&self.name),
            url: self.url.clone(),
            api_key,
            msat_per_unit: self.msat_per_unit,
            margin: self.margin,
            price_max: self.price_max.map(|max| sats("price_max", max)).transpose()?,
            network,
            timeout: self.timeout,
            rate: self.rate,
            poll_every: self.poll,
            prices_kept: self.prices_kept,
            balance_low: sats("balance_low", self.balance_low)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::tests::mistakes;

    const NORTH: &str = "[[suppliers]]\nname = \"north\"\nkind = \"handler\"\n\
        url = \"https://north.example/stubs/handler_api.php\"\nmsat_per_unit = 1000000\n";

    #[test]
    fn reads_a_wholesaler_and_hides_its_key() {
        let config = read(&format!("{NORTH}api_key = \"s3cret\"\n")).unwrap().config;
        let options = config.suppliers[0].options().unwrap();
        assert_eq!((options.margin, options.api_key.expose()), (20, "s3cret"));
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn says_what_is_wrong_with_a_wholesaler() {
        for (keys, told) in [
            ("", "api_key: a wholesaler needs it"),
            ("api_key = \"a\"\napi_key_file = \"/b\"", "either it or api_key"),
            ("api_key_file = \"/none\"", "api_key_file: cannot use /none"),
            ("api_key = \"a b\"", "api_key must be"),
            ("api_key = \"a\"\nmargin = 100", "margin must be"),
            ("api_key = \"a\"\nprice_max = 0", "price_max must be"),
            ("api_key = \"a\"\nprice_max = -1", "price_max: -1 is no amount"),
            ("api_key = \"a\"\nrate = 0", "rate must be"),
            ("api_key = \"a\"\npoll = \"2m\"", "poll must be"),
            ("api_key = \"a\"\ntimeout = \"2m\"", "timeout must be"),
            ("api_key = \"a\"\nprices_kept = \"1h\"", "prices_kept must be"),
            ("api_key = \"a\"\ncolour = \"red\"", "unknown field `colour`"),
        ] {
            let found = mistakes(&format!("{NORTH}{keys}\n"));
            assert!(found.len() == 1 && found[0].contains(told), "{keys}: {found:?}");
        }
        let twice = mistakes(&format!("{NORTH}api_key = \"a\"\n{NORTH}api_key = \"a\"\n"));
        assert!(twice[0].contains("another supplier named"), "{twice:?}");
    }
}
