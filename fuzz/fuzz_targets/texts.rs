//! Arbitrary user data: headers, alphabets, packing, UTF-16, and texts split into parts and joined again.
#![no_main]

use domain::text::{
    ByteOrder, Encoding, Header, Policy, decode_septets, decode_ucs2, encode_septets, measure,
    packed, segment,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    received(data);
    if let Ok(text) = std::str::from_utf8(data) {
        sent(text);
    }
});

fn received(data: &[u8]) {
    for order in [ByteOrder::Big, ByteOrder::Little] {
        let _ = decode_ucs2(data, order);
    }
    let septets: Vec<u8> = data.iter().map(|octet| octet & 0x7F).collect();
    let fill = data.first().map_or(0, |first| usize::from(first % 7));
    let octets = packed::pack(&septets, fill);
    assert_eq!(packed::unpack(&octets, fill, septets.len()), septets);
    let _ = packed::unpack_filled(data);
    let Ok((header, payload)) = Header::parse(data) else { return };
    let shifts = header.shifts();
    let text = decode_septets(payload, shifts);
    if let Some(septets) = encode_septets(&text, shifts) {
        assert_eq!(decode_septets(&septets, shifts), text);
    }
    let written = header.to_octets();
    assert!(written.len() <= 140);
    // One-octet ports are encoded with two octets.
    if data.len() - payload.len() <= 130 {
        let read =
            if written.is_empty() { Header::default() } else { Header::parse(&written).unwrap().0 };
        assert_eq!(read, header);
    }
}

fn sent(text: &str) {
    let policy = Policy::default();
    let (measured, parts) = (measure(text, &policy), segment(text, &policy, 0xBEEF));
    let (Ok(measured), Ok(parts)) = (measured, parts) else { return };
    assert_eq!(parts.len(), usize::from(measured.parts));
    let mut joined = Vec::new();
    let mut shifts = None;
    for part in &parts {
        assert!(part.user_data().len() <= 160);
        if let Some(udh) = part.udh() {
            shifts = Some(Header::parse(udh).unwrap().0.shifts());
        }
        joined.extend_from_slice(part.payload());
    }
    let read = match measured.encoding {
        Encoding::Ucs2 => decode_ucs2(&joined, ByteOrder::Big),
        Encoding::Gsm7 { .. } => decode_septets(&joined, shifts.unwrap_or_default()),
    };
    // A byte order mark at the start is removed.
    assert_eq!(read, text.strip_prefix('\u{FEFF}').unwrap_or(text));
}
