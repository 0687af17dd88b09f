//! Mobile-originated messages as carriers deliver them.

use smpp::pdu::TlvBuf;

use super::*;

fn part_of(deliver: &DeliverSm<'_>, alphabet: Alphabet) -> InboundPart {
    let (at, interrupted_at) = (Timestamp::from_millis(7), Timestamp::from_millis(3));
    RawMessage::of(deliver).part(&CarrierName::new("main"), alphabet, None, at, interrupted_at)
}

fn coded(data_coding: u8, short_message: &[u8]) -> InboundBody {
    coded_as(Alphabet::Gsm7, data_coding, short_message)
}

fn coded_as(alphabet: Alphabet, data_coding: u8, short_message: &[u8]) -> InboundBody {
    let data_coding = DataCoding(data_coding);
    let deliver = DeliverSm { data_coding, short_message, ..DeliverSm::default() };
    part_of(&deliver, alphabet).body
}

fn with_udh(data_coding: u8, short_message: &[u8]) -> InboundPart {
    let (data_coding, esm_class) = (DataCoding(data_coding), EsmClass::UDHI);
    let deliver = DeliverSm { data_coding, esm_class, short_message, ..DeliverSm::default() };
    part_of(&deliver, Alphabet::Gsm7)
}

fn text(text: &str) -> InboundBody {
    InboundBody::Text(text.to_owned())
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[test]
fn addresses_and_times_are_kept_verbatim() {
    let deliver = DeliverSm {
        source: Address::international(b"4520123456"),
        destination: Address::unknown(b"1919"),
        short_message: b"JA",
        ..DeliverSm::default()
    };
    let part = part_of(&deliver, Alphabet::Gsm7);
    assert_eq!((part.from.as_str(), part.to.as_str()), ("4520123456", "1919"));
    assert_eq!((part.at.as_millis(), part.interrupted_at.as_millis()), (7, 3));
    assert_eq!((part.join, part.body), (None, text("JA")));
    for (address, party) in [
        (Address::international(b"+4520123456"), "4520123456"),
        (Address::international(b"004520123456"), "4520123456"),
        (Address::unknown(b"0012"), "0012"),
        (Address::alphanumeric(b"K\xf8benhavn\x1b"), "København"),
        (Address::unknown(b""), ""),
    ] {
        assert_eq!(super::party(address).as_str(), party);
    }
}

#[test]
fn decodes_the_default_alphabet_of_the_profile() {
    // @ £ ø { €
    let gsm7 = [0x00, 0x01, 0x0C, 0x1B, 0x28, 0x1B, 0x65];
    assert_eq!(coded(0, &gsm7), text("@£ø{€"));
    assert_eq!(coded_as(Alphabet::Latin1, 0, b"bl\xe5"), text("blå"));
    assert_eq!(coded_as(Alphabet::Ascii, 0, b"@_$"), text("@_$"));
    let septets = domain::text::encode_septets("Grüße@", Shifts::default()).unwrap();
    let packed = packed::pack_filled(&septets);
    assert_eq!(coded_as(Alphabet::Gsm7Packed, 0, &packed), text("Grüße@"));
}

#[test]
fn decodes_septets_after_a_header_from_their_boundary() {
    let header = [5, 0, 3, 7, 2, 1];
    // A carriage return in the last seven bits is padding.
    for (sent, read) in [("abcdefg", "abcdefg"), ("abcdefgh\r", "abcdefgh"), ("ab\r", "ab\r")] {
        let septets = domain::text::encode_septets(sent, Shifts::default()).unwrap();
        let packed = packed::pack(&septets, packed::fill_bits(header.len()));
        let short_message = &[&header[..], &packed].concat();
        let esm_class = EsmClass::UDHI;
        let deliver = DeliverSm { esm_class, short_message, ..DeliverSm::default() };
        assert_eq!(part_of(&deliver, Alphabet::Gsm7Packed).body, text(read));
    }
}

#[test]
fn decodes_every_data_coding() {
    assert_eq!(coded(1, b"@_"), text("@_"));
    assert_eq!(coded(3, b"bl\xe5"), text("blå"));
    assert_eq!(coded(6, &[0xBF, 0xE0, 0xD8, 0xF1, b'!']), text("Приё!"));
    assert_eq!(coded(7, &[0xF9, 0xEC, 0xE5, 0xED]), text("שלום"));
    for octets in [2, 4, 5, 0x14, 0x17, 0x20, 0x55, 0x80, 0xF4, 0xF5, 0xF7] {
        assert_eq!(coded(octets, &[0, 0xFF]), InboundBody::Octets(vec![0, 0xFF]), "{octets:#x}");
    }
    for octets in [2, 4, 5, 13, 14] {
        assert_eq!(coded(octets, b"STOP"), text("STOP"), "{octets}");
        assert_eq!(coded(octets, b"ST\x80P"), InboundBody::Octets(b"ST\x80P".to_vec()));
    }
    let wide = utf16("å😀");
    let units = InboundBody::Units("å😀".encode_utf16().collect());
    for ucs2 in [8, 0x18, 0x1B, 0xE0, 0xE8] {
        assert_eq!(coded(ucs2, &wide), units, "{ucs2:#x}");
    }
    for gsm7 in [0, 0x10, 0x11, 0xC0, 0xC8, 0xD0, 0xF0, 0xF3] {
        assert_eq!(coded(gsm7, &[0x00]), text("@"), "{gsm7:#x}");
    }
}

#[test]
fn decodes_malformed_texts_as_far_as_possible() {
    let wide = utf16("Hej æøå");
    assert_eq!(coded(0, &wide), InboundBody::Units("Hej æøå".encode_utf16().collect()));
    assert_eq!(coded(0, "blå".as_bytes()), text("blå"));
    assert_eq!(coded(0, b"bl\xe5"), text("blå"));
    // One octet too many, one too few, and none.
    assert_eq!(coded(8, &[0, 0x61, 0]), InboundBody::Units(vec![0x61, 0xFFFD]));
    assert_eq!(coded(8, &[]), InboundBody::Units(vec![]));
    assert_eq!(coded(0, &[]), text(""));
    // Two zero octets are two `@` in GSM-7.
    assert_eq!(coded(0, &[0, 0]), text("@@"));
}

#[test]
fn recognises_parts_with_either_reference_width() {
    let part = with_udh(0, &[5, 0, 3, 200, 3, 2, b'a']);
    assert_eq!(part.join, Join::new(JoinScheme::Udh8, 200, 3, 2));
    assert_eq!(part.body, text("a"));
    let part = with_udh(0, &[6, 8, 4, 1, 200, 3, 2, b'a']);
    assert_eq!(part.join, Join::new(JoinScheme::Udh16, 456, 3, 2));
    // Among other elements, known and unknown.
    let part = with_udh(0, &[11, 0x70, 2, 9, 9, 0x24, 1, 3, 0, 3, 200, 3, 2, b'a']);
    assert_eq!(part.join, None, "a header with inconsistent lengths joined");
    let part = with_udh(0, &[12, 0x70, 2, 9, 9, 0x24, 1, 3, 0, 3, 200, 3, 2, b'a']);
    assert_eq!(part.join, Join::new(JoinScheme::Udh8, 200, 3, 2));
}

#[test]
fn decodes_national_tables() {
    // Turkish single shift (1): ESC g is ğ; Portuguese locking (3): 0x04 is ê.
    assert_eq!(with_udh(0, &[3, 0x24, 1, 1, 0x1B, 0x67]).body, text("ğ"));
    assert_eq!(with_udh(0, &[3, 0x25, 1, 3, 0x04]).body, text("ê"));
}

#[test]
fn invalid_part_numbers_join_nothing() {
    for (total, number) in [(0, 0), (3, 0), (2, 3), (1, 1)] {
        let part = with_udh(0, &[5, 0, 3, 200, total, number, b'a']);
        assert_eq!((part.join, part.body), (None, text("a")), "{number} of {total}");
    }
}

#[test]
fn a_malformed_header_is_kept_as_text() {
    for user_data in [&b"\x40abc"[..], b"\x05\x00\x09abc", b""] {
        let part = with_udh(3, user_data);
        let all: String = user_data.iter().map(|octet| char::from(*octet)).collect();
        assert_eq!((part.join, part.body), (None, text(&all)));
    }
}

#[test]
fn a_message_with_an_application_port_is_binary_and_not_joined() {
    let part = with_udh(0, &[6, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 1, 2]);
    assert_eq!((part.join, part.body), (None, InboundBody::Octets(vec![1, 2])));
    let part = with_udh(4, &[11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, 7, 2, 1, 1, 2]);
    assert_eq!(part.join, Join::new(JoinScheme::Udh8, 7, 2, 1));
}

#[test]
fn recognises_sar_parts_and_reads_the_payload() {
    let mut tlvs = TlvBuf::new();
    tlvs.push_u16(tag::SAR_MSG_REF_NUM, 456);
    tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, 3);
    tlvs.push_u8(tag::SAR_SEGMENT_SEQNUM, 2);
    tlvs.push(tag::MESSAGE_PAYLOAD, &utf16("å")).unwrap();
    let data_coding = DataCoding::UCS2;
    let deliver = DeliverSm { data_coding, tlvs: tlvs.tlvs(), ..DeliverSm::default() };
    let part = part_of(&deliver, Alphabet::Gsm7);
    assert_eq!(part.join, Join::new(JoinScheme::Sar, 456, 3, 2));
    assert_eq!(part.body, InboundBody::Units(vec![0xE5]));
    let data = DataSm { data_coding, tlvs: tlvs.tlvs(), ..DataSm::default() };
    let at = Timestamp::from_millis(7);
    let by_data =
        RawMessage::of_data(&data).part(&CarrierName::new("main"), Alphabet::Gsm7, None, at, at);
    assert_eq!((by_data.join, by_data.body), (part.join, part.body));
    // A header takes precedence over sar parameters.
    let user_data = [5, 0, 3, 200, 2, 1, 0, 0x61];
    let esm_class = EsmClass::UDHI;
    let both = DeliverSm { esm_class, short_message: &user_data, ..deliver };
    let part = part_of(&both, Alphabet::Gsm7);
    assert_eq!(part.join, Join::new(JoinScheme::Udh8, 200, 2, 1));
    assert_eq!(part.body, InboundBody::Units(vec![0x61]));
    // A reference without the other sar parameters joins nothing.
    let mut alone = TlvBuf::new();
    alone.push_u16(tag::SAR_MSG_REF_NUM, 456);
    let deliver = DeliverSm { tlvs: alone.tlvs(), short_message: b"a", ..DeliverSm::default() };
    assert_eq!(part_of(&deliver, Alphabet::Gsm7).join, None);
}
