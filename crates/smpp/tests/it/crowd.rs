//! Many peers at once: places are limited and come free, and one that does not read holds up no other.

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
use crate::loopback::{PLACES, exchange, start, start_with, submit};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn binds_up_to_the_limit_live_at_once_and_a_cut_one_makes_room() {
    let port = start(ServerConfig::new("smsc")).await;
    let config = ClientConfig::new("127.0.0.1", port, "u", "p");
    let mut connecting = JoinSet::new();
    for _ in 0..PLACES {
        let config = config.clone();
        connecting.spawn(async move { client::connect(&config).await.unwrap() });
    }
    let mut links = tokio::time::timeout(PATIENCE, connecting.join_all()).await.unwrap();
    assert_eq!(links.len(), PLACES);
    // One more is connected by the kernel and waits for a place.
    let mut hasty = config.clone();
    hasty.session.session_init = Duration::from_millis(50);
    let waiting = client::connect(&hasty).await;
    assert!(matches!(waiting, Err(ConnectError::Timeout { during: "binding" })), "{waiting:?}");
    // Dropped without a word, as a lost connection is. The one that gave up may be served first.
    drop(links.pop());
    let late = tokio::time::timeout(PATIENCE, client::connect(&config)).await.unwrap().unwrap();
    assert_eq!(exchange(late, 100, 10).await, CloseReason::Unbound);
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_up_no_other() {
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
        () = flood => panic!("it was shown out before its time"),
        ended = other => assert_eq!(ended.unwrap(), CloseReason::Unbound),
    }
}

/// Has one bind already, wherever from.
struct Taken;

impl Handler for Taken {
    async fn bind(&self, _: &BindAttempt) -> Result<(), CommandStatus> {
        Err(CommandStatus::RALYBND)
    }

    async fn session(&self, _: Peer, _: Handle, _: Events) {}
}

#[tokio::test]
async fn an_account_that_is_bound_already_is_told_so() {
    let port = start_with(ServerConfig::new("smsc"), Taken).await;
    let refused = client::connect(&ClientConfig::new("127.0.0.1", port, "u", "p")).await;
    let Err(error) = refused else { panic!("{refused:?}") };
    assert!(error.is_refusal(), "{error}");
    assert!(matches!(error, ConnectError::Refused { status: CommandStatus::RALYBND }), "{error}");
}
