//! Decodes mobile-originated messages (SMPP 3.4 §4.6.1) into parts of a text or of binary data. Parts are joined in the
//! store, because they may come on different links.
//!
//! Malformed messages are decoded as far as possible and never refused: a message with a wrong letter is better than
//! none.
//!
//! | data_coding | decoded as |
//! |---|---|
//! | 0, and the classes and indications of the default alphabet (3GPP TS 23.038 §4) | the carrier's alphabet |
//! | 1, 3 | ASCII, Latin-1 |
//! | 6, 7 | ISO 8859-5, ISO 8859-8 |
//! | 8, and classes and indications of UCS-2 | UTF-16 |
//! | all others | octets |

use domain::inbound::{InboundBody, InboundPart, Join, JoinScheme, Party, Spelling};
use domain::number::{AddressKind, Home};
use domain::routing::CarrierName;
use domain::text::{Header, Reference, Shifts, decode_septets, packed};
use domain::time::Timestamp;
use smpp::pdu::{Address, DataCoding, DataSm, DeliverSm, EsmClass, Tlvs, Ton, tag};

use super::profile::Alphabet;

/// The fields shared by `deliver_sm` and `data_sm`.
#[derive(Clone, Copy)]
pub(super) struct RawMessage<'a> {
    pub(super) source: Address<'a>,
    pub(super) destination: Address<'a>,
    pub(super) esm_class: EsmClass,
    pub(super) data_coding: DataCoding,
    /// Including the header, if there is one.
    user_data: &'a [u8],
    pub(super) tlvs: Tlvs<'a>,
}

impl<'a> RawMessage<'a> {
    pub(super) fn of(deliver: &DeliverSm<'a>) -> Self {
        Self {
            source: deliver.source,
            destination: deliver.destination,
            esm_class: deliver.esm_class,
            data_coding: deliver.data_coding,
            user_data: if deliver.short_message.is_empty() {
                payload(deliver.tlvs)
            } else {
                deliver.short_message
            },
            tlvs: deliver.tlvs,
        }
    }

    pub(super) fn of_data(data: &DataSm<'a>) -> Self {
        Self {
            source: data.source,
            destination: data.destination,
            esm_class: data.esm_class,
            data_coding: data.data_coding,
            user_data: payload(data.tlvs),
            tlvs: data.tlvs,
        }
    }

    /// The text without its header.
    pub(super) fn text(self) -> &'a [u8] {
        let header = self.esm_class.has_udh().then(|| Header::parse(self.user_data));
        if let Some(Ok((_, text))) = header { text } else { self.user_data }
    }

    pub(super) fn part(
        self,
        carrier: &CarrierName,
        alphabet: Alphabet,
        home: Option<Home>,
        at: Timestamp,
        interrupted_at: Timestamp,
    ) -> InboundPart {
        let header = self.esm_class.has_udh().then(|| Header::parse(self.user_data));
        // Without a valid header all octets are text, whatever the UDHI bit says.
        let (header, text) = match header {
            Some(Ok((header, text))) => (Some(header), text),
            Some(Err(_)) | None => (None, self.user_data),
        };
        let join = header.as_ref().and_then(join_of).or_else(|| sar_of(self.tlvs));
        let before = self.user_data.len() - text.len();
        let body = match &header {
            Some(header) if header.ports.is_some() => InboundBody::Octets(text.to_vec()),
            Some(header) => read(self.data_coding, alphabet, text, before, header.shifts()),
            None => read(self.data_coding, alphabet, text, 0, Shifts::default()),
        };
        let (from, to) = (party(self.source), party(self.destination));
        let spelling = Spelling { from: kind(self.source), to: kind(self.destination), home };
        InboundPart { carrier: carrier.clone(), from, to, spelling, body, join, at, interrupted_at }
    }
}

pub(super) fn payload<'a>(tlvs: Tlvs<'a>) -> &'a [u8] {
    tlvs.get(tag::MESSAGE_PAYLOAD).map_or(&[], |tlv| tlv.value)
}

fn join_of(header: &Header) -> Option<Join> {
    let concat = header.concat?;
    let (scheme, reference) = match concat.reference {
        Reference::Eight(reference) => (JoinScheme::Udh8, reference.into()),
        Reference::Sixteen(reference) => (JoinScheme::Udh16, reference),
    };
    Join::new(scheme, reference, concat.total, concat.sequence)
}

fn sar_of(tlvs: Tlvs<'_>) -> Option<Join> {
    let number = |tag| tlvs.get(tag).and_then(|tlv| tlv.integer());
    let reference = u16::try_from(number(tag::SAR_MSG_REF_NUM)?).ok()?;
    let total = u8::try_from(number(tag::SAR_TOTAL_SEGMENTS)?).ok()?;
    let nth = u8::try_from(number(tag::SAR_SEGMENT_SEQNUM)?).ok()?;
    Join::new(JoinScheme::Sar, reference, total, nth)
}

pub(super) const fn kind(address: Address<'_>) -> AddressKind {
    match address.ton {
        Ton::INTERNATIONAL => AddressKind::International,
        Ton::NATIONAL => AddressKind::National,
        Ton::ALPHANUMERIC => AddressKind::Alphanumeric,
        _ => AddressKind::Unknown,
    }
}

