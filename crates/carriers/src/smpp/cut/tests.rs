//! Texts in every alphabet and form, decoded with independent code.

use domain::text::{decode_septets, packed};

use super::*;

fn profile(alphabet: Alphabet) -> Profile {
    Profile { alphabet, ..Profile::default() }
}

fn only(text: &str, profile: &Profile) -> Piece {
    let mut pieces = cut_text(text, profile, 7).unwrap();
    assert_eq!(pieces.len(), 1, "{text}");
    pieces.remove(0)
}

/// Contains the characters in which the alphabets differ: `@` is 0x00 in GSM-7, `_` 0x11, `$` 0x02.
const GOLDEN: &str = "@_$[]{}^~\\| abcXYZ 0189 !\"#%&";

#[test]
fn the_golden_string_is_encoded_in_each_alphabet() {
    let gsm7 = only(GOLDEN, &profile(Alphabet::Gsm7));
    assert_eq!(gsm7.user_data()[..7], [0x00, 0x11, 0x02, 0x1B, 0x3C, 0x1B, 0x3E]);
    assert_eq!(decode_septets(gsm7.user_data(), Shifts::default()), GOLDEN);

    let packed_up = only(GOLDEN, &profile(Alphabet::Gsm7Packed));
    let septets = packed::unpack_filled(packed_up.user_data());
    assert_eq!(decode_septets(&septets, Shifts::default()), GOLDEN);

    for alphabet in [Alphabet::Ascii, Alphabet::Latin1] {
        assert_eq!(only(GOLDEN, &profile(alphabet)).user_data(), GOLDEN.as_bytes());
    }
    for alphabet in [Alphabet::Gsm7, Alphabet::Gsm7Packed, Alphabet::Ascii, Alphabet::Latin1] {
        assert_eq!(only(GOLDEN, &profile(alphabet)).data_coding, DataCoding::DEFAULT);
    }
}

#[test]
fn a_text_outside_the_alphabet_is_sent_as_ucs_2() {
    for (alphabet, text) in [
        (Alphabet::Gsm7, "ж"),
        (Alphabet::Gsm7, "`"),
        (Alphabet::Gsm7Packed, "ж"),
        (Alphabet::Ascii, "ærø"),
        (Alphabet::Ascii, "`"),
        (Alphabet::Latin1, "5 €"),
        (Alphabet::Latin1, "\u{85}"),
    ] {
        let piece = only(text, &profile(alphabet));
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(
            (piece.data_coding, piece.user_data()),
            (DataCoding::UCS2, &units[..]),
            "{text}"
        );
    }
}

#[test]
fn latin_1_is_preferred_to_ucs_2_if_configured() {
    for (alphabet, text) in
        [(Alphabet::Gsm7, "þorn ê"), (Alphabet::Gsm7Packed, "`"), (Alphabet::Ascii, "ærø")]
    {
        let profile = Profile { beyond: Beyond::Latin1, ..profile(alphabet) };
        let octets: Vec<u8> = text.chars().map(|char| u8::try_from(char).unwrap()).collect();
        let piece = only(text, &profile);
        assert_eq!((piece.data_coding, piece.user_data()), (DataCoding::LATIN1, &octets[..]));
        assert_eq!(only("ж", &profile).data_coding, DataCoding::UCS2);
        assert_eq!(only("plain", &profile).data_coding, DataCoding::DEFAULT);
    }
}

#[test]
fn the_number_of_parts_depends_on_the_alphabet() {
    let count = |alphabet, text: &str| cut_text(text, &profile(alphabet), 7).unwrap().len();
    for (alphabet, alone, joined) in [
        (Alphabet::Gsm7, 160, 306),
        (Alphabet::Gsm7Packed, 160, 306),
        (Alphabet::Ascii, 160, 306),
        (Alphabet::Latin1, 140, 268),
    ] {
        for (chars, parts) in [(alone, 1), (alone + 1, 2), (joined, 2), (joined + 1, 3)] {
            assert_eq!(count(alphabet, &"x".repeat(chars)), parts, "{alphabet:?} {chars}");
        }
    }
    assert_eq!(count(Alphabet::Ascii, &"[".repeat(81)), 2, "an escape is two septets on the air");
    assert_eq!(count(Alphabet::Latin1, &"[".repeat(140)), 1);
    let wide = Policy { reference: ReferenceWidth::Sixteen, ..Policy::default() };
    let wide = Profile { policy: wide, ..profile(Alphabet::Latin1) };
    assert_eq!(cut_text(&"x".repeat(267), &wide, 7).unwrap().len(), 3);
}

