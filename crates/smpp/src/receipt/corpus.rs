//! The golden corpus: receipt texts as carriers send them, and what they must be read as.

use super::{MessageState as S, NetworkError, NewReceipt, Receipt, date};
use crate::pdu::{DataSm, DeliverSm, EsmClass, TlvBuf, Tlvs, tag};

/// text, id, state, err, done date
type Golden = (&'static [u8], &'static str, S, &'static str, &'static str);

const GOLDEN: &[Golden] = &[
    // The standard's own.
    (b"id:0123456789 sub:001 dlvrd:001 submit date:2611212200 done date:2611212201 stat:DELIVRD err:000 text:Hello",
        "0123456789", S::Delivered, "000", "2611212201"),
    // Seconds in the dates; fourteen digits.
    (b"id:7f3a sub:001 dlvrd:001 submit date:261121220000 done date:261121220105 stat:DELIVRD err:000 text:",
        "7f3a", S::Delivered, "000", "261121220105"),
    (b"id:7f3a sub:001 dlvrd:001 submit date:20261121220000 done date:20261121220105 stat:EXPIRED err:027 text:x",
        "7f3a", S::Expired, "027", "20261121220105"),
    // No sub and dlvrd; an empty sub.
    (b"id:44 submit date:2611212200 done date:2611212201 stat:UNDELIV err:001 text:a",
        "44", S::Undeliverable, "001", "2611212201"),
    (b"id:44 sub: dlvrd:001 submit date:2611212200 done date:2611212201 stat:DELIVRD err:000 text:a",
        "44", S::Delivered, "000", "2611212201"),
    // Keys without their space, a date of zeros, an id with dashes, eight letters.
    (b"id:0118Z-0122I-0401K-17OH5 sub:001 dlvrd:000 submitdate:261121220000 donedate:000000000000 stat:REJECTED err:012 text:",
        "0118Z-0122I-0401K-17OH5", S::Rejected, "012", "000000000000"),
    // States of the carriers' own.
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:BUFFRED err:000 text:", "1", S::Enroute, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:BUFFERD err:000 text:", "1", S::Enroute, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:ACKED err:000 text:", "1", S::Enroute, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:FAILED err:000 text:", "1", S::Undeliverable, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:ACCEPTD err:000 text:", "1", S::Accepted, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:DELETED err:000 text:", "1", S::Deleted, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:delivrd err:000 text:", "1", S::Delivered, "000", "2611212200"),
    // A word nobody knows is unknown, never failed.
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:WHATEVER err:000 text:", "1", S::Unknown, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat: err:000 text:", "1", S::Unknown, "000", "2611212200"),
    // err that is no number, has four digits, or a space before it.
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:UNDELIV err:21b text:", "1", S::Undeliverable, "21b", "2611212200"),
    (b"id:1 sub:001 dlvrd:000 submit date:2611212200 done date:2611212200 stat:UNDELIV err:nul text:", "1", S::Undeliverable, "nul", "2611212200"),
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:0000 text:", "1", S::Delivered, "0000", "2611212200"),
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err: 0 text:", "1", S::Delivered, "0", "2611212200"),
    // A text that looks like fields; `Text:`; a first octet of 0x1B or of a header.
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000 text:id:999 stat:UNDELIV err:9",
        "1", S::Delivered, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000 Text:stat:EXPIRED",
        "1", S::Delivered, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000 text:\x1b\x3c\x00\x03",
        "1", S::Delivered, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000 text:\x05\x00\x03\xaa\x02\x01\xff",
        "1", S::Delivered, "000", "2611212200"),
    // No text at all; a NUL at the end; capitals; two spaces.
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000", "1", S::Delivered, "000", "2611212200"),
    (b"id:1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000\0", "1", S::Delivered, "000", "2611212200"),
    (b"ID:1 SUB:001 DLVRD:001 SUBMIT DATE:2611212200 DONE DATE:2611212200 STAT:DELIVRD ERR:000 TEXT:", "1", S::Delivered, "000", "2611212200"),
    (b"id:1  sub:001  dlvrd:001  submit date:2611212200  done date:2611212200  stat:DELIVRD  err:000", "1", S::Delivered, "000", "2611212200"),
    // A state by number.
    (b"id:1 sub:1 dlvrd:1 submit date:2611212200 done date:2611212200 stat:0 err:0 text:If a", "1", S::Delivered, "0", "2611212200"),
    (b"id:1 sub:1 dlvrd:1 submit date:2611212200 done date:2611212200 stat:5 err:0 text:", "1", S::Undeliverable, "0", "2611212200"),
    // Ids are kept as they are: hex, decimal, long, with a space before, a UUID, upper and lower case, leading zeros.
    (b"id:38d7ebcc524ba sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000", "38d7ebcc524ba", S::Delivered, "000", "2611212200"),
    (b"id:0000000038D7 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000", "0000000038D7", S::Delivered, "000", "2611212200"),
    (b"id: 77 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000", "77", S::Delivered, "000", "2611212200"),
    (b"id:6f1c1c1e-3d2a-4b6e-9a7e-0123456789ab sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000",
        "6f1c1c1e-3d2a-4b6e-9a7e-0123456789ab", S::Delivered, "000", "2611212200"),
    (b"id:340282366920938463463374607431768211456 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000",
        "340282366920938463463374607431768211456", S::Delivered, "000", "2611212200"),
    (b"id: sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000", "", S::Delivered, "000", "2611212200"),
    (b"id:12 34 sub:001 dlvrd:001 submit date:2611212200 done date:2611212200 stat:DELIVRD err:000", "12 34", S::Delivered, "000", "2611212200"),
];

