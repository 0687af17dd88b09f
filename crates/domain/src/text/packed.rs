//! Packs septets into octets, eight in seven, lowest bit first (3GPP TS 23.038 §6.1.2.1).
//!
//! For a receiver that knows the number of septets (TP-User-Data-Length, a modem) use [`pack`] and [`unpack`]. For one
//! that knows only the octets (an SMPP carrier with packed GSM-7, USSD) use [`pack_filled`] and [`unpack_filled`]: seven
//! spare bits would read as `@`, so they hold a carriage return (§6.1.2.3.1).

const CARRIAGE_RETURN: u8 = 0x0D;

/// Zero bits between a header of `header_octets` (including its length octet) and the first septet, which starts on a
/// septet boundary (TS 23.040 §9.2.3.24).
#[must_use]
pub const fn fill_bits(header_octets: usize) -> usize {
    (7 - header_octets * 8 % 7) % 7
}

/// Packs septets (one per octet) after `fill_bits` zero bits; spare bits at the end are zero.
#[must_use]
pub fn pack(septets: &[u8], fill_bits: usize) -> Vec<u8> {
    let mut octets = vec![0u8; (septets.len() * 7 + fill_bits).div_ceil(8)];
    for (index, septet) in septets.iter().enumerate() {
        let bit = index * 7 + fill_bits;
        let wide = u16::from(septet & 0x7F) << (bit % 8);
        let [low, high] = wide.to_le_bytes();
        octets[bit / 8] |= low;
        if let Some(next) = octets.get_mut(bit / 8 + 1) {
            *next |= high;
        }
    }
    octets
}

/// Unpacks at most `count` septets after `fill_bits` bits; fewer if the octets end.
#[must_use]
pub fn unpack(octets: &[u8], fill_bits: usize, count: usize) -> Vec<u8> {
    let held = (octets.len() * 8).saturating_sub(fill_bits) / 7;
    (0..count.min(held))
        .map(|index| {
            let bit = index * 7 + fill_bits;
            let low = octets.get(bit / 8).copied().unwrap_or(0);
            let high = octets.get(bit / 8 + 1).copied().unwrap_or(0);
            let wide = u16::from_le_bytes([low, high]) >> (bit % 8);
            wide.to_le_bytes()[0] & 0x7F
        })
        .collect()
}

/// Packs for a receiver that knows only the octets.
///
/// Seven spare bits become a carriage return. A carriage return of the text that ends on an octet boundary is doubled,
/// so that it is not read as padding; with 160 septets there is no room for that, and the trailing return is lost.
#[must_use]
pub fn pack_filled(septets: &[u8]) -> Vec<u8> {
    let spare_septet = septets.len() % 8 == 7;
    let ends_in_return = septets.last() == Some(&CARRIAGE_RETURN);
    let doubled = septets.len().is_multiple_of(8) && ends_in_return && septets.len() < 160;
    if !spare_septet && !doubled {
        return pack(septets, 0);
    }
    let mut filled = septets.to_vec();
    filled.push(CARRIAGE_RETURN);
    pack(&filled, 0)
}

/// Reverses [`pack_filled`]: a carriage return that ends on an octet boundary is padding.
#[must_use]
pub fn unpack_filled(octets: &[u8]) -> Vec<u8> {
    let mut septets = unpack(octets, 0, usize::MAX);
    if septets.len().is_multiple_of(8) && septets.last() == Some(&CARRIAGE_RETURN) {
        septets.pop();
    }
    septets
}
