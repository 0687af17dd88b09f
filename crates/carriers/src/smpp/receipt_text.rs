//! The text of a receipt in the alphabets that carriers write it in. Receipts are meant to be ASCII; some carriers encode
//! them as they would encode a message, by `data_coding` (SMPP 3.4 §5.2.19), and some of these declare another alphabet
//! than they use.
//!
//! | tried in this order | for |
//! |---|---|
//! | as it is | all |
//! | the alphabet of `data_coding` | all |
//! | UTF-16BE, UTF-16LE, packed GSM-7, unpacked GSM-7 | receipts by their `esm_class` |
//!
//! The first reading that has an id and a state is taken, else the first that has an id.

use domain::text::{Shifts, decode_septets, packed};
use smpp::pdu::{DataCoding, EsmClass, Tlvs};
use smpp::receipt::{MessageState, Receipt};

use super::phone::is_ucs2;
use super::profile::Alphabet;

/// Longer texts are no receipts.
const OCTETS_MAX: usize = 2_048;

/// Calls `found` with the receipt, in the alphabet in which it can be read. `plain` is the reading of the octets as they
/// are.
pub(super) fn best_reading<T>(
    plain: Option<Receipt<'_>>,
    raw: RawText<'_>,
    alphabet: Alphabet,
    found: impl FnOnce(Option<Receipt<'_>>) -> T,
) -> T {
    let is_enough = |read: &Receipt<'_>| is_named(read) && has_state(read);
    let is_escaped = alphabet == Alphabet::Gsm7 && raw.coding.0 == 0 && raw.octets.contains(&0x11);
    if plain.as_ref().is_some_and(is_enough) && !is_escaped || raw.octets.len() > OCTETS_MAX {
        return found(plain);
    }
    let texts = readings(raw, alphabet);
    let chosen = |wanted: &dyn Fn(&Receipt<'_>) -> bool| {
        texts.iter().position(|text| read(raw, text).is_some_and(|read| wanted(&read)))
    };
    let named = || {
        let plain = plain.as_ref().is_some_and(is_named);
        if plain { None } else { chosen(&is_named) }
    };
    match chosen(&is_enough).or_else(named) {
        Some(at) => found(texts.get(at).and_then(|text| read(raw, text))),
        None => found(plain),
    }
}

/// A receipt as it came.
#[derive(Clone, Copy)]
pub(super) struct RawText<'a> {
    pub(super) esm_class: EsmClass,
    pub(super) coding: DataCoding,
    /// Without a user data header.
    pub(super) octets: &'a [u8],
    /// `message_payload` of a receipt that has a `short_message` too.
    pub(super) payload: &'a [u8],
    pub(super) tlvs: Tlvs<'a>,
}

fn read<'a>(raw: RawText<'a>, text: &'a [u8]) -> Option<Receipt<'a>> {
    let esm_class = EsmClass(raw.esm_class.0 & !EsmClass::UDHI.0);
    Receipt::detect(esm_class, text, raw.tlvs)
}

const fn is_named(read: &Receipt<'_>) -> bool {
    !read.message_id.is_empty()
}

fn has_state(read: &Receipt<'_>) -> bool {
    !read.stat.is_empty() || read.state != MessageState::Unknown
}

fn readings(raw: RawText<'_>, alphabet: Alphabet) -> Vec<Vec<u8>> {
    let is_marked = raw.esm_class.is_receipt() || raw.esm_class.is_intermediate();
    let mut readings = Vec::new();
    for octets in [raw.octets, raw.payload] {
        if octets.is_empty() {
            continue;
        }
        match raw.coding.0 {
            coding if is_ucs2(coding) => readings.push(utf16(octets, u16::from_be_bytes)),
            _ if alphabet == Alphabet::Gsm7Packed => readings.push(unpacked(octets)),
            _ if alphabet == Alphabet::Gsm7 => readings.push(septets(octets)),
            _ => {}
        }
        if is_marked {
            readings.push(octets.to_vec());
            readings.push(utf16(octets, u16::from_be_bytes));
            readings.push(utf16(octets, u16::from_le_bytes));
            readings.push(unpacked(octets));
            readings.push(septets(octets));
        }
    }
    readings
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let (pairs, _) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair)).filter(|unit| *unit != 0xFEFF);
    // An id beyond Latin-1 cannot be one that the carrier gave.
    units.map(|unit| u8::try_from(unit).unwrap_or(b'?')).collect()
}

fn unpacked(octets: &[u8]) -> Vec<u8> {
    latin1(&decode_septets(&packed::unpack_filled(octets), Shifts::default()))
}

fn septets(octets: &[u8]) -> Vec<u8> {
    if octets.is_ascii() {
        latin1(&decode_septets(octets, Shifts::default()))
    } else {
        octets.to_vec()
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect()
}
