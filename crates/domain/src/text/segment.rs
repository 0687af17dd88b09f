//! Splits a text into parts, octet for octet as in `short_message`.
//!
//! One of several parts, and a part with national tables, begins with a user data header (`esm_class` then needs its UDHI
//! bit, 0x40). Links that send SAR parameters or `message_payload` use [`Part::payload`] without the header; the capacity
//! is the same.

use std::fmt;

use super::{
    alphabet::{ESCAPE, Septets, Tables},
    choose::Encoding,
    header::{Concat, Header, Reference},
    measure::measure,
    packed,
    policy::{Policy, ReferenceWidth, TextError},
};

/// One SMS of a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    user_data: Vec<u8>,
    header_octets: usize,
    /// Encoding of the payload.
    pub encoding: Encoding,
    /// Septets or 16-bit units of the payload.
    pub units: usize,
}

impl Part {
    /// The header followed by unpacked septets or UTF-16BE, as in SMPP's `short_message`.
    #[must_use]
    pub fn user_data(&self) -> &[u8] {
        &self.user_data
    }

    /// The user data header including its length octet, if there is one.
    #[must_use]
    pub fn udh(&self) -> Option<&[u8]> {
        (self.header_octets > 0).then(|| &self.user_data[..self.header_octets])
    }

    /// The user data after the header.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.user_data[self.header_octets..]
    }

    /// 0x00 or 0x08, see [`Encoding::data_coding`].
    #[must_use]
    pub const fn data_coding(&self) -> u8 {
        self.encoding.data_coding()
    }

    /// The user data on the radio interface, for modems: TP-User-Data-Length (GSM-7: in septets, including the header
    /// and its fill bits; else in octets) and TP-User-Data of at most 140 octets (TS 23.040 §9.2.3.16, §9.2.3.24).
    #[must_use]
    pub fn radio(&self) -> (usize, Vec<u8>) {
        match self.encoding {
            Encoding::Ucs2 => (self.user_data.len(), self.user_data.clone()),
            Encoding::Gsm7 { .. } => {
                let fill = packed::fill_bits(self.header_octets);
                let mut octets = self.user_data[..self.header_octets].to_vec();
                octets.extend(packed::pack(self.payload(), fill));
                ((self.header_octets * 8 + fill) / 7 + self.units, octets)
            }
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("udh", &self.udh())
            .field("encoding", &self.encoding)
            .field("units", &self.units)
            .finish_non_exhaustive()
    }
}

/// Splits a text into parts, without separating an escape from its character or a surrogate pair. The parts share
/// `reference`, of which an 8-bit header carries the low octet; the caller increments it for each long text to the same
/// number.
///
/// # Errors
///
/// As [`measure`].
pub fn segment(text: &str, policy: &Policy, reference: u16) -> Result<Vec<Part>, TextError> {
    let measure = measure(text, policy)?;
    let reference = match policy.reference {
        ReferenceWidth::Eight => Reference::Eight(reference.to_le_bytes()[0]),
        ReferenceWidth::Sixteen => Reference::Sixteen(reference),
    };
    let encoding = measure.encoding;
    let header = |sequence: u8| {
        let concat =
            (measure.parts > 1).then_some(Concat { reference, total: measure.parts, sequence });
        Header::of_part(encoding, concat).to_octets()
    };
    let room = if measure.parts > 1 {
        encoding.room_of_many(policy.reference)
    } else {
        encoding.room_alone()
    };

    let mut parts = Vec::with_capacity(usize::from(measure.parts));
    let mut part = Writer::start(encoding, header(1));
    let tables = encoding.tables();
    let mut sequence = 1u8;
    for char in text.chars() {
        let written = Written::of(char, tables);
        if part.0.units + written.units() > room {
            sequence = sequence.saturating_add(1);
            let full = std::mem::replace(&mut part, Writer::start(encoding, header(sequence)));
            parts.push(full.0);
        }
        part.push(written);
    }
    parts.push(part.0);
    Ok(parts)
}

/// One character in the units of an encoding.
#[derive(Clone, Copy)]
enum Written {
    Septets(Septets),
    Units(char),
}

impl Written {
    #[inline]
    fn of(char: char, tables: Option<Tables>) -> Self {
        match tables {
            None => Self::Units(char),
            // `measure` has checked that the tables have every character.
            Some(tables) => Self::Septets(tables.septets(char).unwrap_or(Septets::One(b' '))),
        }
    }

    const fn units(&self) -> usize {
        match self {
            Self::Septets(Septets::One(_)) => 1,
            Self::Septets(Septets::Escaped(_)) => 2,
            Self::Units(char) => char.len_utf16(),
        }
    }
}

struct Writer(Part);

impl Writer {
    fn start(encoding: Encoding, mut header: Vec<u8>) -> Self {
        let header_octets = header.len();
        header.reserve(160);
        Self(Part { user_data: header, header_octets, encoding, units: 0 })
    }

    fn push(&mut self, written: Written) {
        self.0.units += written.units();
        let octets = &mut self.0.user_data;
        match written {
            Written::Septets(Septets::One(septet)) => octets.push(septet),
            Written::Septets(Septets::Escaped(septet)) => octets.extend([ESCAPE, septet]),
            Written::Units(char) => {
                let mut pair = [0u16; 2];
                octets.extend(
                    char.encode_utf16(&mut pair).iter().flat_map(|unit| unit.to_be_bytes()),
                );
            }
        }
    }
}
