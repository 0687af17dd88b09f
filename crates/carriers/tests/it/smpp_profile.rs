//! Carrier profiles as npm `smpp` decodes them: alphabets, long texts, address types and further fields.

use std::sync::Arc;

use domain::message::Content;
use domain::number::SenderId;
use domain::ports::{End, ReceiptState, Submission};
use serde_json::{Value, json};
use testkit::carrier_conformance::{DANISH, Running, key, submission, until, with_text};

use crate::peer::Peer;
use crate::smpp::{carrier, to};

async fn start(more: Value) -> (Peer, Running) {
    let peer = Peer::smsc(&json!({})).await;
    let carrier = carrier(peer.port, more);
    let running = Running::up(carrier).await;
    (peer, running)
}

/// The PDUs that the centre receives for one text.
async fn seen(more: Value, text: &str) -> Vec<Value> {
    let (peer, running) = start(more).await;
    let outcome = running.send(with_text(key(1), to("4520123456"), text)).await;
    assert_eq!(outcome.end, End::Accepted);
    let sent = peer.all("submit_sm");
    assert_eq!(sent.len(), usize::from(outcome.parts));
    // Receipts follow in every form.
    for part in &outcome.accepted {
        let receipt = running.inbox.receipt(&part.carrier_id).await;
        assert_eq!(receipt.state, ReceiptState::Delivered);
    }
    sent
}

