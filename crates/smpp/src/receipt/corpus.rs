//! The golden corpus: receipts as carriers send them (`corpus.tsv`), and the expected result.

use super::{MessageState as S, NetworkError, NewReceipt, Receipt, date};
use crate::pdu::{DataSm, DeliverSm, EsmClass, TlvBuf, Tlvs, tag};

const CORPUS: &str = include_str!("corpus.tsv");

/// The standard's example.
const STANDARD: &[u8] = b"id:0123456789 sub:001 dlvrd:001 submit date:2611212200 \
    done date:2611212201 stat:DELIVRD err:000 text:Hello";

/// One line of the corpus.
struct Golden {
    esm_class: u8,
    short_message: Vec<u8>,
    tlvs: TlvBuf,
    id: Vec<u8>,
    state: &'static str,
    err: &'static str,
    done_date: &'static str,
}

impl Golden {
    fn read(line: &'static str) -> Self {
        let cells: Vec<_> = line.split('\t').collect();
        let [esm_class, short_message, parameters, id, state, err, done_date] = cells[..] else {
            panic!("not seven cells: {line}")
        };
        let mut tlvs = TlvBuf::new();
        for parameter in parameters.split_ascii_whitespace() {
            let (tag, value) = parameter.split_once('=').unwrap();
            tlvs.push(u16::from_str_radix(tag, 16).unwrap(), &octets(value)).unwrap();
        }
        Self {
            esm_class: u8::from_str_radix(esm_class, 16).unwrap(),
            short_message: octets(short_message),
            tlvs,
            id: octets(id),
            state,
            err,
            done_date,
        }
    }
}

/// The octets of a cell; `\xHH`, `\r`, `\n` and `\0` are escapes of one octet.
fn octets(cell: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = cell;
    while let Some(first) = rest.chars().next() {
        let (octet, length) = match rest.get(..2) {
            Some("\\x") => (u8::from_str_radix(&rest[2..4], 16).unwrap(), 4),
            Some("\\r") => (b'\r', 2),
            Some("\\n") => (b'\n', 2),
            Some("\\0") => (0, 2),
            _ => (u8::try_from(first).unwrap(), 1),
        };
        octets.push(octet);
        rest = &rest[length..];
    }
    octets
}

fn deliver(esm_class: u8, text: &[u8]) -> DeliverSm<'_> {
    DeliverSm { esm_class: EsmClass(esm_class), short_message: text, ..DeliverSm::default() }
}

#[test]
fn receipts_of_real_carriers_are_parsed() {
    let mut read = 0;
    for line in CORPUS.lines().filter(|line| !line.starts_with('#')) {
        let golden = Golden::read(line);
        let sm = deliver(golden.esm_class, &golden.short_message);
        let sm = DeliverSm { tlvs: golden.tlvs.tlvs(), ..sm };
        let Some(receipt) = Receipt::of(&sm) else { panic!("no receipt: {line}") };
        assert_eq!(receipt.message_id, golden.id, "{line}");
        assert_eq!(format!("{:?}", receipt.state), golden.state, "{line}");
        assert_eq!(receipt.err, golden.err.as_bytes(), "{line}");
        assert_eq!(receipt.done_date, golden.done_date.as_bytes(), "{line}");
        read += 1;
    }
    assert!(read >= 60, "only {read} lines");
}

#[test]
fn an_unrecognised_state_is_unknown_and_never_failed_or_final() {
    for word in [&b"WHATEVER"[..], b"UNDELIVE", b"FAIL", b"REJ", b"10", b"-1", b"", b"DELIVRD!"] {
        let text = [b"id:1 stat:", word, b" err:000 text:"].concat();
        let receipt = Receipt::of(&deliver(0x04, &text)).unwrap();
        assert_eq!(receipt.state, S::Unknown, "{}", word.escape_ascii());
        assert!(!receipt.is_final() && receipt.stat == word);
    }
}

#[test]
fn a_receipt_is_detected_by_its_text_when_the_bits_are_missing() {
    assert!(!Receipt::of(&deliver(0x00, STANDARD)).unwrap().marked);
    assert!(Receipt::of(&deliver(0x04, STANDARD)).unwrap().marked);
    for message in [&b"id: please tell me"[..], b"stat:DELIVRD is what I read", b"", b"hello"] {
        assert_eq!(Receipt::of(&deliver(0x00, message)), None);
    }
}

