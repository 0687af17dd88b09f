//! Boundaries of parts, tables in both directions, and what a split must never separate.

use proptest::prelude::*;

use super::{alphabet::Septets, *};

const PLAIN: Policy = Policy {
    alphabet: Alphabet::Automatic,
    national: National::Forbidden,
    reference: ReferenceWidth::Eight,
    parts_max: 255,
};
const WIDE: Policy = Policy { reference: ReferenceWidth::Sixteen, ..PLAIN };

fn size(text: &str, policy: &Policy) -> (u8, usize) {
    let measure = measure(text, policy).unwrap();
    (measure.parts, measure.units)
}

fn units(text: &str, policy: &Policy) -> Vec<usize> {
    segment(text, policy, 7).unwrap().iter().map(|part| part.units).collect()
}

/// Parses the headers and joins and decodes the payloads, like a handset.
fn join(parts: &[Part]) -> String {
    let mut octets = Vec::new();
    let mut shifts = Shifts::default();
    for (index, part) in parts.iter().enumerate() {
        let payload = match part.udh() {
            None => part.user_data(),
            Some(_) => {
                let (header, payload) = Header::parse(part.user_data()).unwrap();
                shifts = header.shifts();
                if let Some(concat) = header.concat {
                    assert_eq!(usize::from(concat.total), parts.len());
                    assert_eq!(usize::from(concat.sequence), index + 1);
                }
                payload
            }
        };
        octets.extend_from_slice(payload);
    }
    match parts[0].data_coding() {
        0x08 => decode_ucs2(&octets, ByteOrder::Big),
        _ => decode_septets(&octets, shifts),
    }
}

#[test]
fn gsm7_parts_have_160_septets_alone_and_153_or_152_of_several() {
    for (septets, eight, sixteen) in
        [(1, 1, 1), (160, 1, 1), (161, 2, 2), (304, 2, 2), (305, 2, 3), (306, 2, 3), (307, 3, 3)]
    {
        let text = "a".repeat(septets);
        assert_eq!(size(&text, &PLAIN), (eight, septets), "{septets}");
        assert_eq!(size(&text, &WIDE), (sixteen, septets), "{septets}");
    }
}

#[test]
fn ucs2_parts_have_70_units_alone_and_67_or_66_of_several() {
    for (count, eight, sixteen) in
        [(70, 1, 1), (71, 2, 2), (132, 2, 2), (133, 2, 3), (134, 2, 3), (135, 3, 3)]
    {
        let text = "я".repeat(count);
        assert_eq!(size(&text, &PLAIN), (eight, count), "{count}");
        assert_eq!(size(&text, &WIDE), (sixteen, count), "{count}");
    }
}

#[test]
fn an_escape_is_never_separated_from_its_character() {
    assert_eq!(size(&format!("{}{{", "a".repeat(158)), &PLAIN), (1, 160));
    assert_eq!(units(&format!("{}{{", "a".repeat(159)), &PLAIN), [153, 8]);
    assert_eq!(units(&format!("{}€{}", "a".repeat(152), "b".repeat(8)), &PLAIN), [152, 10]);
    // Each split loses one unit: 306 septets would be two parts, the escapes make it three.
    let text = format!("{}{{{}{{", "a".repeat(152), "b".repeat(150));
    assert_eq!(size(&text, &PLAIN), (3, 306));
    assert_eq!(units(&text, &PLAIN), [152, 152, 2]);
}

#[test]
fn a_surrogate_pair_is_never_split() {
    assert_eq!(size(&format!("{}😀", "я".repeat(68)), &PLAIN), (1, 70));
    assert_eq!(units(&format!("{}😀", "я".repeat(69)), &PLAIN), [67, 4]);
    assert_eq!(units(&format!("{}😀яяя", "я".repeat(66)), &PLAIN), [66, 5]);
    assert_eq!(units(&"😀".repeat(36), &PLAIN), [66, 6]);
}