/// The digits of an international number, or the address verbatim.
pub(super) fn party(address: Address<'_>) -> Party {
    let given: String =
        address.addr.iter().map(|octet| char::from(*octet)).filter(|c| !c.is_control()).collect();
    match given.strip_prefix("00") {
        Some(digits) if address.ton == Ton::INTERNATIONAL => Party::new(digits),
        _ => Party::new(given),
    }
}

/// UCS-2, with and without a class or an indication.
pub(super) const fn is_ucs2(coding: u8) -> bool {
    matches!(coding, 8 | 0x18..=0x1B | 0xE0..=0xEF)
}

/// Decodes the text; `before` is the number of header octets in front of it.
fn read(
    coding: DataCoding,
    alphabet: Alphabet,
    text: &[u8],
    before: usize,
    shifts: Shifts,
) -> InboundBody {
    let latin1 = |octets: &[u8]| octets.iter().map(|octet| char::from(*octet)).collect();
    match coding.0 {
        // SMPP defines these values differently from TS 23.038.
        1 => InboundBody::Text(eight_bits(text)),
        3 => InboundBody::Text(latin1(text)),
        6 => InboundBody::Text(text.iter().copied().map(cyrillic).collect()),
        7 => InboundBody::Text(text.iter().copied().map(hebrew).collect()),
        // Bits 2 and 3 select the alphabet of general data codings with a class, and bit 2 that of group 0xF0.
        0 | 0x10..=0x13 | 0xC0..=0xDF | 0xF0..=0xF3 | 0xF8..=0xFB => {
            default_alphabet(alphabet, text, before, shifts)
        }
        coding if is_ucs2(coding) => InboundBody::Units(units(text)),
        // Other alphabets with ASCII in their lower half, and octets of an unknown one: a word like STOP is read.
        2 | 4 | 5 | 13 | 14 if !text.is_empty() && text.iter().all(is_printable) => {
            InboundBody::Text(latin1(text))
        }
        _ => InboundBody::Octets(text.to_vec()),
    }
}

fn is_printable(octet: &u8) -> bool {
    matches!(octet, b'\n' | b'\r' | b' '..=b'~')
}

fn default_alphabet(alphabet: Alphabet, text: &[u8], before: usize, shifts: Shifts) -> InboundBody {
    if alphabet == Alphabet::Gsm7Packed {
        let septets = match packed::fill_bits(before) {
            _ if before == 0 => packed::unpack_filled(text),
            fill_bits => unpack_after_header(text, fill_bits),
        };
        return InboundBody::Text(decode_septets(&septets, shifts));
    }
    if is_unmarked_ucs2(text) {
        return InboundBody::Units(units(text));
    }
    InboundBody::Text(match alphabet {
        Alphabet::Gsm7 if text.is_ascii() => decode_septets(text, shifts),
        Alphabet::Latin1 => text.iter().map(|octet| char::from(*octet)).collect(),
        // A septet has no eighth bit: the carrier uses another alphabet.
        Alphabet::Gsm7 | Alphabet::Ascii | Alphabet::Gsm7Packed => eight_bits(text),
    })
}

/// Unpacks septets and removes a carriage return that fills the last seven bits (TS 23.038 §6.1.2.3.1), which would end
/// up in the middle of a joined text.
fn unpack_after_header(text: &[u8], fill_bits: usize) -> Vec<u8> {
    let mut septets = packed::unpack(text, fill_bits, usize::MAX);
    let is_full = (fill_bits + septets.len() * 7).is_multiple_of(8);
    if is_full && septets.last() == Some(&b'\r') {
        septets.pop();
    }
    septets
}

/// Whether every other octet is 0, which occurs in no single-octet alphabet.
fn is_unmarked_ucs2(text: &[u8]) -> bool {
    let (pairs, odd) = text.as_chunks::<2>();
    pairs.len() > 1 && odd.is_empty() && pairs.iter().all(|[high, low]| *high == 0 && *low != 0)
}

/// Decodes ASCII; octets above 0x7F are UTF-8 if valid, else Latin-1.
fn eight_bits(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}

/// Decodes UTF-16 units; an odd octet at the end becomes a replacement character.
fn units(octets: &[u8]) -> Vec<u16> {
    let (pairs, odd) = octets.as_chunks::<2>();
    let mut units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    units.extend(odd.first().map(|_| 0xFFFD));
    units
}

/// ISO 8859-5.
fn cyrillic(octet: u8) -> char {
    match octet {
        0xF0 => '№',
        0xFD => '§',
        0xA1..=0xAC | 0xAE..=0xFF => {
            char::from_u32(0x0360 + u32::from(octet)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ => char::from(octet),
    }
}

/// ISO 8859-8.
fn hebrew(octet: u8) -> char {
    match octet {
        0xAA => '×',
        0xBA => '÷',
        0xDF => '‗',
        0xE0..=0xFA => {
            char::from_u32(0x04F0 + u32::from(octet)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        0xFD => '\u{200E}',
        0xFE => '\u{200F}',
        _ => char::from(octet),
    }
}

#[cfg(test)]
mod tests;
