//! Where an account, or callers without one, may send, and how much in an hour. Against traffic pumping: texts to numbers
//! whose owner is paid for receiving them.

use std::fmt;
use std::str::FromStr;

use crate::limits::HOURLY_CAPS_MAX;
use crate::number::Msisdn;
use crate::number::own::{BadCountry, Country};

/// The rules of an account, or the operator's for callers without one. The default allows everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrafficRules {
    /// `None`: all.
    pub countries: Option<Countries>,
    pub caps: HourlyCaps,
}

/// Countries, sorted. Stored and shown as `DK TH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countries(Vec<Country>);

/// Messages per hour to numbers that begin with a prefix; all that match apply. Stored as `=1000 66=100`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HourlyCaps(Vec<HourlyCap>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourlyCap {
    /// First digits of the international number; empty for all numbers.
    pub prefix: String,
    pub messages: u32,
}

/// Messages of one request that a cap counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficCount {
    pub cap: HourlyCap,
    pub messages: u32,
}

/// The hour that caps count in: clock hours of UTC.
#[must_use]
pub fn hour_of(now: crate::time::Timestamp) -> i64 {
    now.as_secs().div_euclid(3_600)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCaps {
    #[error("a prefix is the first digits of an international number, without + and leading zeros")]
    Prefix,
    #[error("a cap is a number of messages")]
    Messages,
    #[error("a prefix has two caps")]
    Repeated,
    #[error("there are at most {HOURLY_CAPS_MAX} caps")]
    TooMany,
}

impl TrafficRules {
    #[must_use]
    pub fn are_empty(&self) -> bool {
        self.countries.is_none() && self.caps.0.is_empty()
    }

    /// The country of the first number that may not be sent to, or its calling code if it has none.
    pub fn refused_country<'a>(
        &self,
        numbers: impl IntoIterator<Item = &'a Msisdn>,
    ) -> Option<String> {
        let allowed = &self.countries.as_ref()?.0;
        numbers.into_iter().find_map(|number| match number.country() {
            Some(country) if allowed.binary_search(&country).is_ok() => None,
            Some(country) => Some(country.to_string()),
            None => Some(format!("+{}", number.country_calling_code())),
        })
    }

    /// What these numbers add to each cap.
    pub fn counts<'a>(&self, numbers: impl IntoIterator<Item = &'a Msisdn>) -> Vec<TrafficCount> {
        let count = |cap: &HourlyCap| TrafficCount { cap: cap.clone(), messages: 0 };
        let mut counts: Vec<_> = self.caps.0.iter().map(count).collect();
        if counts.is_empty() {
            return counts;
        }
        for number in numbers {
            for count in &mut counts {
                count.messages += u32::from(number.digits_prefix_matches(&count.cap.prefix));
            }
        }
        counts.retain(|count| count.messages > 0);
        counts
    }
}

impl Countries {
    pub fn new(countries: impl IntoIterator<Item = Country>) -> Self {
        let mut all: Vec<_> = countries.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    pub fn iter(&self) -> impl Iterator<Item = Country> + '_ {
        self.0.iter().copied()
    }
}

impl FromStr for Countries {
    type Err = BadCountry;

    fn from_str(text: &str) -> Result<Self, BadCountry> {
        let codes = text.split([' ', ',']).filter(|code| !code.is_empty());
        codes.map(str::parse).collect::<Result<Vec<_>, _>>().map(Self::new)
    }
}

impl fmt::Display for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> = self.0.iter().map(Country::to_string).collect();
        f.write_str(&codes.join(" "))
    }
}