#[test]
fn national_tables_reduce_the_capacity_by_their_header() {
    let turkish = |national| Policy { national, ..PLAIN };
    let single = turkish(National::Single(Language::Turkish));
    let alone = format!("{}ş", "a".repeat(153));
    assert_eq!(size(&alone, &single), (1, 155));
    let parts = segment(&alone, &single, 0).unwrap();
    assert_eq!(parts[0].udh(), Some(&[3, 0x24, 1, 1][..]));
    assert_eq!(units(&format!("{}ş", "a".repeat(154)), &single), [149, 7]);
    assert_eq!(size(&alone, &PLAIN).0, 3);

    let both = turkish(National::SingleAndLocking(Language::Portuguese));
    // Only the locking table has the infinity sign, only the single shift table a capital theta.
    let text = format!("∞Θ{}", "a".repeat(150));
    assert_eq!(units(&text, &both), [146, 7]);
    let parts = segment(&text, &both, 0x1234).unwrap();
    assert_eq!(parts[1].udh(), Some(&[11, 0, 3, 0x34, 2, 2, 0x24, 1, 3, 0x25, 1, 3][..]));
    assert_eq!(join(&parts), text);
}

#[test]
fn a_locking_table_is_used_if_it_saves_a_part() {
    let policy = Policy { national: National::SingleAndLocking(Language::Turkish), ..PLAIN };
    let measure = measure(&"ş".repeat(100), &policy).unwrap();
    assert_eq!(measure.encoding, Encoding::Gsm7 { locking: Some(Language::Turkish), single: None });
    assert_eq!((measure.parts, measure.units), (1, 100));
}

#[test]
fn the_default_alphabet_is_preferred_to_allowed_national_tables() {
    let policy = Policy { national: National::SingleAndLocking(Language::Turkish), ..PLAIN };
    assert_eq!(measure("Merhaba", &policy).unwrap().encoding, Encoding::GSM7);
}

#[test]
fn headers_are_encoded_octet_for_octet() {
    let text = "a".repeat(161);
    let parts = segment(&text, &PLAIN, 0x1FF).unwrap();
    assert_eq!(parts[0].udh(), Some(&[5, 0, 3, 0xFF, 2, 1][..]));
    assert_eq!(parts[1].udh(), Some(&[5, 0, 3, 0xFF, 2, 2][..]));
    let parts = segment(&text, &WIDE, 0x1FF).unwrap();
    assert_eq!(parts[1].udh(), Some(&[6, 8, 4, 0x01, 0xFF, 2, 2][..]));
    assert_eq!(segment("a", &PLAIN, 1).unwrap()[0].udh(), None);
}

#[test]
fn refuses_invalid_texts_without_showing_them() {
    assert_eq!(measure("", &PLAIN), Err(TextError::Empty));
    assert_eq!(measure("å\0b", &PLAIN), Err(TextError::Control { position: 1, code: 0 }));
    assert_eq!(measure("ab\tc", &PLAIN), Err(TextError::Control { position: 2, code: 9 }));
    assert_eq!(measure("\u{1B}", &PLAIN), Err(TextError::Control { position: 0, code: 0x1B }));
    assert!(measure("a\nb\rc\u{0C}d", &PLAIN).is_ok());
    let long = "a".repeat(153 * 255 + 1);
    assert_eq!(measure(&long, &PLAIN), Err(TextError::TooLong { parts: 256, parts_max: 255 }));
    assert_eq!(measure(&long[1..], &PLAIN).unwrap().parts, 255);
    let short = Policy { parts_max: 2, ..PLAIN };
    assert_eq!(
        measure(&"a".repeat(307), &short),
        Err(TextError::TooLong { parts: 3, parts_max: 2 })
    );
    let error = measure("secret\u{7}", &PLAIN).unwrap_err().to_string();
    assert_eq!(error, "the text has a control character (U+0007) at position 6");
    assert_eq!(format!("{:?}", Text::from("høje")), "Text(<4 chars>)");
    assert!(!format!("{:?}", segment("secret", &PLAIN, 1).unwrap()).contains("115"));
}

