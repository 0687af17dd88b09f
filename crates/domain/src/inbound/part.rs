//! An inbound part as delivered by a carrier, and the key by which parts are joined.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::number::{AddressKind, Home};
use crate::routing::CarrierName;
use crate::state::stored_as;
use crate::time::Timestamp;

/// Source or destination of an inbound message as the carrier wrote it: digits or a name. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Party(String);

impl Party {
    /// Removes a `+`, so that a number is the same with and without it.
    pub fn new(given: impl Into<String>) -> Self {
        let given = given.into();
        let is_number = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_digit());
        match given.strip_prefix('+').filter(is_number) {
            Some(digits) => Self(digits.to_owned()),
            None => Self(given),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Party(…)")
    }
}

/// What the carrier declares of the addresses of a part, and its country.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spelling {
    pub from: AddressKind,
    pub to: AddressKind,
    /// The country of the carrier, if it is configured.
    pub home: Option<Home>,
}

/// Content of a part. UTF-16 is joined before decoding, because a surrogate pair may be split between two parts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum InboundBody {
    /// Decoded text (GSM-7, Latin-1, ASCII: a character is never split).
    Text(String),
    /// UCS-2 or UTF-16 code units.
    Units(Vec<u16>),
    /// Binary data (data coding 4, or ports in the header).
    Octets(Vec<u8>),
}

impl fmt::Debug for InboundBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboundBody(…)")
    }
}

/// Concatenation data of a part (3GPP TS 23.040 §9.2.3.24.1 and §9.2.3.24.8, or the `sar_*` TLVs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Join {
    pub scheme: JoinScheme,
    pub reference: u16,
    /// Number of parts, at least 2.
    pub total: u8,
    /// Number of this part, 1 to `total`.
    pub number: u8,
}

impl Join {
    /// `None` for invalid numbers (part 0, part 3 of 2, a total of 0) and for a single part: it is then a whole
    /// message.
    pub fn new(scheme: JoinScheme, reference: u16, total: u8, number: u8) -> Option<Self> {
        (total > 1 && (1..=total).contains(&number)).then_some(Self {
            scheme,
            reference,
            total,
            number,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinScheme {
    /// User data header, 8-bit reference.
    Udh8,
    /// User data header, 16-bit reference.
    Udh16,
    /// The `sar_*` parameters.
    Sar,
}

stored_as!(JoinScheme { Udh8 = "udh8", Udh16 = "udh16", Sar = "sar" });

/// A part as delivered by a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundPart {
    pub carrier: CarrierName,
    pub from: Party,
    pub to: Party,
    pub spelling: Spelling,
    pub body: InboundBody,
    /// `None` for a whole message.
    pub join: Option<Join>,
    /// Arrival.
    pub at: Timestamp,
    /// Last time at which our response to this carrier may have been lost: a session ended, a response was late, or
    /// the process started. Parts from before that may be repeated.
    pub interrupted_at: Timestamp,
}

/// The values shared by the parts of one message. The link is not among them, because a carrier may deliver the parts on
/// several links. `None` for whole messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartKey {
    pub carrier: CarrierName,
    pub from: Party,
    pub to: Party,
    pub joins: Option<(JoinScheme, u16, u8)>,
}

impl InboundPart {
    pub fn key(&self) -> PartKey {
        PartKey {
            carrier: self.carrier.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            joins: self.join.map(|join| (join.scheme, join.reference, join.total)),
        }
    }

    /// Part number, from 1.
    pub fn number(&self) -> u8 {
        self.join.map_or(1, |join| join.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_numbers_join_nothing() {
        for (total, number) in [(0, 0), (0, 1), (1, 1), (2, 0), (2, 3), (255, 0)] {
            assert_eq!(Join::new(JoinScheme::Sar, 7, total, number), None, "{number} of {total}");
        }
        assert!(Join::new(JoinScheme::Udh8, 7, 255, 255).is_some());
    }

    #[test]
    fn a_number_is_equal_with_and_without_plus() {
        assert_eq!(Party::new("+4512345678"), Party::new("4512345678"));
        assert_eq!(Party::new("+name").as_str(), "+name");
        assert!(!format!("{:?}", Party::new("4512345678")).contains("45"));
    }
}
