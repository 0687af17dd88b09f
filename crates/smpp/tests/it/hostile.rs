//! Peers that violate the protocol, octet by octet, against a real server on a socket: the session ends, or the PDU is
//! refused and the stream continues.

use std::time::Duration;

use bytes::BytesMut;
use smpp::pdu::{self, BindTransceiver, RawPdu, Secret};
use smpp::server::{BindAttempt, Handler, ServerConfig};
use smpp::{CommandId, CommandStatus, frame, link};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::loopback::{start, start_with, submit};

/// Reads and writes raw PDUs.
struct Peer {
    stream: TcpStream,
    input: BytesMut,
}

impl Peer {
    async fn connect(config: ServerConfig) -> Self {
        let port = start(config).await;
        Self::over(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
    }

    fn over(stream: TcpStream) -> Self {
        Self { stream, input: BytesMut::new() }
    }

    async fn bound(config: ServerConfig) -> Self {
        let mut peer = Self::connect(config).await;
        peer.send(1, &bind()).await;
        let answer = peer.read().await.unwrap();
        assert!(answer.status().is_ok(), "{answer:?}");
        peer
    }

    async fn send<'a>(&mut self, sequence: u32, body: &impl pdu::Body<'a>) {
        let mut out = BytesMut::new();
        pdu::encode(&mut out, CommandStatus::ROK, sequence, body).unwrap();
        self.write(&out).await;
    }