#[test]
fn a_policy_can_require_an_alphabet() {
    let gsm7 = Policy { alphabet: Alphabet::Gsm7Only, ..PLAIN };
    assert_eq!(measure("abс", &gsm7), Err(TextError::NotGsm7 { position: 2 }));
    assert_eq!(measure("ab[", &gsm7).unwrap().units, 4);
    let spanish = Policy { national: National::Single(Language::Spanish), ..gsm7 };
    assert_eq!(measure("ó", &spanish).unwrap().units, 2);
    assert_eq!(measure("óя", &spanish), Err(TextError::NotGsm7 { position: 1 }));
    let ucs2 = Policy { alphabet: Alphabet::Ucs2Only, ..PLAIN };
    assert_eq!(measure("ab[", &ucs2).unwrap().encoding, Encoding::Ucs2);
    assert_eq!(measure("`", &PLAIN).unwrap().encoding, Encoding::Ucs2);
}

#[test]
fn every_septet_and_every_escape_round_trips() {
    let languages =
        [None, Some(Language::Turkish), Some(Language::Spanish), Some(Language::Portuguese)];
    for (locking, single) in languages.iter().flat_map(|l| languages.map(|s| (*l, s))) {
        let shifts = Shifts { locking, single };
        for septet in (0..128u8).filter(|&septet| septet != ESCAPE) {
            let text = decode_septets(&[septet], shifts);
            assert_eq!(encode_septets(&text, shifts).as_deref(), Some(&[septet][..]), "{shifts:?}");
            let escaped = decode_septets(&[ESCAPE, septet], shifts);
            let char = escaped.chars().next().unwrap();
            match shifts.tables().septets(char).unwrap() {
                // Not in the extension (then it gives the alphabet's own character), or in both.
                Septets::One(own) => assert_eq!(decode_septets(&[own], shifts), escaped),
                Septets::Escaped(own) => assert_eq!(own, septet, "{shifts:?} {char}"),
            }
        }
    }
}

#[test]
fn the_most_error_prone_entries_are_correct() {
    let encode = |text| encode_septets(text, Shifts::default()).unwrap();
    assert_eq!(encode("@"), [0x00]);
    assert_eq!(encode("@a@"), [0x00, 0x61, 0x00]);
    assert_eq!(encode("_$Ç"), [0x11, 0x02, 0x09]);
    assert_eq!(
        encode("€[]{}\\~^|\u{0C}"),
        *b"\x1Be\x1B<\x1B>\x1B(\x1B)\x1B/\x1B=\x1B\x14\x1B@\x1B\n"
    );
    for absent in ["ç", "`", "\u{1B}", "\0", "Á", "ı", "\u{A0}"] {
        assert_eq!(encode_septets(absent, Shifts::default()), None, "{absent:?}");
    }
    assert_eq!(decode_septets(&[0x1B, 0x41], Shifts::default()), "A");
    assert_eq!(decode_septets(&[0x1B, 0x1B], Shifts::default()), " ");
    assert_eq!(decode_septets(&[0x41, 0x1B], Shifts::default()), "A ");
    assert_eq!(decode_septets(&[0x80 | 0x41], Shifts::default()), "A");
}

#[test]
fn packing_matches_known_examples() {
    // A common example in the literature.
    assert_eq!(packed::pack(b"hellohello", 0), *b"\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37");
    assert_eq!(packed::unpack(b"\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37", 0, 10), b"hellohello");
    assert_eq!([0, 4, 6, 7, 9, 12].map(packed::fill_bits), [0, 3, 1, 0, 5, 2]);
}

