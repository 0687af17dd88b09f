//! Third-party clients against our server: they bind, send, receive receipts, unbind, and decode our PDUs correctly.

use serde_json::{Value, json};
use smpp::server::ServerConfig;

use super::{Peer, of};
use crate::full_server::FullServer;
use crate::loopback::start_with;

const LONG: &str = "A text of more than one hundred and sixty characters, which the other library cuts into parts \
with a user data header before each of them, and whose receipts it reads one by one.";

async fn talk(program: &str, script: &str) -> Vec<Value> {
    let port = start_with(ServerConfig::new("smsc"), FullServer).await;
    let options = json!({
        "port": port, "system_id": "u", "password": "p", "destination": "4512345678", "text": LONG,
    });
    Peer::start(program, script, Some(options)).rest().await
}

#[tokio::test]
async fn pypi_smpplib_sends_a_long_message_and_reads_its_receipts() {
    let events = talk("python", "smpplib/client.py").await;
    assert_eq!(
        of(&events, "bound"),
        [&json!({"event": "bound", "system_id": "smsc", "version": 0x34})]
    );
    let ids =
        |kind| -> Vec<_> { of(&events, kind).iter().map(|event| event["id"].clone()).collect() };
    assert_eq!(ids("submitted"), ["c-1", "c-2"], "{events:?}");
    assert_eq!(ids("receipt"), ["c-1", "c-2"], "{events:?}");
    for receipt in of(&events, "receipt") {
        assert_eq!((&receipt["esm_class"], &receipt["state"]), (&json!(4), &json!(2)));
        assert!(receipt["text"].as_str().unwrap().contains("stat:DELIVRD err:000"), "{receipt}");
    }
    assert_eq!(of(&events, "alive")[0]["answer"], "enquire_link_resp");
    assert_eq!(of(&events, "unbound")[0]["answer"], "unbind_resp");
}

#[tokio::test]
async fn pypi_smpplib_receives_the_status_of_a_refused_bind() {
    let port = start_with(ServerConfig::new("smsc"), FullServer).await;
    for (system_id, password, status) in [("u", "x", 0x0E), ("who", "p", 0x0F)] {
        let options = json!({"port": port, "system_id": system_id, "password": password});
        let events = Peer::start("python", "smpplib/client.py", Some(options)).rest().await;
        assert_eq!(events, [json!({"event": "refused", "status": status})]);
    }
}

#[tokio::test]
async fn perl_net_smpp_uses_every_operation_of_our_server() {
    let events = talk("perl", "netsmpp/client.pl").await;
    let expected = [
        json!({"event": "bound", "status": 0, "system_id": "smsc", "version": "34"}),
        json!({"event": "submitted", "status": 0, "id": "c-1"}),
        json!({
            "event": "receipt", "esm_class": 4, "id": "c-1", "state": "02", "vendor": "012c",
            "text": "id:c-1 sub:001 dlvrd:001 submit date:2611212200 done date:2611212201 \
                stat:DELIVRD err:000 text:hello from perl",
        }),
        json!({"event": "query", "status": 0, "id": "c-2", "state": 1}),
        json!({"event": "replace", "status": 0}),
        json!({"event": "cancel", "status": 0}),
        json!({"event": "query", "status": 0, "id": "c-2", "state": 4}),
        json!({"event": "multi", "status": 0, "id": "c-3", "refused": ["0"], "why": [0x0B]}),
        json!({"event": "alive", "status": 0}),
        json!({"event": "unbound", "status": 0}),
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn npm_smpp_sends_a_message_payload_and_reads_its_receipt() {
    let events = talk("node", "smppjs/client.js").await;
    assert_eq!(of(&events, "bound")[0]["version"], 0x34);
    assert_eq!(of(&events, "submitted")[0]["id"], "c-1");
    let receipt = of(&events, "receipt")[0];
    assert_eq!((&receipt["id"], &receipt["state"]), (&json!("c-1"), &json!(2)));
    assert_eq!((&receipt["esm_class"], &receipt["reference"]), (&json!(4), &json!(7)));
    assert_eq!(of(&events, "unbound")[0]["status"], 0);
}
