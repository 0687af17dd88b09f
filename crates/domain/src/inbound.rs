//! Messages that come in: parts as carriers bring them (mobile originated, SMPP `deliver_sm` that is
//! no receipt).

use std::fmt;

use crate::routing::CarrierName;
use crate::time::Timestamp;

/// One end of a message that came in, as the carrier gave it: digits, or a name. Not for logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party(String);

impl Party {
    pub fn new(given: impl Into<String>) -> Self {
        Self(given.into())
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
    /// In all, at least 1.
    pub total: u8,
    /// From 1, at most `total`.
    pub number: u8,
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
}
