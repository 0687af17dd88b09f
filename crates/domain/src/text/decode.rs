//! UTF-16 as carriers deliver it.
//!
//! A received text is never refused for its encoding: what cannot be read becomes U+FFFD, because a
//! text with a hole is worth more than none. GSM-7 is read by `decode_septets`.

/// Which octet of a unit comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// The high one, as the standard says (TS 23.038 §6.2.3).
    #[default]
    Big,
    /// The low one, as some carriers do.
    Little,
}

/// Reads UTF-16. A byte order mark at the start overrides `order` and is taken away; a lone
/// surrogate and an odd octet at the end become U+FFFD.
///
/// The payloads of a long text are put together *before* this: other senders do cut pairs.
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