#[test]
fn joined_parts_equal_the_text() {
    let text = "Grød [nr. 1] {kode} ".repeat(20);
    let plain = text.replace('ø', "o");
    for (alphabet, text) in [
        (Alphabet::Gsm7, &text),
        (Alphabet::Gsm7Packed, &text),
        (Alphabet::Latin1, &text),
        (Alphabet::Ascii, &plain),
    ] {
        let pieces = cut_text(text, &profile(alphabet), 0x1234).unwrap();
        let mut read = String::new();
        for (piece, number) in pieces.iter().zip(1..) {
            let total = u8::try_from(pieces.len()).unwrap();
            assert_eq!(piece.user_data()[..6], [5, 0, 3, 0x34, total, number]);
            assert!(piece.has_header() && piece.user_data().len() <= 159);
            read += &match alphabet {
                Alphabet::Gsm7 => decode_septets(piece.payload(), Shifts::default()),
                Alphabet::Gsm7Packed => {
                    assert!(piece.user_data().len() <= OCTETS_MAX);
                    let fill = packed::fill_bits(6);
                    let mut septets = packed::unpack(piece.payload(), fill, usize::MAX);
                    if septets.last() == Some(&b'\r') {
                        septets.pop();
                    }
                    decode_septets(&septets, Shifts::default())
                }
                Alphabet::Latin1 | Alphabet::Ascii => {
                    piece.payload().iter().map(|octet| char::from(*octet)).collect()
                }
            };
        }
        assert_eq!(&read, text, "{alphabet:?}");
    }
}

/// Seven spare zero bits would decode as one more `@`.
#[test]
fn packed_parts_leave_no_seven_spare_bits() {
    for chars in 150..320 {
        let text = "x".repeat(chars);
        let pieces = cut_text(&text, &profile(Alphabet::Gsm7Packed), 7).unwrap();
        let mut read = 0;
        for piece in &pieces {
            let header = piece.user_data().len() - piece.payload().len();
            let fill = if header == 0 { 0 } else { packed::fill_bits(header) };
            let septets = packed::unpack(piece.payload(), fill, usize::MAX);
            assert!(!septets.contains(&0), "{chars}");
            read += septets.iter().filter(|septet| **septet == b'x').count();
        }
        assert_eq!(read, chars);
    }
}

#[test]
fn a_payload_is_the_whole_text_and_has_the_weight_of_its_parts() {
    let text = "Grød 5 ".repeat(50);
    for (alphabet, octets) in
        [(Alphabet::Gsm7, 350), (Alphabet::Latin1, 350), (Alphabet::Gsm7Packed, 307)]
    {
        let profile = Profile { long: LongMessages::MessagePayload, ..profile(alphabet) };
        let piece = only(&text, &profile);
        assert_eq!((piece.payload().len(), piece.weight, piece.has_header()), (octets, 3, false));
        assert_eq!(only("short", &profile).weight, 1);
    }
    let profile = Profile { long: LongMessages::MessagePayload, ..profile(Alphabet::Ascii) };
    let piece = only(&text, &profile);
    assert_eq!((piece.payload().len(), piece.weight), (700, 6));
    assert_eq!(piece.data_coding, DataCoding::UCS2);
}

#[test]
fn texts_that_cannot_be_encoded_are_errors() {
    for alphabet in [Alphabet::Gsm7, Alphabet::Gsm7Packed, Alphabet::Ascii, Alphabet::Latin1] {
        assert_eq!(cut_text("", &profile(alphabet), 7).unwrap_err(), TextError::Empty);
        let control = cut_text("bell \u{7}", &profile(alphabet), 7).unwrap_err();
        assert!(matches!(control, TextError::Control { position: 5, .. }), "{alphabet:?}");
        let long = cut_text(&"x".repeat(60_000), &profile(alphabet), 7).unwrap_err();
        assert!(matches!(long, TextError::TooLong { .. }), "{alphabet:?}");
    }
}

#[test]
fn debug_output_of_a_piece_has_no_text() {
    for alphabet in [Alphabet::Gsm7, Alphabet::Latin1] {
        let shown = format!("{:?}", only("secret", &profile(alphabet)));
        assert!(!shown.contains("secret") && !shown.contains("115"), "{shown}");
    }
}
