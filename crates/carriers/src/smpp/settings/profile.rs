//! Builds a carrier's profile from its section; contradictory keys and keys without effect are refused.

use std::collections::{BTreeMap, BTreeSet};

use domain::number::SenderId;
use domain::routing::{Charge, Charges};
use domain::text::{Policy, ReferenceWidth};
use smpp::pdu::{TlvBuf, tag};

use super::super::config::{InterfaceVersion, SmppConfig, TlvConfig};
use super::super::profile::{Alphabet, Beyond, Kind, LongMessages, Premium, Profile, SettleOn};
use crate::ConfigError;

/// Largest type of number (SMPP 3.4 §5.2.5).
const TON_MAX: u8 = 6;
const NPI_MAX: u8 = 18;

/// Largest priority (SMPP 5.0 §4.7.14).
const PRIORITY_MAX: u8 = 4;

/// Limit of all extra parameters together, in octets.
const TLVS_OCTETS_MAX: usize = 1_024;

impl SmppConfig {
    pub(super) fn profile(&self) -> Result<Profile, ConfigError> {
        self.check_kinds()?;
        self.check_choices()?;
        let source = self.source.as_deref().map(SenderId::parse).transpose();
        Ok(Profile {
            alphabet: self.alphabet,
            beyond: self.beyond_alphabet,
            long: self.long_messages,
            policy: Policy { reference: self.reference_width()?, ..Policy::default() },
            source: source.map_err(|error| ConfigError::key("source", error.to_string()))?,
            of_sources: Kind { ton: self.source_ton, npi: self.source_npi },
            of_short_codes: Kind { ton: self.short_code_ton, npi: self.short_code_npi },
            of_destinations: Kind { ton: self.dest_ton, npi: self.dest_npi },
            service_type: self.service_type.clone(),
            receipts: self.registered_delivery,
            settle_on: self.settle_on,
            validity: self.validity_period,
            priority: self.priority,
            flash: self.flash,
            premium: self.premium()?,
            tlvs: self.extra_tlvs()?,
        })
    }

    /// What recipients can be charged; `None` if they cannot.
    pub fn charges(&self) -> Option<Charges> {
        let premium = self.premium().ok()?;
        if premium.tlv.is_some() {
            return Some(Charges::Any);
        }
        let prices: BTreeSet<_> = premium.service_types.into_keys().collect();
        (!prices.is_empty()).then_some(Charges::These(prices))
    }

    fn premium(&self) -> Result<Premium, ConfigError> {
        let refused = |why: &str| ConfigError::key("premium_service_types", why.to_owned());
        let mut service_types = BTreeMap::new();
        for (price, service_type) in &self.premium_service_types {
            let price = price.parse().ok().and_then(Charge::new).ok_or_else(|| {
                refused("a price is the hundredths that are charged, as digits: \"500\"")
            })?;
            if service_type.is_empty() || service_type.len() > 5 || !service_type.is_ascii() {
                return Err(refused("a service type has 1 to 5 ASCII characters"));
            }
            service_types.insert(price.get(), service_type.clone());
        }
        if service_types.len() < self.premium_service_types.len() {
            return Err(refused("a price is there twice"));
        }
        if let Some(tag) = self.premium_tlv {
            if !service_types.is_empty() {
                return Err(refused("has no effect with premium_tlv"));
            }
            self.check_premium_tlv(tag)?;
        }
        Ok(Premium { tlv: self.premium_tlv, service_types })
    }

    fn check_premium_tlv(&self, tag: u16) -> Result<(), ConfigError> {
        let wrong = |why: &str| ConfigError::key("premium_tlv", why.to_owned());
        if is_set_by_long_messages(tag) {
            return Err(wrong("is set by long_messages"));
        }
        if self.tlvs.iter().any(|tlv| tlv.tag == tag) {
            return Err(wrong("is set by tlvs"));
        }
        if self.interface_version == InterfaceVersion::V33 {
            return Err(wrong("is not supported by interface_version = \"3.3\""));
        }
        Ok(())
    }

