//! A part as a carrier brought it, and what says with which others it belongs together.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::routing::CarrierName;
use crate::state::stored_as;
use crate::time::Timestamp;

/// One end of a message that came in, as the carrier gave it: digits, or a name. Not for logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Party(String);

impl Party {
    /// A number loses its `+`, so that it is the same number with and without.
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

/// A part's content. Joining happens before decoding: a surrogate pair may be cut between two parts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum InboundBody {
    /// Decoded already (GSM-7, Latin-1, ASCII: a character never crosses a cut).
    Text(String),
    /// UCS-2 or UTF-16 code units.
    Units(Vec<u16>),
    /// Binary (data coding 4, or with ports in its header).
    Octets(Vec<u8>),
}

impl fmt::Debug for InboundBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboundBody(…)")
    }
}

/// How a part is joined with others (3GPP TS 23.040 §9.2.3.24.1 and .8, or the `sar_*` TLVs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Join {
    pub scheme: JoinScheme,
    pub reference: u16,
    /// In all, at least 2.
    pub total: u8,
    /// From 1, at most `total`.
    pub number: u8,
}

impl Join {
    /// `None` when the numbers make no sense (part 0, part 3 of 2, of no parts at all), or when there
    /// is nothing to join: such a part is a whole message.
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
    /// `sar_msg_ref_num` and its companions.
    Sar,
}

stored_as!(JoinScheme { Udh8 = "udh8", Udh16 = "udh16", Sar = "sar" });

/// A part as a carrier brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundPart {
    pub carrier: CarrierName,
    pub from: Party,
    pub to: Party,
    pub body: InboundBody,
    /// `None`: it is a whole message.
    pub join: Option<Join>,
    /// When it arrived.
    pub at: Timestamp,
    /// When an answer of ours may last have been lost to this carrier: a session broke, an answer was
    /// late, or the process began. What came before that may be coming again.
    pub interrupted_at: Timestamp,
}

/// What the parts of one message have in common. The link is not in it: a carrier spreads the parts
/// of a message over its links. `None`: whole messages.
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

    /// From 1.
    pub fn number(&self) -> u8 {
        self.join.map_or(1, |join| join.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_make_no_sense_join_nothing() {
        for (total, number) in [(0, 0), (0, 1), (1, 1), (2, 0), (2, 3), (255, 0)] {
            assert_eq!(Join::new(JoinScheme::Sar, 7, total, number), None, "{number} of {total}");
        }
        assert!(Join::new(JoinScheme::Udh8, 7, 255, 255).is_some());
    }

    #[test]
    fn a_number_is_the_same_with_and_without_its_plus() {
        assert_eq!(Party::new("+4512345678"), Party::new("4512345678"));
        assert_eq!(Party::new("+name").as_str(), "+name");
        assert!(!format!("{:?}", Party::new("4512345678")).contains("45"));
    }
}
