//! Receipts and messages in every form that carriers send.

use bytes::BytesMut;
use smpp::CommandStatus;
use smpp::pdu::{self, EsmClass, TlvBuf, tag};

use super::*;

fn received(deliver: &DeliverSm<'_>) -> Received {
    received_by(deliver, true)
}

fn received_by(deliver: &DeliverSm<'_>, by_text: bool) -> Received {
    read_raw(&raw(deliver), by_text, &HashMap::new())
}

fn raw(deliver: &DeliverSm<'_>) -> RawPdu {
    let mut out = BytesMut::new();
    pdu::encode(&mut out, CommandStatus::ROK, 1, deliver).unwrap();
    RawPdu::new(out.freeze()).unwrap()
}

fn read_raw(raw: &RawPdu, by_text: bool, words: &HashMap<String, ReceiptState>) -> Received {
    let of = CarrierContext {
        carrier: &CarrierName::new("main"),
        ids: ReceiptIds::Same,
        by_text,
        words,
        scope: ReceiptScope::Part,
        alphabet: Alphabet::Gsm7,
        home: None,
        interrupted_at: Timestamp::from_millis(3),
    };
    read(raw, of, Timestamp::from_millis(7)).unwrap()
}

fn receipt(short_message: &[u8]) -> Received {
    let esm_class = EsmClass::RECEIPT;
    received(&DeliverSm { esm_class, short_message, ..DeliverSm::default() })
}

#[test]
fn an_unknown_word_decides_nothing_and_is_kept() {
    for (text, code) in [("id:AbC stat:PUZZLED err:21b", "21b"), ("id:AbC stat:Puzzled", "Puzzled")]
    {
        let Received::UnknownState(receipt) = receipt(text.as_bytes()) else { panic!("{text}") };
        assert_eq!(receipt.state, ReceiptState::Intermediate);
        assert_eq!((receipt.carrier_id.as_str(), receipt.code.as_deref()), ("AbC", Some(code)));
    }
}

#[test]
fn states_are_read_from_their_words() {
    for (word, state) in [
        ("DELIVRD", ReceiptState::Delivered),
        ("EXPIRED", ReceiptState::Expired),
        ("UNDELIV", ReceiptState::Failed),
        ("REJECTD", ReceiptState::Failed),
        ("DELETED", ReceiptState::Failed),
        ("ENROUTE", ReceiptState::Intermediate),
        ("ACCEPTD", ReceiptState::Intermediate),
        ("UNKNOWN", ReceiptState::Intermediate),
    ] {
        let text = format!("id:AbC sub:001 dlvrd:001 stat:{word} err:21b text:hi");
        let Received::Receipt(receipt) = receipt(text.as_bytes()) else { panic!("{word}") };
        assert_eq!((receipt.state, receipt.carrier_id.as_str()), (state, "AbC"), "{word}");
        assert_eq!(receipt.code.as_deref(), Some("21b"));
    }
}

#[test]
fn an_intermediate_notification_decides_nothing() {
    let deliver = DeliverSm {
        esm_class: EsmClass::INTERMEDIATE,
        short_message: b"id:1 stat:UNDELIV err:000",
        ..DeliverSm::default()
    };
    let Received::Receipt(receipt) = received(&deliver) else { panic!() };
    assert_eq!(receipt.state, ReceiptState::Intermediate);
}

#[test]
fn optional_parameters_are_enough() {
    let mut parsed = TlvBuf::new();
    parsed.push_c_string(tag::RECEIPTED_MESSAGE_ID, b"42").unwrap();
    parsed.push_u8(tag::MESSAGE_STATE, 5);
    parsed.push(tag::NETWORK_ERROR_CODE, &[3, 0, 1]).unwrap();
    let esm_class = EsmClass::RECEIPT;
    let deliver = DeliverSm { esm_class, tlvs: parsed.tlvs(), ..DeliverSm::default() };
    let Received::Receipt(receipt) = received(&deliver) else { panic!() };
    assert_eq!((receipt.state, receipt.carrier_id.as_str()), (ReceiptState::Failed, "42"));
    assert_eq!(receipt.code.as_deref(), Some("network 3: 1"));
}