fn octets(event: &Value, field: &str) -> Vec<u8> {
    let hex = event[field].as_str().unwrap_or_default();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn text_of(sent: &[Value], header_octets: usize) -> String {
    let payload = |event: &Value| octets(event, "short_message").split_off(header_octets);
    sent.iter().flat_map(payload).map(char::from).collect()
}

#[tokio::test]
async fn latin_1_is_sent_as_data_coding_0_in_parts_of_134_octets() {
    let sent = seen(json!({ "alphabet": "latin1" }), DANISH).await;
    assert_eq!(text_of(&sent, 6), DANISH);
    for (event, number) in sent.iter().zip(1..) {
        let octets = octets(event, "short_message");
        assert_eq!(octets[..6], [5, 0, 3, 0x34, 3, number]);
        assert!(octets.len() <= 140);
        assert_eq!((&event["esm_class"], &event["data_coding"]), (&json!(0x40), &json!(0)));
    }
}

#[tokio::test]
async fn packed_septets_fill_140_octets() {
    let sent = seen(json!({ "alphabet": "gsm7_packed" }), &"hellohello".repeat(16)).await;
    let octets = octets(&sent[0], "short_message");
    assert_eq!((sent.len(), octets.len()), (1, 140));
    // The usual example.
    assert_eq!(octets[..9], [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]);
}

#[tokio::test]
async fn ascii_carriers_never_receive_septets() {
    let sent = seen(json!({ "alphabet": "ascii" }), "a@b_c$ [x] {y}").await;
    assert_eq!(octets(&sent[0], "short_message"), b"a@b_c$ [x] {y}");
    let sent = seen(json!({ "alphabet": "ascii", "beyond_alphabet": "latin1" }), "smør").await;
    assert_eq!(octets(&sent[0], "short_message"), b"sm\xf8r");
    assert_eq!(sent[0]["data_coding"], json!(3));
    let sent = seen(json!({ "alphabet": "ascii" }), "smør").await;
    assert_eq!(sent[0]["data_coding"], json!(8));
}

#[tokio::test]
async fn segments_are_numbered_in_sar_parameters() {
    let text = "x".repeat(400);
    let sent = seen(json!({ "long_messages": "sar" }), &text).await;
    assert_eq!((sent.len(), text_of(&sent, 0)), (3, text));
    for (event, number) in sent.iter().zip(1..) {
        for (field, value) in [
            ("esm_class", 0),
            ("sar_msg_ref_num", 0x1234),
            ("sar_total_segments", 3),
            ("sar_segment_seqnum", number),
        ] {
            assert_eq!(event[field], json!(value), "{field}");
        }
    }
    let sent = seen(json!({ "long_messages": "sar" }), "short").await;
    assert!(sent[0].get("sar_msg_ref_num").is_none(), "a single part is not a segment");
}

#[tokio::test]
async fn a_payload_is_one_submission_with_one_id() {
    let text = "x".repeat(400);
    let sent = seen(json!({ "long_messages": "message_payload" }), &text).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(octets(&sent[0], "message_payload"), text.as_bytes());
    assert_eq!(sent[0]["short_message"].as_str().unwrap_or_default(), "");
    assert_eq!(sent[0]["esm_class"], json!(0));
    let sent = seen(json!({ "long_messages": "message_payload" }), "short").await;
    assert_eq!(octets(&sent[0], "short_message"), b"short");
}

#[tokio::test]
async fn a_payload_counts_as_its_parts_against_the_rate() {
    let more = json!({ "long_messages": "message_payload", "rate": 20 });
    let (peer, running) = start(more).await;
    let begun = tokio::time::Instant::now();
    let one = |number| with_text(key(number), to("4520123456"), &"x".repeat(400));
    running.carrier.submit((0..8).map(one).collect()).await;
    running.inbox.wait_outcomes(8).await;
    // 24 SMS, of which three are sent at once.
    let took = begun.elapsed();
    assert!(took.as_millis() >= 1_000, "{took:?}");
    assert_eq!(peer.all("submit_sm").len(), 8);
}

#[tokio::test]
async fn fixed_fields_are_as_configured() {
    let more = json!({
        "source": "1234", "short_code_ton": 6, "source_npi": 9, "dest_ton": 0, "dest_npi": 8,
        "service_type": "CMT", "priority": 2, "registered_delivery": "intermediate",
        "validity_period": "absolute",
        "tlvs": [{ "tag": 0x1400, "value": "campaign" }, { "tag": 0x0005, "hex": "02" }],
    });
    let (peer, running) = start(more).await;
    running.send(submission(key(1), to("4520123456"))).await;
    let event = peer.all("submit_sm").remove(0);
    for (field, value) in [
        ("source_addr_ton", json!(6)),
        ("source_addr_npi", json!(9)),
        ("dest_addr_ton", json!(0)),
        ("dest_addr_npi", json!(8)),
        ("service_type", json!("CMT")),
        ("priority_flag", json!(2)),
        ("registered_delivery", json!(0x11)),
        // The test clock is fixed at noon; the validity is limited to 31 days.
        ("validity_period", json!("261202120000000+")),
        ("dest_addr_subunit", json!(2)),
    ] {
        assert_eq!(event[field], value, "{field}");
    }
    let own = event.as_object().unwrap().iter().find(|(name, _)| name.parse() == Ok(0x1400));
    let (name, _) = own.expect("the carrier's own parameter");
    assert_eq!(octets(&event, name), b"campaign");
    assert!(running.carrier.status().up);
}

#[tokio::test]
async fn extra_parameters_are_sent_with_segments() {
    let tlvs = json!([{ "tag": 0x0204, "hex": "0007" }]);
    for form in ["sar", "message_payload", "udh"] {
        let more = json!({ "long_messages": form, "tlvs": tlvs });
        for event in seen(more, &"x".repeat(400)).await {
            assert_eq!(event["user_message_reference"], json!(7), "{form}");
        }
    }
}

#[tokio::test]
async fn without_a_validity_the_carriers_default_applies() {
    let sent = seen(json!({ "validity_period": "none" }), "Hej").await;
    assert_eq!(sent[0]["validity_period"], json!(""));
}

/// The carrier sends no receipts, and the operator counts accepted messages as delivered.
#[tokio::test]
async fn accepted_counts_as_delivered_without_receipts() {
    let more = json!({ "registered_delivery": "none", "settle_on": "submit" });
    let (peer, running) = start(more).await;
    let outcome = running.send(with_text(key(1), to("4520123456"), DANISH)).await;
    assert_eq!((outcome.end, outcome.accepted.len()), (End::Sent, 3));
    let whole = with_text(key(2), to("4520123456"), DANISH);
    let again = running.send(Submission { accepted: vec![1, 2, 3], ..whole }).await;
    assert_eq!(again.end, End::Sent);
    assert!(peer.all("submit_sm").iter().all(|event| event["registered_delivery"] == json!(0)));
    assert_eq!(running.inbox.receipts().len(), 0);
}

#[tokio::test]
async fn only_failures_are_reported_if_only_they_are_requested() {
    let more = json!({ "registered_delivery": "failure", "settle_on": "submit" });
    let (_peer, running) = start(more).await;
    running.send(submission(key(1), to("4520123456"))).await;
    let failed = running.send(submission(key(2), to("4520120002"))).await;
    assert_eq!(failed.end, End::Sent);
    let id = &failed.accepted[0].carrier_id;
    assert_eq!(running.inbox.receipt(id).await.state, ReceiptState::Failed);
    assert_eq!(running.inbox.receipts().len(), 1);
}

#[tokio::test]
async fn the_profile_sets_the_type_of_a_messages_sender() {
    let (peer, running) = start(json!({ "source_ton": 1, "short_code_ton": 0 })).await;
    for (number, sender, ton) in [(1, "+4570101010", 1), (2, "12345", 0), (3, "Bolt", 1)] {
        let plain = submission(key(number), to("4520123456"));
        let sender = Some(SenderId::parse(sender).unwrap());
        let content = Arc::new(Content { sender, ..(*plain.content).clone() });
        running.send(Submission { content, ..plain }).await;
        let event = peer.all("submit_sm").pop().unwrap();
        assert_eq!(event["source_addr_ton"], json!(ton), "{number}");
    }
    until("all", || peer.all("submit_sm").len() == 3).await;
}

/// A bind with an address range.
#[tokio::test]
async fn the_bind_has_the_configured_fields() {
    let more = json!({ "system_type": "VMA", "interface_version": "5.0", "address_range": "^45" });
    let (peer, _running) = start(more).await;
    let bind = peer.all("bind").remove(0);
    assert_eq!(bind["system_type"], json!("VMA"));
    assert_eq!(bind["interface_version"], json!(0x50));
}