#[test]
fn esm_class_decides_what_is_a_receipt() {
    let text = STANDARD;
    let with_udh = [b"\x05\x00\x03\xaa\x01\x01", text].concat();
    for (esm_class, body, receipt, intermediate) in [
        (0x04, text, true, false),
        (0x08, text, false, false),
        (0x10, text, false, false),
        (0x20, text, true, true),
        (0x44, &with_udh, true, false),
    ] {
        let read = Receipt::of(&deliver(esm_class, body));
        assert_eq!(read.is_some(), receipt, "{esm_class:#x}");
        assert_eq!(read.is_some_and(|read| read.intermediate), intermediate, "{esm_class:#x}");
        assert!(read.is_none_or(|read| read.message_id == b"0123456789"), "{esm_class:#x}");
    }
}

#[test]
fn optional_parameters_win_over_the_text() {
    let text = STANDARD;
    let mut tlvs = TlvBuf::new();
    tlvs.push_c_string(tag::RECEIPTED_MESSAGE_ID, b"abc").unwrap();
    tlvs.push_u8(tag::MESSAGE_STATE, 5);
    tlvs.push(tag::NETWORK_ERROR_CODE, &[3, 0x01, 0x2C]).unwrap();
    let receipt = Receipt::of(&DeliverSm { tlvs: tlvs.tlvs(), ..deliver(0x04, text) }).unwrap();
    assert_eq!((receipt.message_id, receipt.state), (&b"abc"[..], S::Undeliverable));
    assert_eq!(receipt.network_error, Some(NetworkError { network: 3, code: 300 }));
    assert_eq!(receipt.done_date, b"2611212201");
    assert!(receipt.contradictory);
}

#[test]
fn optional_parameters_alone_make_a_receipt() {
    let tlvs = Tlvs::new(b"\x00\x1e\x00\x03abc\x04\x27\x00\x01\x02");
    for esm_class in [0x00, 0x04] {
        let receipt = Receipt::of(&DeliverSm { tlvs, ..deliver(esm_class, b"") }).unwrap();
        assert_eq!((receipt.message_id, receipt.state), (&b"abc"[..], S::Delivered));
        assert!(!receipt.contradictory && receipt.is_final() && receipt.marked);
    }
}

#[test]
fn the_text_may_be_in_message_payload_and_in_data_sm() {
    let mut tlvs = TlvBuf::new();
    tlvs.push(tag::MESSAGE_PAYLOAD, STANDARD).unwrap();
    let data = DataSm { esm_class: EsmClass::RECEIPT, tlvs: tlvs.tlvs(), ..DataSm::default() };
    let deliver = DeliverSm { tlvs: tlvs.tlvs(), ..deliver(0x04, b"") };
    for receipt in [Receipt::of_data(&data), Receipt::of(&deliver)] {
        let receipt = receipt.unwrap();
        assert_eq!((receipt.message_id, receipt.state), (&b"0123456789"[..], S::Delivered));
    }
}

#[test]
fn rendered_receipts_are_parsed_back() {
    for number in 0..=9 {
        let state = S::from_number(number);
        let new = NewReceipt {
            message_id: b"01J-42",
            state,
            err: "027",
            submit_date: date(1_795_298_400),
            done_date: date(1_795_298_460),
            network_error: Some(NetworkError { network: 3, code: 27 }),
            text: b"a text of more than twenty octets",
        };
        let (mut text, mut tlvs) = (Vec::new(), TlvBuf::new());
        new.render(&mut text);
        new.tlvs(&mut tlvs).unwrap();
        let read = Receipt::of(&DeliverSm { tlvs: tlvs.tlvs(), ..deliver(0x04, &text) }).unwrap();
        assert_eq!((read.message_id, read.state, read.err), (&b"01J-42"[..], state, &b"027"[..]));
        assert_eq!((read.submit_date, read.done_date), (&b"2611212200"[..], &b"2611212201"[..]));
        assert_eq!(
            (read.text, read.network_error),
            (&b"a text of more than "[..], new.network_error)
        );
        // The text has no word for SCHEDULED.
        assert_eq!(read.contradictory, state == S::Scheduled);
    }
}