#[test]
fn a_receipt_by_its_text_alone_is_also_a_message() {
    let deliver = |source| DeliverSm {
        source,
        destination: Address::unknown(b"1919"),
        short_message: b"id:7 stat:UNDELIV err:001",
        ..DeliverSm::default()
    };
    let phone = deliver(Address::international(b"4520123456"));
    let Received::Receipt(receipt) = received(&phone) else { panic!() };
    assert_eq!((receipt.state, &*receipt.carrier_id), (ReceiptState::Failed, "7"));
    let message = receipt.unmarked.unwrap();
    assert_eq!((message.from.as_str(), message.to.as_str()), ("4520123456", "1919"));
    let text = domain::inbound::InboundBody::Text("id:7 stat:UNDELIV err:001".to_owned());
    assert_eq!(message.body, text);
    // Without the key, with an unusable source, and without an id.
    assert!(matches!(received_by(&phone, false), Received::Message(part) if part == *message));
    let name = deliver(Address::alphanumeric(b"Boltgram"));
    assert!(matches!(received(&name), Received::Message(_)));
    let nameless = DeliverSm { short_message: b"id: stat:UNDELIV err:001", ..phone };
    assert!(matches!(received(&nameless), Received::Message(_)));
}

#[test]
fn a_marked_receipt_is_not_a_message() {
    let mut parsed = TlvBuf::new();
    parsed.push_c_string(tag::RECEIPTED_MESSAGE_ID, b"42").unwrap();
    let id_alone = DeliverSm {
        source: Address::international(b"4520123456"),
        tlvs: parsed.tlvs(),
        ..DeliverSm::default()
    };
    assert!(matches!(received_by(&id_alone, false), Received::Message(_)));
    let mut both = parsed.clone();
    both.push_u8(tag::MESSAGE_STATE, 2);
    let by_parameters = DeliverSm { tlvs: both.tlvs(), ..DeliverSm::default() };
    let short_message = b"id:1 stat:DELIVRD err:000";
    let esm_class = EsmClass::RECEIPT;
    let by_bits = DeliverSm { esm_class, short_message, ..DeliverSm::default() };
    for marked in [by_parameters, by_bits] {
        let Received::Receipt(receipt) = received_by(&marked, false) else { panic!() };
        assert_eq!((receipt.unmarked, receipt.state), (None, ReceiptState::Delivered));
    }
}

#[test]
fn a_receipt_has_the_number_of_its_recipient() {
    let of = |ton: Ton, addr: &'static [u8]| {
        let source = Address { ton, addr, ..Address::default() };
        let short_message = b"id:1 stat:DELIVRD err:000";
        let esm_class = EsmClass::RECEIPT;
        let parsed = DeliverSm { source, esm_class, short_message, ..DeliverSm::default() };
        let Received::Receipt(receipt) = received(&parsed) else { panic!() };
        receipt.to.map(Msisdn::digits)
    };
    let known = Some(4_520_123_456);
    assert_eq!(of(Ton::INTERNATIONAL, b"4520123456"), known);
    assert_eq!(of(Ton::UNKNOWN, b"+4520123456"), known);
    assert_eq!(of(Ton::INTERNATIONAL, b"004520123456"), known);
    for (ton, addr) in [
        (Ton::NATIONAL, &b"20123456"[..]),
        (Ton::ALPHANUMERIC, b"Boltgram"),
        (Ton::NETWORK_SPECIFIC, b"4520123456"),
        (Ton::UNKNOWN, b"1234"),
        (Ton::UNKNOWN, b"020123456"),
        (Ton::INTERNATIONAL, b"45201234567890123"),
        (Ton::INTERNATIONAL, b"45 20 12 34 56"),
        (Ton::INTERNATIONAL, b"\xff"),
        (Ton::UNKNOWN, b""),
    ] {
        assert_eq!(of(ton, addr), None, "{addr:?}");
    }
}

#[test]
fn messages_and_receipts_without_an_id_are_recognised() {
    let message = DeliverSm { short_message: b"STOP", ..DeliverSm::default() };
    assert!(matches!(received(&message), Received::Message(_)));
    assert!(matches!(receipt(b"stat:DELIVRD"), Received::Unread(_)));
}

const TEXT: &str = "id:AB-12 sub:001 dlvrd:001 submit date:2611212200 done date:2611212201 stat:UNDELIV \
    err:021 text:hi";

fn utf16(text: &str, octets: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(octets).collect()
}

