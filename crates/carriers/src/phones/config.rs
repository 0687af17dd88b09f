//! The configuration section of a carrier of phones.

use std::time::Duration;

use domain::limits::PHONE_SIMS_MAX;
use domain::number::own::Country;
use domain::phone::{PHONE_NAME_CHARS_MAX, Reach, SendTerms, SimName};
use domain::routing::CarrierName;
use serde::Deserialize;

use crate::ConfigError;

/// Bounds of `ttl_s`: a healthy phone fetches a text within seconds, and its sender waits meanwhile.
const TTL_S: std::ops::RangeInclusive<u32> = 10..=600;
const DAILY_LIMIT: std::ops::RangeInclusive<u32> = 1..=100_000;

/// `[[carriers]]` with `kind = "phones"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhonesConfig {
    /// Destinations, by ISO 3166-1, or `*` alone for all. Not set: a SIM card sends to its own country.
    #[serde(default)]
    pub countries: Option<Vec<String>>,
    /// `desk`, or one SIM card of it: `desk/2`. Empty: all that the operator lets send.
    #[serde(default)]
    pub phones: Vec<String>,
    /// Parts that each SIM card sends in a day (UTC).
    #[serde(default = "daily_limit")]
    pub daily_limit: u32,
    /// A text that its phone has not fetched after so many seconds is withdrawn.
    #[serde(default = "ttl_s")]
    pub ttl_s: u32,
    /// Whether the networks report deliveries. Without reports a text that the network took counts as delivered.
    #[serde(default = "delivery_reports")]
    pub delivery_reports: bool,
}

const fn daily_limit() -> u32 {
    100
}

const fn ttl_s() -> u32 {
    60
}

const fn delivery_reports() -> bool {
    true
}

impl PhonesConfig {
    /// # Errors
    ///
    /// [`ConfigError`] for settings that can never work.
    pub fn terms(&self, carrier: CarrierName) -> Result<SendTerms, ConfigError> {
        let within = |key, value: u32, bounds: &std::ops::RangeInclusive<u32>| {
            let why = format!("must be between {} and {}", bounds.start(), bounds.end());
            if bounds.contains(&value) { Ok(()) } else { Err(ConfigError::key(key, why)) }
        };
        within("daily_limit", self.daily_limit, &DAILY_LIMIT)?;
        within("ttl_s", self.ttl_s, &TTL_S)?;
        let sims = self.phones.iter().map(|name| sim_name(name)).collect::<Result<_, _>>()?;
        Ok(SendTerms {
            carrier,
            reach: self.reach()?,
            sims,
            daily_limit: self.daily_limit,
            fetch_within: Duration::from_secs(self.ttl_s.into()),
            wants_reports: self.delivery_reports,
        })
    }

    fn reach(&self) -> Result<Reach, ConfigError> {
        let Some(countries) = &self.countries else { return Ok(Reach::Own) };
        let wrong = |why: String| ConfigError::key("countries", why);
        match countries.as_slice() {
            [] => Err(wrong("is empty: nothing would ever be sent".to_owned())),
            [all] if all == "*" => Ok(Reach::Everything),
            some => {
                let read = |code: &String| {
                    Country::assigned(code).map_err(|error| wrong(format!("{code:?}: {error}")))
                };
                some.iter().map(read).collect::<Result<_, _>>().map(Reach::Countries)
            }
        }
    }
}

fn sim_name(written: &str) -> Result<SimName, ConfigError> {
    let name = SimName::new(written);
    let wrong = |why| Err(ConfigError::key("phones", format!("{written:?} {why}")));
    if !(1..=PHONE_NAME_CHARS_MAX).contains(&name.phone.chars().count()) {
        return wrong("is no name of a phone");
    }
    match name.sim {
        Some(sim) if !(1..=PHONE_SIMS_MAX).contains(&usize::from(sim)) => {
            wrong("names no SIM card: they are counted from 1")
        }
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<SendTerms, ConfigError> {
        let config: PhonesConfig = serde_json::from_str(json).unwrap();
        config.terms(CarrierName::new("phones"))
    }

    #[test]
    fn an_empty_section_sends_from_all_to_their_own_countries() {
        let terms = read("{}").unwrap();
        assert_eq!((terms.reach, terms.sims), (Reach::Own, vec![]));
        assert_eq!((terms.daily_limit, terms.fetch_within), (100, Duration::from_secs(60)));
        assert!(terms.wants_reports);
        let all = read(r#"{"countries": ["*"], "phones": ["desk", "attic/2"]}"#).unwrap();
        assert_eq!(all.reach, Reach::Everything);
        assert_eq!(all.sims, [SimName::new("desk"), SimName::new("attic/2")]);
        assert_eq!(all.sims[1].sim, Some(2));
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_start() {
        for (json, key) in [
            (r#"{"countries": []}"#, "countries"),
            (r#"{"countries": ["UK"]}"#, "countries"),
            (r#"{"countries": ["DK", "*"]}"#, "countries"),
            (r#"{"daily_limit": 0}"#, "daily_limit"),
            (r#"{"ttl_s": 5}"#, "ttl_s"),
            (r#"{"ttl_s": 601}"#, "ttl_s"),
            (r#"{"phones": [""]}"#, "phones"),
            (r#"{"phones": ["desk/0"]}"#, "phones"),
            (r#"{"phones": ["desk/9"]}"#, "phones"),
        ] {
            let error = read(json).err().unwrap().to_string();
            assert!(error.starts_with(key), "{json}: {error}");
        }
        assert!(serde_json::from_str::<PhonesConfig>(r#"{"limit": 3}"#).is_err());
    }
}