    fn check_kinds(&self) -> Result<(), ConfigError> {
        for (key, given, most) in [
            ("source_ton", self.source_ton, TON_MAX),
            ("short_code_ton", self.short_code_ton, TON_MAX),
            ("dest_ton", self.dest_ton, TON_MAX),
            ("address_ton", Some(self.address_ton), TON_MAX),
            ("source_npi", self.source_npi, NPI_MAX),
            ("short_code_npi", self.short_code_npi, NPI_MAX),
            ("dest_npi", self.dest_npi, NPI_MAX),
            ("address_npi", Some(self.address_npi), NPI_MAX),
            ("priority", Some(self.priority), PRIORITY_MAX),
        ] {
            if given.is_some_and(|given| given > most) {
                return Err(ConfigError::key(key, format!("must be between 0 and {most}")));
            }
        }
        Ok(())
    }

    fn check_choices(&self) -> Result<(), ConfigError> {
        if self.settle_on == SettleOn::Receipt && !self.registered_delivery.reports_success() {
            let why = "requests no receipt for delivered messages, so none would ever count as \
                       delivered; set settle_on = \"submit\" if accepted messages do";
            return Err(ConfigError::key("registered_delivery", why));
        }
        if self.alphabet == Alphabet::Latin1 && self.beyond_alphabet == Beyond::Latin1 {
            return Err(ConfigError::key(
                "beyond_alphabet",
                "has no effect with alphabet = \"latin1\"",
            ));
        }
        if self.reference.is_some() && self.long_messages != LongMessages::Udh {
            let why =
                "applies to user data headers and has no effect without long_messages = \"udh\"";
            return Err(ConfigError::key("reference", why));
        }
        let old = self.interface_version == InterfaceVersion::V33;
        if old && self.long_messages != LongMessages::Udh {
            let why = "needs optional parameters, which interface_version = \"3.3\" does not have";
            return Err(ConfigError::key("long_messages", why));
        }
        if old && !self.tlvs.is_empty() {
            let why = "are not supported by interface_version = \"3.3\"";
            return Err(ConfigError::key("tlvs", why));
        }
        Ok(())
    }

    fn reference_width(&self) -> Result<ReferenceWidth, ConfigError> {
        match self.reference {
            None | Some(8) => Ok(ReferenceWidth::Eight),
            Some(16) => Ok(ReferenceWidth::Sixteen),
            Some(_) => Err(ConfigError::key("reference", "must be 8 or 16")),
        }
    }

    fn extra_tlvs(&self) -> Result<Vec<u8>, ConfigError> {
        let mut tlvs = TlvBuf::new();
        for tlv in &self.tlvs {
            let wrong = |why| ConfigError::key("tlvs", format!("{:#06x} {why}", tlv.tag));
            if is_set_by_long_messages(tlv.tag) {
                return Err(wrong("is set by long_messages"));
            }
            if tlvs.tlvs().get(tlv.tag).is_some() {
                return Err(wrong("is set twice"));
            }
            let value = tlv.octets().map_err(wrong)?;
            tlvs.push(tlv.tag, &value).map_err(|_| wrong("is too long"))?;
        }
        let octets = tlvs.tlvs().whole().to_vec();
        if octets.len() > TLVS_OCTETS_MAX {
            let why = format!("exceed {TLVS_OCTETS_MAX} octets together");
            return Err(ConfigError::key("tlvs", why));
        }
        Ok(octets)
    }
}

const fn is_set_by_long_messages(tag: u16) -> bool {
    matches!(
        tag,
        tag::MESSAGE_PAYLOAD
            | tag::SAR_MSG_REF_NUM
            | tag::SAR_TOTAL_SEGMENTS
            | tag::SAR_SEGMENT_SEQNUM
    )
}

impl TlvConfig {
    fn octets(&self) -> Result<Vec<u8>, &'static str> {
        match (&self.value, &self.hex) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(hex)) => octets_of(hex).ok_or("has an invalid hex value"),
            (Some(_), Some(_)) => Err("must not have both value and hex"),
            (None, None) => Err("must have value or hex"),
        }
    }
}

