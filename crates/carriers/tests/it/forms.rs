//! Flash and silent messages and links as they are sent: decoded by npm `smpp`, and a link by Wireshark's dissectors of
//! WSP and WBXML.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;

use domain::message::Content;
use domain::message::form::{Form, Link};
use domain::ports::{End, Submission};
use domain::reason::Reason;
use domain::routing::Charge;
use domain::text::Text;
use serde_json::{Value, json};
use testkit::carrier_conformance::{Running, key, submission};

use crate::peer::Peer;
use crate::smpp::{carrier, to};

const LINK: &str = "https://www.shop.com/orders/7?code=4711";

async fn seen(more: Value, form: Form, text: &str) -> Vec<Value> {
    seen_for(more, form, text, None).await
}

/// The PDUs that the centre receives for one text in this form, for which the recipient pays.
async fn seen_for(more: Value, form: Form, text: &str, charge: Option<Charge>) -> Vec<Value> {
    let peer = Peer::smsc(&json!({})).await;
    let running = Running::up(carrier(peer.port, more)).await;
    let plain = submission(key(1), to("4520123456"));
    let content = Content { form, charge, text: Text::from(text), ..(*plain.content).clone() };
    let outcome = running.send(Submission { content: Arc::new(content), ..plain }).await;
    assert_eq!(outcome.end, End::Accepted);
    let sent = peer.all("submit_sm");
    assert_eq!(sent.len(), usize::from(outcome.parts));
    sent
}

fn push() -> Form {
    Form::Push(Link::new(LINK).unwrap())
}

#[tokio::test]
async fn a_flash_message_has_class_0_in_its_data_coding() {
    for (text, more, data_coding) in [
        ("Fire at 5", json!({}), 0x10),
        ("Fire at 5", json!({ "alphabet": "gsm7_packed" }), 0x10),
        ("Brand: ж", json!({}), 0x18),
        (&"fire ".repeat(60), json!({}), 0x10),
    ] {
        for event in seen(more, Form::Flash, text).await {
            assert_eq!(event["data_coding"], json!(data_coding), "{text}");
            assert_eq!(event["dest_addr_subunit"], Value::Null, "{text}");
        }
    }
}

#[tokio::test]
async fn where_the_data_coding_has_no_class_a_parameter_says_it() {
    let subunit = json!({ "flash": "dest_addr_subunit" });
    let sar = json!({ "flash": "dest_addr_subunit", "long_messages": "sar" });
    let payload = json!({ "flash": "dest_addr_subunit", "long_messages": "message_payload" });
    for (text, more, data_coding) in [
        ("Fire at 5", subunit, 0),
        ("Fire at 5", json!({ "alphabet": "latin1" }), 0),
        (&"fire ".repeat(60), sar, 0),
        (&"fire ".repeat(60), payload, 0),
    ] {
        for event in seen(more, Form::Flash, text).await {
            assert_eq!(event["data_coding"], json!(data_coding), "{text}");
            assert_eq!(event["dest_addr_subunit"], json!(1), "{text}");
        }
    }
}

