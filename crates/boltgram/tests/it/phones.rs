//! A message centre with phones: sends the test's messages over the given session, and records the
//! responses and the texts that the phones receive.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smpp::CommandStatus;
use smpp::link::{Events, Handle, Peer};
use smpp::pdu::{Address, DataCoding, DeliverSm, EsmClass, SubmitSm};
use smpp::server::{BindAttempt, Handler, ServerConfig, serve};
use smpp::session::{Answers, Event, Requests};
use tokio::net::TcpListener;

use super::running::PATIENCE;

/// One `deliver_sm`.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data_coding: u8,
    /// With a user data header if `is_part`.
    pub(crate) user_data: Vec<u8>,
    pub(crate) is_part: bool,
}

#[derive(Default)]
struct Kept {
    sessions: Vec<Handle>,
    answered: HashMap<u64, CommandStatus>,
    next: u64,
    /// Sender, destination, and octets.
    got: Vec<(String, String, String)>,
}

#[derive(Clone)]
pub(crate) struct Phones {
    kept: Arc<Mutex<Kept>>,
    address: SocketAddr,
}

impl Phones {
    #[expect(clippy::disallowed_methods, reason = "a test's own server, gone with its runtime")]
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let phones = Self { kept: Arc::default(), address: listener.local_addr().unwrap() };
        let handler = Arc::new(phones.clone());
        tokio::spawn(serve(listener, ServerConfig::new("phones"), 16, handler, |connection| {
            tokio::spawn(connection);
        }));
        phones
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    fn living(&self) -> Vec<Handle> {
        let kept = self.kept.lock().unwrap();
        kept.sessions.iter().filter(|session| !session.is_ended()).cloned().collect()
    }

    /// Waits for exactly this many sessions.
    pub(crate) async fn bound(&self, sessions: usize) {
        wait("sessions", || self.living().len() == sessions).await;
    }

    /// Sends over the session with this index. Returns the token that identifies the response.
    pub(crate) async fn send(&self, session: usize, sent: &Sent) -> u64 {
        let sessions = self.living();
        let token = {
            let mut kept = self.kept.lock().unwrap();
            kept.next += 1;
            kept.next
        };
        let deliver = DeliverSm {
            source: Address::international(sent.from.as_bytes()),
            destination: Address::unknown(sent.to.as_bytes()),
            esm_class: if sent.is_part { EsmClass::UDHI } else { EsmClass::DEFAULT },
            data_coding: DataCoding(sent.data_coding),
            short_message: &sent.user_data,
            ..DeliverSm::default()
        };
        let mut requests = Requests::new();
        requests.push(token, &deliver).unwrap();
        assert!(sessions[session % sessions.len()].submit(requests).await.is_ok());
        token
    }

    pub(crate) async fn answer(&self, token: u64) -> CommandStatus {
        let known = || self.kept.lock().unwrap().answered.get(&token).copied();
        wait("an answer", || known().is_some()).await;
        known().unwrap()
    }

    /// Waits until the phones have received this many texts: sender, destination, and text.
    pub(crate) async fn got(&self, texts: usize) -> Vec<(String, String, String)> {
        let got = || self.kept.lock().unwrap().got.clone();
        wait("texts", || got().len() >= texts).await;
        got()
    }

    fn take(&self, submit: &SubmitSm<'_>) -> String {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let mut kept = self.kept.lock().unwrap();
        let (from, to) = (text(submit.source.addr), text(submit.destination.addr));
        kept.got.push((from, to, text(submit.short_message)));
        kept.got.len().to_string()
    }

    /// Closes every session without an unbind.
    pub(crate) async fn cut(&self) {
        let cut = self.living();
        cut.iter().for_each(Handle::abort);
        wait("their ends", || cut.iter().all(Handle::is_ended)).await;
    }
}

async fn wait(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "timed out: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Handler for Phones {
    async fn bind(&self, _attempt: &BindAttempt) -> Result<(), CommandStatus> {
        Ok(())
    }

    async fn session(&self, _peer: Peer, handle: Handle, mut events: Events) {
        self.kept.lock().unwrap().sessions.push(handle.clone());
        while let Some(batch) = events.next().await {
            let mut answers = Answers::new();
            for event in batch {
                match event {
                    Event::Response { token, pdu, .. } => {
                        self.kept.lock().unwrap().answered.insert(token, pdu.status());
                    }
                    Event::Request { ticket, pdu } => {
                        let id = self.take(&pdu.decode().unwrap());
                        answers.submitted(ticket, id.as_bytes()).unwrap();
                    }
                    _ => {}
                }
            }
            let _ = handle.answer(answers).await;
        }
    }
}