fn octets_of(hex: &str) -> Option<Vec<u8>> {
    let digit =
        |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    hex.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::profile::Receipts;

    fn read(more: &str) -> Result<Profile, ConfigError> {
        let json = format!(r#"{{"host": "localhost", "system_id": "u"{more}}}"#);
        serde_json::from_str::<SmppConfig>(&json).unwrap().profile()
    }

    #[test]
    fn the_defaults_suit_most_carriers() {
        let profile = read("").unwrap();
        let source = |name: &str| profile.kind_of_source(&SenderId::parse(name).unwrap());
        let kinds = ["Boltgram", "4570101010", "1234"].map(source).map(|kind| (kind.0.0, kind.1.0));
        assert_eq!(kinds, [(5, 0), (1, 1), (3, 0)]);
        let destination = profile.kind_of_destination();
        assert_eq!((destination.0.0, destination.1.0), (1, 1));
        assert_eq!((profile.receipts, profile.tlvs.len()), (Receipts::Final, 0));
    }

    #[test]
    fn kinds_are_overridden_for_all_and_for_short_codes() {
        let profile = read(r#", "source_ton": 0, "short_code_npi": 9, "dest_npi": 0"#).unwrap();
        let source = |name: &str| profile.kind_of_source(&SenderId::parse(name).unwrap());
        let kinds = ["Boltgram", "4570101010", "1234"].map(source).map(|kind| (kind.0.0, kind.1.0));
        assert_eq!(kinds, [(0, 0), (0, 1), (0, 9)]);
        assert_eq!(profile.kind_of_destination().1.0, 0);
    }

    #[test]
    fn parameters_are_texts_or_octets() {
        let profile =
            read(r#", "tlvs": [{"tag": 5120, "value": "ab"}, {"tag": 5, "hex": "00fF"}]"#);
        assert_eq!(profile.unwrap().tlvs, b"\x14\x00\x00\x02ab\x00\x05\x00\x02\x00\xff");
    }

    #[test]
    fn contradictory_keys_are_refused() {
        for (more, key, why) in [
            (r#", "registered_delivery": "none""#, "registered_delivery", "settle_on"),
            (r#", "registered_delivery": "failure""#, "registered_delivery", "settle_on"),
            (
                r#", "alphabet": "latin1", "beyond_alphabet": "latin1""#,
                "beyond_alphabet",
                "no effect",
            ),
            (r#", "long_messages": "sar", "reference": 16"#, "reference", "udh"),
            (r#", "long_messages": "sar", "interface_version": "3.3""#, "long_messages", "3.3"),
            (r#", "tlvs": [{"tag": 1, "hex": ""}], "interface_version": "3.3""#, "tlvs", "3.3"),
            (r#", "reference": 12"#, "reference", "8 or 16"),
            (r#", "source": "far too long a name""#, "source", "11"),
            (r#", "source_ton": 7"#, "source_ton", "between 0 and 6"),
            (r#", "dest_npi": 19"#, "dest_npi", "between 0 and 18"),
            (r#", "priority": 5"#, "priority", "between 0 and 4"),
            (r#", "tlvs": [{"tag": 1060, "value": "x"}]"#, "tlvs", "0x0424 is set by"),
            (r#", "tlvs": [{"tag": 5120}]"#, "tlvs", "0x1400 must have"),
            (r#", "premium_tlv": 1060"#, "premium_tlv", "long_messages"),
            (
                r#", "premium_tlv": 5120, "tlvs": [{"tag": 5120, "value": "x"}]"#,
                "premium_tlv",
                "set by tlvs",
            ),
            (r#", "premium_tlv": 5120, "interface_version": "3.3""#, "premium_tlv", "3.3"),
            (
                r#", "premium_tlv": 5120, "premium_service_types": {"100": "P1"}"#,
                "premium_service_types",
                "no effect",
            ),
            (
                r#", "premium_service_types": {"500": "P5", "0500": "P6"}"#,
                "premium_service_types",
                "twice",
            ),
            (r#", "premium_service_types": {"5.0": "P5"}"#, "premium_service_types", "digits"),
            (r#", "premium_service_types": {"500": "PREMIUM"}"#, "premium_service_types", "1 to 5"),
            (r#", "tlvs": [{"tag": 5120, "value": "x", "hex": "00"}]"#, "tlvs", "both"),
            (r#", "tlvs": [{"tag": 5120, "hex": "0"}]"#, "tlvs", "invalid hex"),
            (r#", "tlvs": [{"tag": 5120, "hex": "zz"}]"#, "tlvs", "invalid hex"),
            (r#", "tlvs": [{"tag": 1, "hex": ""}, {"tag": 1, "hex": ""}]"#, "tlvs", "twice"),
        ] {
            let error = read(more).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{key}: ")) && error.contains(why), "{error}");
        }
        let long = format!(r#", "tlvs": [{{"tag": 1, "value": "{}"}}]"#, "x".repeat(1_021));
        assert!(read(&long).unwrap_err().to_string().contains("1024"));
        let silent = read(r#", "registered_delivery": "none", "settle_on": "submit""#).unwrap();
        assert_eq!(silent.taken(), domain::ports::End::Sent);
    }
}
