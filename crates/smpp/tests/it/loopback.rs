//! Our client and server over TCP on the loopback interface: the API as a carrier and an SMSC use it.

use std::sync::Arc;
use std::time::Duration;

use smpp::CommandStatus;
use smpp::client::{self, ClientConfig, ConnectError};
use smpp::link::{Events, Handle, Link, Peer};
use smpp::pdu::{Address, DeliverSm, EsmClass, SubmitSm};
use smpp::server::{self, BindAttempt, Handler, ServerConfig};
use smpp::session::{Answers, CloseReason, Event, Failure, Requests};
use tokio::net::TcpListener;

/// Limit of concurrent connections of a test server.
pub(crate) const CONNECTIONS_MAX: usize = 500;

/// Accepts every message, uses its text as its id, and sends a receipt for each.
pub(crate) struct Echo;

impl Handler for Echo {
    async fn bind(&self, attempt: &BindAttempt) -> Result<(), CommandStatus> {
        let bind = attempt.parameters().map_err(|error| error.status())?;
        match (bind.system_id, bind.password.0) {
            (b"u", b"p") => Ok(()),
            (b"u", _) => Err(CommandStatus::RINVPASWD),
            _ => Err(CommandStatus::RINVSYSID),
        }
    }

    async fn session(&self, _: Peer, handle: Handle, mut events: Events) {
        while let Some(batch) = events.next().await {
            let (mut answers, mut receipts) = (Answers::new(), Requests::new());
            for event in batch {
                let Event::Request { ticket, pdu } = event else { continue };
                match pdu.decode::<SubmitSm<'_>>() {
                    Ok(sm) => {
                        answers.submitted(ticket, sm.short_message).unwrap();
                        let receipt = DeliverSm {
                            esm_class: EsmClass::RECEIPT,
                            source: sm.destination,
                            destination: sm.source,
                            short_message: sm.short_message,
                            ..DeliverSm::default()
                        };
                        receipts.push(0, &receipt).unwrap();
                    }
                    Err(error) => answers.refuse(ticket, error.status()),
                }
            }
            if handle.answer(answers).await.is_err() {
                return;
            }
            if !receipts.is_empty() && handle.submit(receipts).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) async fn start(config: ServerConfig) -> u16 {
    start_with(config, Echo).await
}

pub(crate) async fn start_with(config: ServerConfig, handler: impl Handler) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let spawn = |connection| drop(tokio::task::spawn(connection));
    tokio::task::spawn(server::serve(listener, config, CONNECTIONS_MAX, Arc::new(handler), spawn));
    port
}

pub(crate) fn submit(text: &[u8]) -> SubmitSm<'_> {
    SubmitSm {
        source: Address::alphanumeric(b"Boltgram"),
        destination: Address::international(b"4512345678"),
        short_message: text,
        ..SubmitSm::default()
    }
}

