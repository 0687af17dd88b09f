//! The user data header before the payload of a part (3GPP TS 23.040 §9.2.3.24).
//!
//! ```text
//! UDHL | IEI IEDL data… | IEI IEDL data… |          UDHL counts the octets that follow it
//! ```
//!
//! Four kinds of elements are interpreted; the others, and invalid ones (part 3 of 2, a port of one octet), are kept
//! verbatim without effect. A header with inconsistent lengths is an error, and its octets are not text. Of
//! contradictory elements the last one applies.

use super::{alphabet::Shifts, choose::Encoding, national::Language};

const CONCAT_8: u8 = 0x00;
const PORTS_8: u8 = 0x04;
const PORTS_16: u8 = 0x05;
const CONCAT_16: u8 = 0x08;
const SINGLE_SHIFT: u8 = 0x24;
const LOCKING_SHIFT: u8 = 0x25;

/// A parsed user data header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Index and number of parts.
    pub concat: Option<Concat>,
    /// Application ports; such a message is rarely a text.
    pub ports: Option<Ports>,
    /// The National Language Identifier of the single shift table (§9.2.3.24.15), raw.
    pub single: Option<u8>,
    /// The National Language Identifier of the locking shift table (§9.2.3.24.16), raw.
    pub locking: Option<u8>,
    /// Uninterpreted elements, in order.
    pub others: Vec<Element>,
}

/// One of the parts of a long text (§9.2.3.24.1 and §9.2.3.24.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// Reference shared by the parts of one text.
    pub reference: Reference,
    /// Number of parts, at least 1.
    pub total: u8,
    /// Number of this part, 1 to `total`.
    pub sequence: u8,
}

/// Reference shared by the parts of one text. References of different widths are different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// From element 0x00.
    Eight(u8),
    /// From element 0x08.
    Sixteen(u16),
}

/// Application port addresses (§9.2.3.24.3 and §9.2.3.24.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Destination port.
    pub destination: u16,
    /// Originator port.
    pub originator: u16,
}

/// An information element, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The Information Element Identifier.
    pub identifier: u8,
    /// Its data, without identifier and length.
    pub data: Vec<u8>,
}

/// Why the user data does not begin with a valid header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The user data is empty.
    #[error("the user data is empty")]
    Missing,
    /// The length octet exceeds the user data.
    #[error("the header claims {claimed} octets, but only {held} follow")]
    Truncated {
        /// The length octet.
        claimed: usize,
        /// Octets that follow it.
        held: usize,
    },
    /// An element extends beyond the header.
    #[error("the element at octet {position} extends beyond the header")]
    Element {
        /// Offset of the element from the length octet.
        position: usize,
    },
}

impl Header {
    /// Splits user data into its header and its payload.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the lengths are inconsistent.
    pub fn parse(user_data: &[u8]) -> Result<(Self, &[u8]), HeaderError> {
        let (&claimed, rest) = user_data.split_first().ok_or(HeaderError::Missing)?;
        let claimed = usize::from(claimed);
        let (mut elements, payload) = rest
            .split_at_checked(claimed)
            .ok_or(HeaderError::Truncated { claimed, held: rest.len() })?;
        let mut header = Self::default();
        while !elements.is_empty() {
            let position = 1 + claimed - elements.len();
            let beyond = HeaderError::Element { position };
            let [identifier, length, behind @ ..] = elements else { return Err(beyond) };
            let (data, next) = behind.split_at_checked(usize::from(*length)).ok_or(beyond)?;
            header.take(*identifier, data);
            elements = next;
        }
        Ok((header, payload))
    }

    fn take(&mut self, identifier: u8, data: &[u8]) {
        match (identifier, data) {
            (CONCAT_8, &[reference, total, sequence]) if (1..=total).contains(&sequence) => {
                self.concat =
                    Some(Concat { reference: Reference::Eight(reference), total, sequence });
            }
            (CONCAT_16, &[high, low, total, sequence]) if (1..=total).contains(&sequence) => {
                let reference = Reference::Sixteen(u16::from_be_bytes([high, low]));
                self.concat = Some(Concat { reference, total, sequence });
            }
            (PORTS_8, &[destination, originator]) => {
                self.ports =
                    Some(Ports { destination: destination.into(), originator: originator.into() });
            }
            (PORTS_16, &[d1, d0, o1, o0]) => {
                let destination = u16::from_be_bytes([d1, d0]);
                self.ports = Some(Ports { destination, originator: u16::from_be_bytes([o1, o0]) });
            }
            (SINGLE_SHIFT, &[language]) => self.single = Some(language),
            (LOCKING_SHIFT, &[language]) => self.locking = Some(language),
            _ => self.others.push(Element { identifier, data: data.to_vec() }),
        }
    }

    /// The tables for a GSM-7 payload after this header.
    #[must_use]
    pub fn shifts(&self) -> Shifts {
        Shifts {
            locking: self.locking.and_then(Language::from_identifier),
            single: self.single.and_then(Language::from_identifier),
        }
    }

    /// The header of an outgoing part.
    pub(super) fn of_part(encoding: Encoding, concat: Option<Concat>) -> Self {
        let (locking, single) = match encoding {
            Encoding::Gsm7 { locking, single } => (locking, single),
            Encoding::Ucs2 => (None, None),
        };
        Self {
            concat,
            locking: locking.map(Language::identifier),
            single: single.map(Language::identifier),
            ..Self::default()
        }
    }

    /// Encodes the header with its length octet; empty if there are no elements.
    ///
    /// Elements that do not fit into 140 octets of user data are omitted.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = vec![0u8];
        let mut put = |identifier: u8, data: &[u8]| {
            if let (Ok(length), true) =
                (u8::try_from(data.len()), octets.len() + 2 + data.len() <= 140)
            {
                octets.extend([identifier, length]);
                octets.extend_from_slice(data);
            }
        };
        if let Some(Concat { reference, total, sequence }) = self.concat {
            match reference {
                Reference::Eight(reference) => put(CONCAT_8, &[reference, total, sequence]),
                Reference::Sixteen(reference) => {
                    let [high, low] = reference.to_be_bytes();
                    put(CONCAT_16, &[high, low, total, sequence]);
                }
            }
        }
        if let Some(Ports { destination, originator }) = self.ports {
            let ([d1, d0], [o1, o0]) = (destination.to_be_bytes(), originator.to_be_bytes());
            put(PORTS_16, &[d1, d0, o1, o0]);
        }
        if let Some(language) = self.single {
            put(SINGLE_SHIFT, &[language]);
        }
        if let Some(language) = self.locking {
            put(LOCKING_SHIFT, &[language]);
        }
        for Element { identifier, data } in &self.others {
            put(*identifier, data);
        }
        if octets.len() == 1 {
            return Vec::new();
        }
        octets[0] = u8::try_from(octets.len() - 1).unwrap_or(u8::MAX);
        octets
    }
}