#[test]
fn seven_spare_bits_hold_a_carriage_return_for_octet_readers() {
    assert_eq!(packed::pack(b"1234567", 0).len(), 7);
    assert_eq!(packed::unpack(&packed::pack(b"1234567", 0), 0, 8), b"1234567\0");
    assert_eq!(packed::unpack_filled(&packed::pack_filled(b"1234567")), b"1234567");
    // A carriage return of the text that ends on the boundary is doubled (§6.1.2.3.1).
    assert_eq!(packed::unpack_filled(&packed::pack_filled(b"1234567\r")), b"1234567\r\r");
    assert_eq!(packed::unpack_filled(&packed::pack_filled(b"123456\r")), b"123456\r");
    // At 160 septets there is no room to double it.
    let full = format!("{}\r", "a".repeat(159));
    assert_eq!(packed::pack_filled(full.as_bytes()).len(), 140);
    assert_eq!(packed::unpack_filled(&packed::pack_filled(full.as_bytes())).len(), 159);
}

#[test]
fn decodes_utf16_as_carriers_deliver_it() {
    assert_eq!(decode_ucs2(&[0x04, 0x2F], ByteOrder::Big), "Я");
    assert_eq!(decode_ucs2(&[0x2F, 0x04], ByteOrder::Little), "Я");
    assert_eq!(decode_ucs2(&[0xFF, 0xFE, 0x2F, 0x04], ByteOrder::Big), "Я");
    assert_eq!(decode_ucs2(&[0xFE, 0xFF, 0x04, 0x2F], ByteOrder::Little), "Я");
    assert_eq!(decode_ucs2(&[0x04, 0x2F, 0x04], ByteOrder::Big), "Я\u{FFFD}");
    assert_eq!(decode_ucs2(&[0xD8, 0x3D, 0xDE, 0x00], ByteOrder::Big), "😀");
    assert_eq!(decode_ucs2(&[0xD8, 0x3D], ByteOrder::Big), "\u{FFFD}");
}

#[test]
fn headers_with_invalid_elements_are_parsed() {
    let (header, payload) =
        Header::parse(b"\x0B\x05\x04\x23\xF4\x00\x00\x00\x03\x07\x02\x01hi").unwrap();
    assert_eq!(header.ports, Some(Ports { destination: 9204, originator: 0 }));
    assert_eq!(
        header.concat,
        Some(Concat { reference: Reference::Eight(7), total: 2, sequence: 1 })
    );
    assert_eq!(payload, b"hi");
    // M9: ports alone do not make a part of a long text.
    assert_eq!(Header::parse(b"\x06\x05\x04\x0B\x84\x23\xF0").unwrap().0.concat, None);
    // Part 3 of 2, part 0, part of 0: no concatenation, but kept.
    for bad in [[7, 2, 3], [7, 2, 0], [7, 0, 0]] {
        let (header, _) = Header::parse(&[5, 0, 3, bad[0], bad[1], bad[2]]).unwrap();
        assert_eq!(header.concat, None);
        assert_eq!(header.others, [Element { identifier: 0, data: bad.to_vec() }]);
    }
    // Unknown elements are kept; an unknown language is decoded with the default alphabet.
    let (header, _) = Header::parse(&[7, 0x70, 2, 9, 8, 0x24, 1, 6]).unwrap();
    assert_eq!(header.others, [Element { identifier: 0x70, data: vec![9, 8] }]);
    assert_eq!((header.single, header.shifts()), (Some(6), Shifts::default()));
    // The last of two references applies.
    let (header, _) = Header::parse(&[11, 0, 3, 1, 2, 1, 8, 4, 0, 9, 3, 2]).unwrap();
    assert_eq!(header.concat.unwrap().reference, Reference::Sixteen(9));

    assert_eq!(Header::parse(&[]), Err(HeaderError::Missing));
    assert_eq!(Header::parse(&[5, 0, 3]), Err(HeaderError::Truncated { claimed: 5, held: 2 }));
    assert_eq!(Header::parse(&[4, 0, 3, 1, 2]), Err(HeaderError::Element { position: 1 }));
    assert_eq!(Header::parse(&[3, 0x24, 1, 1]).unwrap().0.single, Some(1));
    assert_eq!(Header::parse(&[4, 0x24, 1, 1, 0]), Err(HeaderError::Element { position: 4 }));
    assert_eq!(Header::parse(&[0, b'x']).unwrap(), (Header::default(), &b"x"[..]));
}