/// Sends `count` messages and waits for their responses and receipts.
pub(crate) async fn exchange(link: Link, count: u64, batch: u64) -> CloseReason {
    let Link { handle, mut events, run, .. } = link;
    let run = tokio::task::spawn(run);
    let sender = handle.clone();
    let sending = tokio::task::spawn(async move {
        let mut next = 0;
        while next < count {
            let mut requests = Requests::new();
            for token in next..count.min(next + batch) {
                requests.push(token, &submit(format!("text {token}").as_bytes())).unwrap();
            }
            next += batch;
            sender.submit(requests).await.unwrap();
        }
    });
    let (mut answered, mut receipts) = (vec![false; usize::try_from(count).unwrap()], 0);
    while receipts < count || answered.contains(&false) {
        let batch = events.next().await.expect("the session lives");
        let mut answers = Answers::new();
        for event in batch {
            match event {
                Event::Response { token, pdu, .. } => {
                    assert_eq!(pdu.message_id(), format!("text {token}").as_bytes());
                    let seen = &mut answered[usize::try_from(token).unwrap()];
                    assert!(!std::mem::replace(seen, true), "{token} was answered twice");
                }
                Event::Request { ticket, pdu } => {
                    assert!(pdu.decode::<DeliverSm<'_>>().unwrap().esm_class.is_receipt());
                    answers.deliver(ticket, CommandStatus::ROK);
                    receipts += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        if !answers.is_empty() {
            handle.answer(answers).await.unwrap();
        }
    }
    sending.await.unwrap();
    assert_eq!(handle.in_flight(), 0);
    handle.unbind();
    assert!(events.next().await.is_none());
    run.await.unwrap()
}

#[tokio::test]
async fn messages_go_out_and_receipts_come_back() {
    let port = start(ServerConfig::new("smsc")).await;
    let mut config = ClientConfig::new("127.0.0.1", port, "u", "p");
    config.session.window = 50;
    let link = client::connect(&config).await.unwrap();
    assert_eq!((link.peer.system_id.as_str(), link.peer.interface_version), ("smsc", Some(0x34)));
    assert_eq!(link.handle.room(), 50);
    assert_eq!(exchange(link, 5_000, 128).await, CloseReason::Unbound);
}

#[tokio::test]
async fn a_wrong_password_differs_from_a_dead_port() {
    let port = start(ServerConfig::new("smsc")).await;
    let refused = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "x")).await;
    let Err(ConnectError::Refused { status }) = refused else { panic!("{refused:?}") };
    assert_eq!(status, CommandStatus::RINVPASWD);
    let unknown = client::connect(&ClientConfig::new("127.0.0.1", port, "who", "p")).await;
    let Err(ConnectError::Refused { status }) = unknown else { panic!("{unknown:?}") };
    assert_eq!(status, CommandStatus::RINVSYSID);
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let dead = client::connect(&ClientConfig::new("127.0.0.1", closed, "u", "p")).await;
    assert!(matches!(dead, Err(ConnectError::Tcp(_))), "{dead:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_the_bind_is_a_timeout() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut config = ClientConfig::new("127.0.0.1", port, "u", "p");
    config.session.session_init = Duration::from_millis(50);
    let result = client::connect(&config).await;
    assert!(matches!(result, Err(ConnectError::Timeout { during: "binding" })), "{result:?}");
}

#[tokio::test]
async fn dropping_the_handle_unbinds() {
    let port = start(ServerConfig::new("smsc")).await;
    let link = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await.unwrap();
    drop(link.handle);
    assert_eq!(link.run.await, CloseReason::Unbound);
}

#[tokio::test]
async fn every_request_is_reported_when_the_connection_is_lost() {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.session.window = 10;
    let server = ServerConfig::new("smsc");
    let accepting = async {
        let mut link = server::accept_over(theirs, &server).await.unwrap().accept().unwrap();
        let run = tokio::task::spawn(link.run);
        // Reads requests and answers none.
        let mut taken = 0;
        while taken < 10 {
            taken += link.events.next().await.unwrap().len();
        }
        link.handle.abort();
        run.await.unwrap();
        taken
    };
    let sending = async {
        let Link { handle, mut events, run, .. } =
            client::connect_over(ours, &config).await.unwrap();
        let run = tokio::task::spawn(run);
        let mut requests = Requests::new();
        for token in 0..25 {
            requests.push(token, &submit(b"x")).unwrap();
        }
        handle.submit(requests).await.unwrap();
        let mut seen = Vec::new();
        while let Some(batch) = events.next().await {
            seen.extend(batch);
        }
        run.await.unwrap();
        seen
    };
    let (taken, seen) = tokio::join!(accepting, sending);
    assert_eq!(taken, 10, "the window was exceeded");
    let expected = (0..25).map(|token| {
        let why = if token < 10 { Failure::SessionEnded } else { Failure::NeverSent };
        Event::Failed { token, why }
    });
    assert_eq!(seen, expected.collect::<Vec<_>>());
}
