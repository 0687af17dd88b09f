//! Kannel's test SMSC, `drive_smpp`, with Kannel's codec: it supports transmitters and receivers, answers without
//! message ids, delivers 1,000 messages with an enquire_link after each, and exits when a client disconnects.

use std::process::Stdio;
use std::time::Duration;

use smpp::client::{self, ClientConfig};
use smpp::link::Link;
use smpp::pdu::DeliverSm;
use smpp::receipt::Receipt;
use smpp::session::{Answers, BindKind, Event, Requests};
use smpp::{CommandId, CommandStatus};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::PATIENCE;
use crate::loopback::submit;

const PROGRAM: &str = "/usr/lib/kannel/test/drive_smpp";
const MESSAGES: usize = 1_000;

/// It needs a port number in advance, so it gets one that was free a moment ago.
async fn start() -> (Child, u16) {
    let probe = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = probe.local_addr().unwrap().port();
    drop(probe);
    let child = Command::new(PROGRAM)
        .args(["-v", "4", "-m", &MESSAGES.to_string(), "-p", &port.to_string()])
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("kannel-extras is needed for this test: run ./scripts/test");
    (child, port)
}

/// Connects as soon as the SMSC listens.
async fn connect(port: u16, kind: BindKind) -> Link {
    let config = ClientConfig { kind, ..ClientConfig::new("127.0.0.1", port, "foo", "bar") };
    let connecting = async {
        loop {
            if let Ok(link) = client::connect(&config).await {
                return link;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, connecting).await.expect("drive_smpp listens")
}

#[tokio::test]
async fn kannels_drive_smpp_accepts_our_messages_and_floods_us_with_its_own() {
    // It connects to a bearerbox there and exits without one after three seconds.
    let bearerbox = TcpListener::bind(("127.0.0.1", 13_001)).await;
    let (_process, port) = start().await;
    let transmitter = connect(port, BindKind::Transmitter).await;
    let receiver = connect(port, BindKind::Receiver).await;
    assert_eq!((&*transmitter.peer.system_id, transmitter.peer.interface_version), ("", None));

    let Link { handle, events: mut answered, run, .. } = transmitter;
    let transmitting = tokio::task::spawn(run);
    let mut requests = Requests::new();
    for token in 0..MESSAGES as u64 {
        requests.push(token, &submit(format!("text {token}").as_bytes())).unwrap();
    }
    handle.submit(requests).await.unwrap();
    let sending = async {
        let mut tokens = Vec::new();
        while tokens.len() < MESSAGES {
            for event in answered.next().await.expect("the session lives") {
                let Event::Response { token, pdu, .. } = event else { panic!("{event:?}") };
                assert_eq!(pdu.id(), CommandId::SUBMIT_SM_RESP);
                assert_eq!((pdu.status(), pdu.message_id()), (CommandStatus::ROK, &b""[..]));
                tokens.push(token);
            }
        }
        tokens
    };

    let Link { handle: answering, events: mut delivered, run, .. } = receiver;
    let receiving = tokio::task::spawn(run);
    let taking = async {
        let mut numbers = Vec::new();
        while numbers.len() < MESSAGES {
            let mut answers = Answers::new();
            for event in delivered.next().await.expect("the session lives") {
                let Event::Request { ticket, pdu } = event else { panic!("{event:?}") };
                let deliver = pdu.decode::<DeliverSm<'_>>().unwrap();
                assert_eq!(
                    (deliver.source.addr, deliver.destination.addr),
                    (&b"456"[..], &b"123"[..])
                );
                // A receipt only by its optional parameter: no bits, no text.
                let receipt = Receipt::of(&deliver).unwrap();
                assert_eq!(receipt.message_id, b"receipted_message_id");
                let text = std::str::from_utf8(deliver.short_message).unwrap();
                numbers.push(text.parse::<usize>().unwrap());
                answers.deliver(ticket, CommandStatus::ROK);
            }
            answering.answer(answers).await.unwrap();
        }
        numbers
    };
    let both = async { tokio::join!(sending, taking) };
    let (tokens, numbers) = tokio::time::timeout(PATIENCE, both).await.expect("all messages");
    assert_eq!(tokens, (0..MESSAGES as u64).collect::<Vec<_>>());
    assert_eq!(numbers, (1..=MESSAGES).collect::<Vec<_>>());
    for handle in [handle, answering] {
        handle.unbind();
    }
    // It exits when the first client has disconnected; the other one may lose its connection.
    for run in [transmitting, receiving] {
        tokio::time::timeout(PATIENCE, run).await.expect("an end").unwrap();
    }
    drop(bearerbox);
}
