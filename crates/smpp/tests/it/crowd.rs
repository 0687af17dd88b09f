//! Many peers at once: connections are limited, a closed one frees its slot, and one that does not read blocks no other.

use std::time::Duration;

use bytes::BytesMut;
use smpp::CommandStatus;
use smpp::client::{self, ClientConfig, ConnectError};
use smpp::link::{Events, Handle, Peer};
use smpp::pdu;
use smpp::server::{BindAttempt, Handler, ServerConfig};
use smpp::session::CloseReason;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::hostile::bind;
use crate::loopback::{CONNECTIONS_MAX, exchange, start, start_with, submit};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn binds_up_to_the_limit_coexist_and_a_lost_one_frees_its_slot() {
    let port = start(ServerConfig::new("smsc")).await;
    let config = ClientConfig::new("127.0.0.1", port, "u", "p");
    let mut connecting = JoinSet::new();
    for _ in 0..CONNECTIONS_MAX {
        let config = config.clone();
        connecting.spawn(async move { client::connect(&config).await.unwrap() });
    }
    let mut links = tokio::time::timeout(PATIENCE, connecting.join_all()).await.unwrap();
    assert_eq!(links.len(), CONNECTIONS_MAX);
    // One more is connected by the kernel and waits to be accepted.
    let mut hasty = config.clone();
    hasty.session.session_init = Duration::from_millis(50);
    let waiting = client::connect(&hasty).await;
    assert!(matches!(waiting, Err(ConnectError::Timeout { during: "binding" })), "{waiting:?}");
    // Dropped without an unbind, like a lost connection. The connection that timed out may be served first.
    drop(links.pop());
    let late = tokio::time::timeout(PATIENCE, client::connect(&config)).await.unwrap().unwrap();
    assert_eq!(exchange(late, 100, 10).await, CloseReason::Unbound);
}

#[tokio::test]
async fn a_peer_that_does_not_read_blocks_no_other() {
    let port = start(ServerConfig::new("smsc")).await;
    let mut deaf = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut out = BytesMut::new();
    pdu::encode(&mut out, CommandStatus::ROK, 1, &bind()).unwrap();
    for sequence in 2..10_000 {
        pdu::encode(&mut out, CommandStatus::ROK, sequence, &submit(&[b'x'; 60])).unwrap();
    }
    let flood = async {
        while deaf.write_all(&out[..]).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let link = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await.unwrap();
    let other = tokio::time::timeout(PATIENCE, exchange(link, 2_000, 100));
    tokio::select! {
        () = flood => panic!("it was disconnected too early"),
        ended = other => assert_eq!(ended.unwrap(), CloseReason::Unbound),
    }
}

/// Refuses every bind as a second one.
struct Taken;

impl Handler for Taken {
    async fn bind(&self, _: &BindAttempt) -> Result<(), CommandStatus> {
        Err(CommandStatus::RALYBND)
    }

    async fn session(&self, _: Peer, _: Handle, _: Events) {}
}

#[tokio::test]
async fn a_bind_of_an_already_bound_account_gets_ralybnd() {
    let port = start_with(ServerConfig::new("smsc"), Taken).await;
    let refused = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await;
    let Err(error) = refused else { panic!("{refused:?}") };
    assert!(error.is_refusal(), "{error}");
    assert!(matches!(error, ConnectError::Refused { status: CommandStatus::RALYBND }), "{error}");
}
