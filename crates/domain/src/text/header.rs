//! The user data header: what stands before the payload of a part (3GPP TS 23.040 §9.2.3.24).
//!
//! ```text
//! UDHL | IEI IEDL data… | IEI IEDL data… |          UDHL counts the octets that follow it
//! ```
//!
//! Reads every element, understands four kinds and keeps the others as they came. An element that
//! is understood but makes no sense (part 3 of 2, a port of one octet) is kept with the others and
//! has no effect; a header whose lengths do not add up is an error, and its octets are not text.
//! When elements contradict each other the last one holds. Nothing is joined here.

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
    /// Which part of how many this is.
    pub concat: Option<Concat>,
    /// The application that is meant; such a message is seldom a text.
    pub ports: Option<Ports>,
    /// The National Language Identifier of the single shift table (§9.2.3.24.15), raw.
    pub single: Option<u8>,
    /// The National Language Identifier of the locking shift table (§9.2.3.24.16), raw.
    pub locking: Option<u8>,
    /// Elements without meaning here, in their order.
    pub others: Vec<Element>,
}

/// One of the parts of a long text (§9.2.3.24.1 and §9.2.3.24.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// What the parts of one text share.
    pub reference: Reference,
    /// How many there are, at least 1.
    pub total: u8,
    /// Which this is, 1 to `total`.
    pub sequence: u8,
}

/// The number the parts of one text share. References of different width are different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Of element 0x00.
    Eight(u8),
    /// Of element 0x08.
    Sixteen(u16),
}

/// Application port addresses (§9.2.3.24.3 and §9.2.3.24.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Of the receiver.
    pub destination: u16,
    /// Of the sender.
    pub originator: u16,
}

/// An information element as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The Information Element Identifier.
    pub identifier: u8,
    /// Its data, without identifier and length.
    pub data: Vec<u8>,
}

/// Why user data does not begin with a header although it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// There is no octet at all.
    #[error("the user data is empty")]
    Missing,
    /// The header claims more octets than the user data has.
    #[error("the header claims {claimed} octets, {held} are there")]
    Truncated {
        /// The length octet.
        claimed: usize,
        /// Octets behind it.
        held: usize,
    },
    /// An element reaches beyond the end of the header.
    #[error("the element at octet {position} reaches beyond the header")]
    Element {
        /// Where the element begins, counted from the length octet.
        position: usize,
    },
}

impl Header {
    /// Splits user data into its header and its payload.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] when the lengths do not add up.
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

    /// The tables that a GSM-7 payload behind this header is read with.
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

    /// The header as octets with its length before it; nothing at all when it says nothing.
    ///
    /// Elements that would not fit into 140 octets of user data are left out.
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