impl HourlyCaps {
    /// # Errors
    ///
    /// [`BadCaps`].
    pub fn new(caps: impl IntoIterator<Item = (String, u32)>) -> Result<Self, BadCaps> {
        let mut all = Vec::new();
        for (prefix, messages) in caps {
            let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || prefix.starts_with('0') || prefix.len() > 15 {
                return Err(BadCaps::Prefix);
            }
            all.push(HourlyCap { prefix, messages });
        }
        all.sort_unstable_by(|one, other| one.prefix.cmp(&other.prefix));
        if all.windows(2).any(|pair| pair[0].prefix == pair[1].prefix) {
            return Err(BadCaps::Repeated);
        }
        if all.len() > HOURLY_CAPS_MAX { Err(BadCaps::TooMany) } else { Ok(Self(all)) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &HourlyCap> {
        self.0.iter()
    }
}

impl FromStr for HourlyCaps {
    type Err = BadCaps;

    fn from_str(text: &str) -> Result<Self, BadCaps> {
        let caps = text.split([' ', ',']).filter(|cap| !cap.is_empty()).map(|cap| {
            let (prefix, messages) = cap.split_once('=').ok_or(BadCaps::Messages)?;
            Ok((prefix.to_owned(), messages.parse().map_err(|_| BadCaps::Messages)?))
        });
        Self::new(caps.collect::<Result<Vec<_>, _>>()?)
    }
}

impl fmt::Display for HourlyCaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cap = |cap: &HourlyCap| format!("{}={}", cap.prefix, cap.messages);
        f.write_str(&self.0.iter().map(cap).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(digits: &[&str]) -> Vec<Msisdn> {
        digits.iter().map(|digits| digits.parse().unwrap()).collect()
    }

    #[test]
    fn names_the_country_that_is_not_allowed() {
        let rules = |countries: &str| TrafficRules {
            countries: Some(countries.parse().unwrap()),
            ..TrafficRules::default()
        };
        for (countries, number, refused) in [
            ("DK TH", "4520123456", None),
            ("TH", "4520123456", Some("DK")),
            // Countries that share a calling code.
            ("US", "12125550123", None),
            ("US", "14165550123", Some("CA")),
            ("CA", "12125550123", Some("US")),
            ("RU", "77011234567", Some("KZ")),
            ("GB", "447400123456", None),
            ("GB", "447911123456", Some("GG")),
            // No number of a plan that is known, and a network without a country.
            ("TH", "4599999999", Some("DK")),
            ("TH", "881612345678", Some("+881")),
            ("", "4520123456", Some("DK")),
        ] {
            let number = numbers(&[number]);
            assert_eq!(
                rules(countries).refused_country(&number).as_deref(),
                refused,
                "{countries}"
            );
            assert_eq!(TrafficRules::default().refused_country(&number), None);
        }
    }

    #[test]
    fn every_cap_that_matches_counts() {
        let caps = "=1000 45=10 4520=5 66=1".parse().unwrap();
        let rules = TrafficRules { caps, ..TrafficRules::default() };
        let counts = rules.counts(&numbers(&["4520123456", "4531123456", "12125550123"]));
        let counts: Vec<_> =
            counts.iter().map(|count| (count.cap.prefix.as_str(), count.messages)).collect();
        assert_eq!(counts, [("", 3), ("45", 2), ("4520", 1)]);
    }

    #[test]
    fn rules_are_stored_as_they_are_read() {
        assert_eq!("TH,DK TH".parse::<Countries>().unwrap().to_string(), "DK TH");
        assert!("Denmark".parse::<Countries>().is_err());
        assert_eq!("66=100 =5".parse::<HourlyCaps>().unwrap().to_string(), "=5 66=100");
        for (bad, error) in [
            ("+66=1", BadCaps::Prefix),
            ("066=1", BadCaps::Prefix),
            ("66", BadCaps::Messages),
            ("66=-1", BadCaps::Messages),
            ("66=1 66=2", BadCaps::Repeated),
        ] {
            assert_eq!(bad.parse::<HourlyCaps>(), Err(error), "{bad}");
        }
        let many = (1..=101).map(|number| (number.to_string(), 1));
        assert_eq!(HourlyCaps::new(many), Err(BadCaps::TooMany));
    }
}