#[test]
fn a_receipt_is_read_by_its_data_coding() {
    let septets: Vec<u8> = TEXT.bytes().collect();
    let packed = domain::text::packed::pack(&septets, 0);
    let with_bom = [&[0xFE, 0xFF][..], &utf16(TEXT, u16::to_be_bytes)].concat();
    for (coding, octets) in [
        (8, utf16(TEXT, u16::to_be_bytes)),
        (8, with_bom),
        (8, utf16(TEXT, u16::to_le_bytes)),
        (8, TEXT.as_bytes().to_vec()),
        (0x18, utf16(TEXT, u16::to_be_bytes)),
        (0, TEXT.as_bytes().to_vec()),
        (1, TEXT.as_bytes().to_vec()),
        (3, TEXT.as_bytes().to_vec()),
        (0, utf16(TEXT, u16::to_be_bytes)),
        (4, utf16(TEXT, u16::to_be_bytes)),
        (0, packed),
    ] {
        let data_coding = smpp::pdu::DataCoding(coding);
        let esm_class = EsmClass::RECEIPT;
        let mut tlvs = TlvBuf::new();
        tlvs.push(tag::MESSAGE_PAYLOAD, &octets).unwrap();
        let in_payload =
            DeliverSm { esm_class, data_coding, tlvs: tlvs.tlvs(), ..DeliverSm::default() };
        let data = DataSm { esm_class, data_coding, tlvs: tlvs.tlvs(), ..DataSm::default() };
        let short_message = octets.get(..254).unwrap_or(&octets);
        let in_text = DeliverSm { esm_class, data_coding, short_message, ..DeliverSm::default() };
        for read in [received(&in_text), received(&in_payload), received_data(&data)] {
            let Received::Receipt(receipt) = read else { panic!("{coding}: {octets:?}") };
            assert_eq!(receipt.carrier_id, "AB-12", "{coding}");
            assert_eq!(receipt.state, ReceiptState::Failed, "{coding}");
            assert_eq!(receipt.code.as_deref(), Some("021"));
        }
    }
}

fn received_data(data: &DataSm<'_>) -> Received {
    let mut out = BytesMut::new();
    pdu::encode(&mut out, CommandStatus::ROK, 1, data).unwrap();
    read_raw(&RawPdu::new(out.freeze()).unwrap(), true, &HashMap::new())
}

#[test]
fn a_receipt_that_cannot_be_read_is_kept_as_it_came() {
    for octets in [&b"nothing to see"[..], b"\xff\xfe\xfd", b"", b"stat:DELIVRD err:000"] {
        let Received::Unread(unread) = receipt(octets) else { panic!("{octets:?}") };
        assert_eq!((unread.octets.as_slice(), unread.esm_class), (octets, 4));
    }
}

#[test]
fn the_carriers_own_words_are_mapped() {
    let words = [
        ("OK".to_owned(), ReceiptState::Delivered),
        ("KO".to_owned(), ReceiptState::Failed),
        ("DELIVRD".to_owned(), ReceiptState::Intermediate),
    ];
    let words = HashMap::from(words);
    for (word, expected) in [
        ("OK", ReceiptState::Delivered),
        ("ok", ReceiptState::Delivered),
        ("KO", ReceiptState::Failed),
        ("DELIVRD", ReceiptState::Intermediate),
        ("EXPIRED", ReceiptState::Expired),
    ] {
        let text = format!("id:1 stat:{word} err:000");
        let esm_class = EsmClass::RECEIPT;
        let short_message = text.as_bytes();
        let deliver = DeliverSm { esm_class, short_message, ..DeliverSm::default() };
        let Received::Receipt(receipt) = read_raw(&raw(&deliver), true, &words) else { panic!() };
        assert_eq!(receipt.state, expected, "{word}");
    }
}

#[test]
fn an_unmarked_text_in_ucs2_is_a_receipt_too() {
    let octets = utf16("id:7 stat:UNDELIV err:001", u16::to_be_bytes);
    let deliver = DeliverSm {
        source: Address::international(b"4520123456"),
        data_coding: smpp::pdu::DataCoding(8),
        short_message: &octets,
        ..DeliverSm::default()
    };
    let Received::Receipt(receipt) = received(&deliver) else { panic!() };
    assert_eq!((&*receipt.carrier_id, receipt.unmarked.is_some()), ("7", true));
}
