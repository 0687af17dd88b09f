//! Third-party SMSCs against our client.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use smpp::CommandStatus;
use smpp::client::{self, ClientConfig, ConnectError};
use smpp::link::Link;
use smpp::pdu::{DeliverSm, EsmClass, RegisteredDelivery, SubmitSm, TlvBuf, tag};
use smpp::receipt::{MessageState, Receipt};
use smpp::session::{Answers, CloseReason, Event, Requests};

use super::Peer;
use crate::loopback::submit;

async fn port(peer: &mut Peer) -> u16 {
    peer.wait("listening").await["port"].as_u64().unwrap().try_into().unwrap()
}

/// Sends three messages, one with a user data header and one in `message_payload`, and unbinds when all responses and
/// receipts have arrived.
async fn exchange(link: Link) {
    let Link { handle, mut events, run, .. } = link;
    let run = tokio::task::spawn(run);
    let mut payload = TlvBuf::new();
    payload.push(tag::MESSAGE_PAYLOAD, &[b'y'; 400]).unwrap();
    let plain =
        SubmitSm { registered_delivery: RegisteredDelivery::FINAL, ..submit(b"plain text") };
    let header = b"\x05\x00\x03\x07\x01\x01a part";
    let part = SubmitSm { esm_class: EsmClass::UDHI, short_message: header, ..plain };
    let long = SubmitSm { short_message: b"", tlvs: payload.tlvs(), ..plain };
    let mut requests = Requests::new();
    for (token, message) in [plain, part, long].iter().enumerate() {
        requests.push(token as u64, message).unwrap();
    }
    handle.submit(requests).await.unwrap();
    let (mut ids, mut receipts) = (BTreeSet::new(), BTreeSet::new());
    while ids.len() < 3 || receipts.len() < 3 {
        let batch = tokio::time::timeout(super::PATIENCE, events.next()).await;
        let mut answers = Answers::new();
        for event in batch.expect("an event").expect("the session lives") {
            match event {
                Event::Response { pdu, .. } => {
                    assert_eq!(pdu.status(), CommandStatus::ROK);
                    assert!(ids.insert(pdu.message_id().to_vec()));
                }
                Event::Request { ticket, pdu } => {
                    let deliver = pdu.decode::<DeliverSm<'_>>().unwrap();
                    let receipt = Receipt::of(&deliver).unwrap();
                    assert_eq!(receipt.state, MessageState::Delivered);
                    assert!(!receipt.contradictory && receipt.is_final());
                    assert!(receipts.insert(receipt.message_id.to_vec()));
                    answers.deliver(ticket, CommandStatus::ROK);
                }
                other => panic!("{other:?}"),
            }
        }
        if !answers.is_empty() {
            handle.answer(answers).await.unwrap();
        }
    }
    assert_eq!(ids, receipts);
    handle.unbind();
    assert_eq!(run.await.unwrap(), CloseReason::Unbound);
}

async fn refused(port: u16) {
    let refused = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "wrong")).await;
    let Err(ConnectError::Refused { status }) = refused else { panic!("{refused:?}") };
    assert_eq!(status, CommandStatus::RINVPASWD);
}

#[tokio::test]
async fn perl_net_smpp_accepts_our_messages_and_its_receipts_are_read() {
    let mut peer = Peer::start("perl", "netsmpp/smsc.pl", None);
    let port = port(&mut peer).await;
    refused(port).await;
    peer.wait("bind").await;
    let mut config = ClientConfig::new("127.0.0.1", port, "u", "p");
    "VMA".clone_into(&mut config.system_type);
    let link = client::connect(&config).await.unwrap();
    // It sends no interface version.
    assert_eq!((&*link.peer.system_id, link.peer.interface_version), ("perl", None));
    exchange(link).await;
    let bound = peer.wait("bind").await;
    let bind = ["kind", "system_id", "password", "system_type", "interface_version"];
    let fields = bind.map(|field| bound[field].clone());
    assert_eq!(
        fields,
        [json!("bind_transceiver"), json!("u"), json!("p"), json!("VMA"), json!(0x34)]
    );
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let event = peer.next().await.unwrap();
        assert!(
            !["alive", "receipt"].contains(&event["event"].as_str().unwrap())
                || event["status"] == 0
        );
        if event["event"] == "submit_sm" {
            seen.push(event);
        }
    }
    for message in &seen {
        assert_eq!(message["source_addr"], "Boltgram");
        assert_eq!(message["source_addr_ton"], 5);
        assert_eq!(message["destination_addr"], "4512345678");
        assert_eq!(message["registered_delivery"], 1);
    }
    assert_eq!(seen[0]["short_message"], "plain text");
    assert_eq!(seen[1]["short_message"], "\u{5}\u{0}\u{3}\u{7}\u{1}\u{1}a part");
    assert_eq!((&seen[1]["esm_class"], &seen[2]["short_message"]), (&json!(0x40), &json!("")));
    assert_eq!(seen[2]["message_payload"], "y".repeat(400));
    peer.wait("unbind").await;
}

#[tokio::test]
async fn pypi_smpp_twisted_accepts_our_messages_and_its_receipts_are_read() {
    let mut peer = Peer::start("python", "smpptwisted/smsc.py", None);
    let port = port(&mut peer).await;
    refused(port).await;
    let link = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await.unwrap();
    exchange(link).await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let Value::Object(event) = peer.wait("submit_sm").await else { panic!() };
        seen.push(event);
    }
    assert_eq!(seen[0]["fields"]["short_message"], "plain text");
    assert_eq!(seen[0]["fields"]["source_addr"], "Boltgram");
    assert_eq!(seen[1]["fields"]["short_message"], "\u{5}\u{0}\u{3}\u{7}\u{1}\u{1}a part");
    assert_eq!(seen[2]["fields"]["message_payload"], "y".repeat(400));
}