fn deliver(esm_class: u8, text: &[u8]) -> DeliverSm<'_> {
    DeliverSm { esm_class: EsmClass(esm_class), short_message: text, ..DeliverSm::default() }
}

#[test]
fn every_text_seen_in_the_wild_is_read() {
    for (text, id, state, err, done_date) in GOLDEN {
        let shown = text.escape_ascii();
        let receipt = Receipt::of(&deliver(0x04, text)).unwrap();
        assert_eq!(receipt.message_id, id.as_bytes(), "{shown}");
        assert_eq!(receipt.state, *state, "{shown}");
        assert_eq!(receipt.err, err.as_bytes(), "{shown}");
        assert_eq!(receipt.done_date, done_date.as_bytes(), "{shown}");
    }
}

#[test]
fn a_word_nobody_knows_is_unknown_and_never_failed_or_final() {
    for word in [&b"WHATEVER"[..], b"UNDELIVE", b"FAIL", b"REJ", b"10", b"-1", b"", b"DELIVRD!"] {
        let text = [b"id:1 stat:", word, b" err:000 text:"].concat();
        let receipt = Receipt::of(&deliver(0x04, &text)).unwrap();
        assert_eq!(receipt.state, S::Unknown, "{}", word.escape_ascii());
        assert!(!receipt.is_final() && receipt.stat == word);
    }
}

#[test]
fn a_receipt_is_known_by_its_text_when_the_bits_are_wrong() {
    let (text, ..) = GOLDEN[0];
    assert!(Receipt::of(&deliver(0x00, text)).is_some());
    for message in [&b"id: please tell me"[..], b"stat:DELIVRD is what I read", b"", b"hello"] {
        assert_eq!(Receipt::of(&deliver(0x00, message)), None);
    }
}

#[test]
fn esm_class_decides_what_is_a_receipt() {
    let (text, ..) = GOLDEN[0];
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
    let (text, ..) = GOLDEN[0];
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
        assert!(!receipt.contradictory && receipt.is_final());
    }
}

#[test]
fn the_text_may_be_in_message_payload_and_in_data_sm() {
    let (text, id, state, ..) = GOLDEN[0];
    let mut tlvs = TlvBuf::new();
    tlvs.push(tag::MESSAGE_PAYLOAD, text).unwrap();
    let data = DataSm { esm_class: EsmClass::RECEIPT, tlvs: tlvs.tlvs(), ..DataSm::default() };
    let deliver = DeliverSm { tlvs: tlvs.tlvs(), ..deliver(0x04, b"") };
    for receipt in [Receipt::of_data(&data), Receipt::of(&deliver)] {
        let receipt = receipt.unwrap();
        assert_eq!((receipt.message_id, receipt.state), (id.as_bytes(), state));
    }
}

#[test]
fn what_we_write_we_read() {
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