#[tokio::test]
async fn a_silent_message_is_of_type_0_and_a_text_is_not() {
    let sent = seen(json!({}), Form::Silent, "ping").await;
    assert_eq!(sent[0]["protocol_id"], json!(0x40));
    let sent = seen(json!({}), Form::Text, "ping").await;
    assert_eq!((&sent[0]["protocol_id"], &sent[0]["data_coding"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_link_has_a_header_in_every_part_however_long_texts_are_sent() {
    for long in ["udh", "sar", "message_payload"] {
        let sent = seen(json!({ "long_messages": long }), push(), &"Your order ".repeat(20)).await;
        assert_eq!(sent.len(), 3, "{long}");
        for (event, number) in sent.iter().zip(1_u8..) {
            let octets = event["short_message"].as_str().unwrap();
            let header = format!("0b00033403{number:02x}05040b8423f0");
            // The reference is that of the submission.
            assert_eq!(octets[..6], header[..6], "{long}");
            assert_eq!(octets[8..24], header[8..24], "{long}");
            assert!(octets.len() <= 280, "{long}");
            assert_eq!((&event["esm_class"], &event["data_coding"]), (&json!(0x40), &json!(4)));
            assert_eq!(event["sar_msg_ref_num"], Value::Null, "{long}");
        }
    }
}

#[tokio::test]
async fn a_price_is_a_parameter_or_a_service_type() {
    let charge = Charge::new(500);
    let types = json!({ "premium_service_types": { "100": "P1", "500": "P5" } });
    let sent = seen_for(types.clone(), Form::Text, "Hej", charge).await;
    assert_eq!((sent.len(), &sent[0]["service_type"]), (1, &json!("P5")));
    assert_eq!(seen(types, Form::Text, "Hej").await[0]["service_type"], json!(""));
    let by_tlv = json!({ "premium_tlv": 0x1403 });
    let sent = seen_for(by_tlv.clone(), Form::Flash, "Hej", charge).await[0].to_string();
    assert!(sent.contains("500") || sent.contains("353030"), "{sent}");
    let free = seen(by_tlv, Form::Text, "Hej").await[0].to_string();
    assert!(!free.contains("353030"), "{free}");
}

#[tokio::test]
async fn a_text_of_several_parts_is_never_charged_for_each() {
    let peer = Peer::smsc(&json!({})).await;
    let running = Running::up(carrier(peer.port, json!({ "premium_tlv": 0x1403 }))).await;
    let plain = submission(key(1), to("4520123456"));
    let text = Text::from("fire ".repeat(60));
    let content = Content { charge: Charge::new(500), text, ..(*plain.content).clone() };
    let outcome = running.send(Submission { content: Arc::new(content), ..plain }).await;
    let code = "smpp:parts".to_owned();
    assert_eq!(outcome.end, End::Refused { reason: Reason::Refused, code });
    assert_eq!(peer.all("submit_sm").len(), 0);
}

/// What Wireshark reads in the `submit_sm` of these octets.
fn dissected(user_data: &[u8]) -> String {
    use smpp::pdu::{Address, DataCoding, EsmClass, Npi, SubmitSm, Ton};
    let address = Address { ton: Ton::INTERNATIONAL, npi: Npi::ISDN, addr: b"4520123456" };
    let submit = SubmitSm {
        destination: address,
        esm_class: EsmClass::UDHI,
        data_coding: DataCoding::BINARY,
        short_message: user_data,
        ..SubmitSm::default()
    };
    let mut pdu = bytes::BytesMut::new();
    smpp::pdu::encode(&mut pdu, smpp::CommandStatus::ROK, 1, &submit).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (hex, capture) = (directory.path().join("pdu.hex"), directory.path().join("pdu.pcap"));
    let mut dump = "000000".to_owned();
    pdu.iter().for_each(|octet| write!(dump, " {octet:02x}").unwrap());
    std::fs::write(&hex, dump + "\n").unwrap();
    let missing = "tshark is needed for this test: run ./scripts/test";
    let made =
        Command::new("text2pcap").args(["-T", "40000,2775"]).arg(&hex).arg(&capture).output();
    assert!(made.expect(missing).status.success());
    let read = Command::new("tshark").arg("-V").arg("-r").arg(&capture).output().expect(missing);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap()
}

#[test]
fn wireshark_reads_the_link_and_its_title() {
    let width = domain::text::ReferenceWidth::Eight;
    let parts = domain::text::segment_push(LINK, "Ordre på vej €", width, 1, 7).unwrap();
    let shown = dissected(&parts[0].user_data);
    for line in [
        "Destination port: UDP/TCP port numbers assigned by IANA without the need to refer to 3GPP (2948)",
        "Wireless Session Protocol, Method: Push (0x06), Content-Type: application/vnd.wap.sic",
        "Public ID: \"-//WAPFORUM//DTD SI 1.0//EN (Service Indication 1.0)\"",
        "Character Set: UTF-8 (106)",
        "href='https://www.'",
        "'.com/'",
        "'orders/7?code=4711'",
        "'Ordre på vej €'",
        "</si>",
    ] {
        assert!(shown.contains(line), "no {line} in\n{shown}");
    }
    assert!(!shown.contains("Malformed"), "{shown}");
}