#[test]
fn a_byte_order_mark_at_the_start_is_interpreted() {
    let policy = Policy::default();
    let parts = segment("\u{FEFF}я", &policy, 0).unwrap();
    assert_eq!(join(&parts), "я", "a byte order mark is invisible, so nothing is lost");
}

fn policies() -> impl Strategy<Value = Policy> {
    let national = prop_oneof![
        Just(National::Forbidden),
        Just(National::Single(Language::Spanish)),
        Just(National::SingleAndLocking(Language::Turkish)),
        Just(National::SingleAndLocking(Language::Portuguese)),
    ];
    let reference = prop_oneof![Just(ReferenceWidth::Eight), Just(ReferenceWidth::Sixteen)];
    let alphabet = prop_oneof![3 => Just(Alphabet::Automatic), 1 => Just(Alphabet::Ucs2Only)];
    (national, reference, alphabet).prop_map(|(national, reference, alphabet)| Policy {
        alphabet,
        national,
        reference,
        parts_max: 255,
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 .,@\r\n\u{0C}]{1,500}",
        "[a-c{}€\\[|]{1,400}",
        "[a-zæøåÆØÅéü¡ÇΔ€]{1,400}",
        "[a-zşğıİçáíóúãõâê€∞Φ]{1,400}",
        "[ก-ฺเ-๏ ]{1,300}",
        "[я😀👍🏽a{]{1,300}",
        // Without byte order marks, which a reader interprets at the start.
        "[^\u{0}-\u{9}\u{B}\u{E}-\u{1F}\u{FEFF}\u{FFFE}]{1,300}",
    ]
}

proptest! {
    #[test]
    fn segments_join_to_the_text_and_respect_the_capacity(text in texts(), policy in policies(), reference: u16) {
        let size = measure(&text, &policy).unwrap();
        let parts = segment(&text, &policy, reference).unwrap();
        prop_assert_eq!(usize::from(size.parts), parts.len());
        prop_assert_eq!(size.units, parts.iter().map(|part| part.units).sum::<usize>());
        prop_assert_eq!(size.chars, text.chars().count());
        prop_assert_eq!(join(&parts), text);
        for part in &parts {
            prop_assert_eq!(part.encoding, size.encoding);
            let (length, octets) = part.radio();
            prop_assert!(octets.len() <= 140);
            prop_assert_eq!(part.udh().is_some(), part.payload().len() < part.user_data().len());
            if part.data_coding() == 0x08 {
                prop_assert_eq!(length, octets.len());
                // A split pair would decode as U+FFFD, which the generators rarely make.
                let halves = part.payload().chunks(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
                prop_assert!(char::decode_utf16(halves).all(|char| char.is_ok()));
            } else {
                prop_assert!(length <= 160);
                prop_assert_eq!(part.payload().iter().rev().take_while(|&&septet| septet == ESCAPE).count(), 0);
                let header = part.udh().map_or(0, <[u8]>::len);
                let payload = packed::unpack(&octets[header..], packed::fill_bits(header), part.units);
                prop_assert_eq!(&payload[..], part.payload());
            }
        }
    }

    #[test]
    fn arbitrary_octets_do_not_panic(octets: Vec<u8>) {
        let _ = Header::parse(&octets);
        let _ = decode_septets(&octets, Shifts::default());
        let _ = decode_ucs2(&octets, ByteOrder::Little);
        let _ = packed::unpack_filled(&octets);
    }

    #[test]
    fn a_parsed_header_is_encoded_back(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Ok((header, _)) = Header::parse(&octets) {
            let written = header.to_octets();
            if !written.is_empty() {
                prop_assert_eq!(Header::parse(&written).unwrap().0, header);
            }
        }
    }

    #[test]
    fn packing_round_trips(septets in proptest::collection::vec(0u8..128, 0..200), fill in 0usize..7) {
        let octets = packed::pack(&septets, fill);
        prop_assert_eq!(octets.len(), (septets.len() * 7 + fill).div_ceil(8));
        prop_assert_eq!(packed::unpack(&octets, fill, septets.len()), septets);
    }
}