    async fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    /// The next PDU; `None` if the server closed the connection.
    async fn read(&mut self) -> Option<RawPdu> {
        loop {
            if let Some(length) = self.input.first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                if self.input.len() >= length {
                    return RawPdu::new(self.input.split_to(length).freeze());
                }
            }
            let read = self.stream.read_buf(&mut self.input);
            match tokio::time::timeout(Duration::from_secs(10), read).await.expect("an answer") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

pub(crate) fn bind() -> BindTransceiver<'static> {
    BindTransceiver {
        system_id: b"u",
        password: Secret(b"p"),
        interface_version: 0x34,
        ..BindTransceiver::default()
    }
}

#[tokio::test]
async fn an_impossible_length_is_nacked_and_ends_the_session() {
    for length in [0u32, 15, 0x8000_0000, u32::MAX, frame::PDU_OCTETS_MAX as u32 + 1] {
        let mut peer = Peer::bound(ServerConfig::new("smsc")).await;
        let header = [length, CommandId::SUBMIT_SM.0, 0, 77].map(u32::to_be_bytes).concat();
        peer.write(&header).await;
        let nack = peer.read().await.unwrap();
        assert_eq!(nack.id(), CommandId::GENERIC_NACK, "{length}");
        assert_eq!((nack.status(), nack.sequence()), (CommandStatus::RINVCMDLEN, 77));
        assert!(peer.read().await.is_none());
    }
}

#[tokio::test]
async fn a_submit_of_sixteen_octets_is_refused_and_the_session_goes_on() {
    let mut peer = Peer::bound(ServerConfig::new("smsc")).await;
    peer.write(&[16, CommandId::SUBMIT_SM.0, 0, 2].map(u32::to_be_bytes).concat()).await;
    let refused = peer.read().await.unwrap();
    assert_eq!(refused.id(), CommandId::SUBMIT_SM_RESP);
    assert_eq!((refused.status(), refused.sequence()), (CommandStatus::RINVCMDLEN, 2));
    peer.send(3, &submit(b"fine")).await;
    assert_eq!(peer.read().await.unwrap().message_id(), b"fine");
}

#[tokio::test]
async fn a_length_longer_or_shorter_than_the_fields_affects_no_other_pdu() {
    let mut peer = Peer::bound(ServerConfig::new("smsc")).await;
    let mut sound = BytesMut::new();
    pdu::encode(&mut sound, CommandStatus::ROK, 2, &submit(b"odd")).unwrap();
    let whole = sound.len();
    // Longer: three stray octets belong to the PDU. It is decoded leniently.
    let mut longer = sound.clone();
    longer.extend_from_slice(&[0xEE; 3]);
    longer[..4].copy_from_slice(&(whole as u32 + 3).to_be_bytes());
    peer.write(&longer).await;
    assert_eq!(peer.read().await.unwrap().message_id(), b"odd");
    let receipt = peer.read().await.unwrap();
    assert_eq!(receipt.id(), CommandId::DELIVER_SM);
    // Shorter: the text is incomplete. It is refused, and the next one is accepted.
    let mut shorter = sound.clone();
    shorter.truncate(whole - 2);
    shorter[..4].copy_from_slice(&(whole as u32 - 2).to_be_bytes());
    peer.write(&shorter).await;
    assert_eq!(peer.read().await.unwrap().status(), CommandStatus::RINVCMDLEN);
    peer.send(3, &submit(b"next")).await;
    assert_eq!(peer.read().await.unwrap().message_id(), b"next");
}

#[tokio::test]
async fn an_unknown_command_is_nacked_with_its_sequence() {
    let mut peer = Peer::bound(ServerConfig::new("smsc")).await;
    for sequence in [0, 5, 0x7FFF_FFFF, 0xFFFF_FFFF] {
        peer.write(&[16, 0x0001_0200, 0, sequence].map(u32::to_be_bytes).concat()).await;
        let nack = peer.read().await.unwrap();
        assert_eq!((nack.id(), nack.sequence()), (CommandId::GENERIC_NACK, sequence));
        assert_eq!(nack.status(), CommandStatus::RINVCMDID);
    }
}

#[tokio::test]
async fn pdus_are_read_one_octet_at_a_time() {
    let mut peer = Peer::connect(ServerConfig::new("smsc")).await;
    peer.stream.set_nodelay(true).unwrap();
    let mut out = BytesMut::new();
    pdu::encode(&mut out, CommandStatus::ROK, 1, &bind()).unwrap();
    for octet in out {
        peer.write(&[octet]).await;
        tokio::task::yield_now().await;
    }
    assert!(peer.read().await.unwrap().status().is_ok());
}

#[tokio::test]
async fn an_incomplete_pdu_and_silence_end_the_session() {
    let mut config = ServerConfig::new("smsc");
    config.session.stall = Duration::from_millis(20);
    let mut peer = Peer::bound(config).await;
    peer.write(&[0, 0, 0]).await;
    assert!(peer.read().await.is_none());
}

#[tokio::test]
async fn a_client_that_does_not_bind_is_disconnected() {
    let mut config = ServerConfig::new("smsc");
    config.session.session_init = Duration::from_millis(20);
    let mut peer = Peer::connect(config).await;
    assert!(peer.read().await.is_none());
}

#[tokio::test]
async fn messages_before_the_bind_and_a_second_bind_are_refused() {
    let mut peer = Peer::connect(ServerConfig::new("smsc")).await;
    peer.send(1, &submit(b"early")).await;
    assert_eq!(peer.read().await.unwrap().status(), CommandStatus::RINVBNDSTS);
    peer.send(2, &bind()).await;
    assert!(peer.read().await.unwrap().status().is_ok());
    peer.send(3, &bind()).await;
    assert_eq!(peer.read().await.unwrap().status(), CommandStatus::RALYBND);
    peer.send(4, &submit(b"still")).await;
    assert_eq!(peer.read().await.unwrap().message_id(), b"still");
}

#[tokio::test]
async fn a_malformed_bind_is_refused() {
    let mut peer = Peer::connect(ServerConfig::new("smsc")).await;
    peer.write(&[16, CommandId::BIND_TRANSMITTER.0, 0, 1].map(u32::to_be_bytes).concat()).await;
    assert_eq!(peer.read().await.unwrap().status(), CommandStatus::RINVCMDLEN);
    assert!(peer.read().await.is_none());
}

#[tokio::test]
async fn a_duplicate_sequence_is_answered_twice() {
    let mut peer = Peer::bound(ServerConfig::new("smsc")).await;
    peer.send(9, &submit(b"one")).await;
    peer.send(9, &submit(b"two")).await;
    let mut ids = Vec::new();
    while ids.len() < 2 {
        let pdu = peer.read().await.unwrap();
        if pdu.id() == CommandId::SUBMIT_SM_RESP {
            assert_eq!(pdu.sequence(), 9);
            ids.push(pdu.message_id().to_vec());
        }
    }
    assert_eq!(ids, [b"one", b"two"]);
}

#[tokio::test]
async fn a_connection_reset_in_the_middle_of_a_pdu_ends_that_session_alone() {
    let (signal, mut ends) = tokio::sync::mpsc::channel(1);
    let port = start_with(ServerConfig::new("smsc"), Watched(signal)).await;
    let mut peer = Peer::over(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    peer.send(1, &bind()).await;
    assert!(peer.read().await.unwrap().status().is_ok());
    peer.write(&[0, 0, 0, 90, 0, 0, 0, 4, 0, 0]).await;
    // Closing with a linger of zero resets the connection.
    peer.stream.set_zero_linger().unwrap();
    drop(peer);
    let ended = tokio::time::timeout(Duration::from_secs(10), ends.recv()).await;
    assert_eq!(ended.expect("the session ends"), Some(()));
    let mut next = Peer::over(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    next.send(1, &bind()).await;
    assert!(next.read().await.unwrap().status().is_ok());
}

/// Sends a signal when a session's events have ended.
struct Watched(tokio::sync::mpsc::Sender<()>);

impl Handler for Watched {
    async fn bind(&self, _: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, _: link::Peer, _handle: link::Handle, mut events: link::Events) {
        while events.next().await.is_some() {}
        let _ = self.0.send(()).await;
    }
}

#[tokio::test]
async fn a_bind_and_an_unbind_in_one_segment_end_the_session() {
    let mut peer = Peer::connect(ServerConfig::new("smsc")).await;
    let mut out = BytesMut::new();
    pdu::encode(&mut out, CommandStatus::ROK, 1, &bind()).unwrap();
    pdu::encode(&mut out, CommandStatus::ROK, 2, &pdu::Unbind).unwrap();
    peer.write(&out).await;
    let mut last = None;
    while let Some(pdu) = peer.read().await {
        last = Some(pdu.id());
    }
    assert_eq!(last, Some(CommandId::UNBIND_RESP));
}
