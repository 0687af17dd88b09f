//! Decodes UTF-16 as carriers deliver it.
//!
//! A received text is never refused for its encoding: invalid units become U+FFFD, because a partly legible text is
//! better than none. GSM-7 is decoded by `decode_septets`.

/// Byte order of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// Big-endian, as in the standard (TS 23.038 §6.2.3).
    #[default]
    Big,
    /// Little-endian, as some carriers send.
    Little,
}

/// Decodes UTF-16. A byte order mark at the start overrides `order` and is removed; an unpaired surrogate and an odd
/// octet at the end become U+FFFD.
///
/// Join the payloads of a long text *before* decoding: other senders do split surrogate pairs.
#[must_use]
pub fn decode_ucs2(octets: &[u8], order: ByteOrder) -> String {
    let (order, octets) = match octets {
        [0xFE, 0xFF, rest @ ..] => (ByteOrder::Big, rest),
        [0xFF, 0xFE, rest @ ..] => (ByteOrder::Little, rest),
        _ => (order, octets),
    };
    let (pairs, odd) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| match order {
        ByteOrder::Big => u16::from_be_bytes(pair),
        ByteOrder::Little => u16::from_le_bytes(pair),
    });
    let mut text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}
