//! Mails through PyPI aiosmtpd, a third-party server in a separate process.

mod odd_server;

use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use carriers::smtp::{Smtp, SmtpConfig};
use domain::message::{Address, Content};
use domain::ports::{Carrier, End, Submission};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::text::Text;
use serde_json::{Value, json};
use testkit::carrier_conformance::{Fate, Rig, Running, key, submission, with_text};
use testkit::clock::{NOON, SeededRandom, TestClock};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::peer::{Peer, repository_path};
use crate::pki::Pki;
use odd_server::{OddServer, Then};

pub(crate) fn carrier(section: Value) -> Arc<Smtp> {
    let config: SmtpConfig = serde_json::from_value(section).unwrap();
    let (clock, random) = (TestClock::at_noon(), SeededRandom::new(1));
    Smtp::new(CarrierName::new("mail"), config, clock, random).unwrap()
}

pub(crate) fn plain(port: u16) -> Value {
    json!({ "host": "127.0.0.1", "port": port, "tls": "none", "from": "Boltgram <no-reply@boltgram.example>" })
}

pub(crate) fn with(mut section: Value, more: Value) -> Value {
    section.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    section
}

fn to(address: &str) -> Address {
    address.parse().unwrap()
}

async fn closed_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port()
}

struct SmtpRig {
    peer: Peer,
    closed: u16,
}

async fn start() -> SmtpRig {
    SmtpRig { peer: Peer::smtp(&json!({})).await, closed: closed_port().await }
}

#[async_trait::async_trait]
impl Rig for SmtpRig {
    fn carrier(&self) -> Arc<dyn Carrier> {
        carrier(plain(self.peer.port))
    }

    fn destination(&self, fate: Fate, number: u32) -> Address {
        match fate {
            Fate::Refused => to(&format!("refused{number}@example.com")),
            Fate::Delivered | Fate::Failed => to(&format!("somebody{number}@example.com")),
        }
    }

    fn unreachable(&self) -> Option<Arc<dyn Carrier>> {
        Some(carrier(plain(self.closed)))
    }

    fn sends_receipts(&self) -> bool {
        false
    }
}

testkit::carrier_conformance!(start);

fn answered(reason: Reason, code: &str) -> End {
    End::Deferred { reason, wait: None, code: Some(code.to_owned()) }
}

fn deferred(reason: Reason) -> End {
    End::Deferred { reason, wait: None, code: None }
}

#[tokio::test]
async fn a_mail_is_plain_utf_8_with_our_headers() {
    let peer = Peer::smtp(&json!({})).await;
    let running =
        Running::up(carrier(with(plain(peer.port), json!({ "subject": "Din kode på vej" })))).await;
    let text = "Hej Åse,\n.\n.. kode 😀 1234\r\nHilsen";
    let outcome = running.send(with_text(key(7), to("ase@example.com"), text)).await;
    assert_eq!(outcome.end, End::Delivered);
    assert_eq!(outcome.accepted[0].carrier_id, "01900000-0000-7000-8000-000000000001.7");
    let mail = peer.wait("mail", |_| true).await;
    assert_eq!(
        (mail["from"].as_str(), mail["tls"].as_bool()),
        (Some("no-reply@boltgram.example"), Some(false))
    );
    assert_eq!(mail["to"], json!(["ase@example.com"]));
    let data = mail["data"].as_str().unwrap();
    let head = data.split_once("\r\n\r\n").unwrap().0;
    for line in [
        "Message-ID: <01900000-0000-7000-8000-000000000001.7@boltgram.example>",
        "From: Boltgram <no-reply@boltgram.example>",
        "To: ase@example.com",
        "Date: Sun, 01 Nov 2026 12:00:00 +0000",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(head.lines().any(|known| known == line), "{line} in {head}");
    }
    assert_eq!(NOON.as_secs(), 1_793_534_400);
    // aiosmtpd has removed the stuffed dots; the rest is quoted-printable or base64.
    assert_eq!(read_text(data).trim_end(), "Hej Åse,\r\n.\r\n.. kode 😀 1234\r\nHilsen");
}

/// Reads a mail with Python's own library.
fn read_text(data: &str) -> String {
    let mut script = std::process::Command::new("python3");
    script.arg(repository_path("scripts/peers/smtp/read_mail.py"));
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut reader = script.spawn().unwrap();
    reader.stdin.take().unwrap().write_all(data.as_bytes()).unwrap();
    let output = reader.wait_with_output().unwrap();
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["defects"], json!([]), "{data}");
    read["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mail_reads_as_it_was_written() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    for (number, (text, read)) in [
        ("plain", "plain"),
        ("Søren: 100 % = 1", "Søren: 100 % = 1"),
        ("สวัสดี 😀😀😀", "สวัสดี 😀😀😀"),
        ("one\rtwo\nthree\r\nfour", "one\r\ntwo\r\nthree\r\nfour"),
        ("bell \x07 and escape \x1b[31m", "bell \x07 and escape \x1b[31m"),
        ("trailing space \n=20\n", "trailing space \r\n=20"),
        ("From here\n.\n..", "From here\r\n.\r\n.."),
    ]
    .into_iter()
    .enumerate()
    {
        let submission =
            with_text(key(u32::try_from(number).unwrap()), to("ada@example.com"), text);
        assert_eq!(running.send(submission).await.end, End::Delivered);
        let mail = peer.all("mail").pop().unwrap();
        assert_eq!(read_text(mail["data"].as_str().unwrap()).trim_end(), read, "{text:?}");
    }
}

/// Some servers take a bare CR or LF for a line end, and what follows a dot for commands.
#[tokio::test]
async fn only_crlf_ends_a_line_on_the_wire() {
    for text in [
        "hi\r.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<all@example.com>\r\nspam\r\n.",
        "hi\n.\nMAIL FROM:<evil@example.com>\n",
        "hi\r\n.\rMAIL FROM:<evil@example.com>\r",
        "hi\r\r\n.\r\r\nMAIL FROM:<evil@example.com>",
        "hi\n\r.\n\rMAIL FROM:<evil@example.com>\u{85}.\u{85}",
        "\0\x0b.\x0b\x0c.\x0c",
    ] {
        let server = OddServer::start(".", Then::Answers).await;
        let running = Running::up(carrier(plain(server.port))).await;
        let sent = running.send(with_text(key(1), to("ada@example.com"), text)).await;
        assert_eq!(sent.end, End::Delivered);
        let wire = server.received();
        let dots = wire.split("\r\n").filter(|line| *line == ".").count();
        assert_eq!(dots, 1, "{text:?}: {wire:?}");
        for line in wire.split("\r\n") {
            assert!(!line.contains(char::is_control), "{text:?}: {line:?}");
        }
        assert_eq!(wire.matches("\r\nDATA\r\n").count(), 1, "{text:?}: {wire:?}");
    }
}

#[tokio::test]
async fn nothing_a_customer_writes_becomes_a_header_or_a_command() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    let text = "Bcc: all@example.com\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\r\n\0";
    let outcome = running.send(with_text(key(1), to("ada@example.com"), text)).await;
    assert_eq!(outcome.end, End::Delivered);
    let mail = peer.wait("mail", |_| true).await;
    let data = mail["data"].as_str().unwrap();
    let head = data.split_once("\r\n\r\n").unwrap().0;
    assert!(!head.contains("Bcc") && !head.contains("evil"), "{head}");
    assert_eq!(peer.all("mail").len(), 1);
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_smtputf8() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    let outcome = running.send(submission(key(1), to("åse@example.com"))).await;
    assert_eq!(outcome.end, End::Delivered);
    assert_eq!(peer.wait("mail", |_| true).await["to"], json!(["åse@example.com"]));
}

#[tokio::test]
async fn refusals_and_busy_responses_are_distinguished() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    let refused = running.send(submission(key(1), to("refused@example.com"))).await;
    let code = "smtp:550".to_owned();
    assert_eq!(refused.end, End::Refused { reason: Reason::BadDestination, code });
    let busy = running.send(submission(key(2), to("busy@example.com"))).await;
    assert_eq!(busy.end, answered(Reason::CarrierBusy, "smtp:451"));
    // The connection is reused after either.
    assert_eq!(running.send(submission(key(3), to("ada@example.com"))).await.end, End::Delivered);
    assert!(running.carrier.status().up);
}

#[tokio::test]
async fn a_lost_response_is_not_a_lost_mail() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    let outcome = running.send(submission(key(1), to("lost@example.com"))).await;
    assert_eq!(outcome.end, deferred(Reason::NoAnswer));
    peer.wait("mail", |mail| mail["to"] == json!(["lost@example.com"])).await;
    assert_eq!(running.send(submission(key(2), to("ada@example.com"))).await.end, End::Delivered);
}

#[tokio::test]
async fn logs_in_and_sees_a_wrong_password() {
    let peer = Peer::smtp(&json!({ "user": "u", "password": "p" })).await;
    let login = |password| json!({ "username": "u", "password": password });
    let running = Running::up(carrier(with(plain(peer.port), login("p")))).await;
    assert_eq!(running.send(submission(key(1), to("ada@example.com"))).await.end, End::Delivered);
    assert_eq!(peer.wait("mail", |_| true).await["user"], "u");

    let wrong = Running::new(carrier(with(plain(peer.port), login("hunter2"))));
    testkit::carrier_conformance::until("a refusal", || {
        wrong.carrier.status().detail == "refused: 535"
    })
    .await;
    let outcome = wrong.send(submission(key(2), to("ada@example.com"))).await;
    assert_eq!(outcome.end, deferred(Reason::LinkDown));
    assert!(!format!("{:?}", wrong.carrier).contains("hunter2"));
}

#[tokio::test]
async fn a_refused_login_is_no_permanent_refusal_of_mails() {
    let peer = Peer::smtp(&json!({ "user": "u", "password": "p" })).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    let outcome = running.send(submission(key(1), to("ada@example.com"))).await;
    assert_eq!(outcome.end, answered(Reason::LinkDown, "smtp:530"));
}

#[tokio::test]
async fn tls_is_verified_by_the_given_ca() {
    let pki = Pki::new();
    for tls in ["starttls", "implicit"] {
        let options = json!({ "tls": tls, "cert": pki.path("cert"), "key": pki.path("key"), "user": "u", "password": "p" });
        let peer = Peer::smtp(&options).await;
        let section = with(
            plain(peer.port),
            json!({ "host": "localhost", "tls": tls, "username": "u", "password": "p" }),
        );
        let trusting = with(section.clone(), json!({ "ca_file": pki.path("ca") }));
        let running = Running::up(carrier(trusting)).await;
        let sent = running.send(submission(key(1), to("ada@example.com"))).await;
        assert_eq!(sent.end, End::Delivered);
        let mail = peer.wait("mail", |_| true).await;
        assert_eq!((mail["tls"].as_bool(), mail["user"].as_str()), (Some(true), Some("u")));

        // Neither another CA nor the platform's roots trust this server.
        let other = Pki::new();
        for section in [section.clone(), with(section, json!({ "ca_file": other.path("ca") }))] {
            let distrusting = Running::new(carrier(section));
            testkit::carrier_conformance::until("a failure", || {
                distrusting.carrier.status().detail == "cannot establish a session"
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_self_signed_certificate_as_authority_is_explained() {
    let pki = Pki::new();
    let options = json!({ "tls": "implicit", "cert": pki.path("own"), "key": pki.path("own_key") });
    let peer = Peer::smtp(&options).await;
    let more = json!({ "host": "localhost", "tls": "implicit", "ca_file": pki.path("own") });
    let running = Running::new(carrier(with(plain(peer.port), more)));
    testkit::carrier_conformance::until("an explanation", || {
        running.carrier.status().detail.contains("basicConstraints=CA:FALSE")
    })
    .await;
}

#[tokio::test]
async fn starttls_never_falls_back_to_clear_text() {
    let peer = Peer::smtp(&json!({})).await;
    let section = with(plain(peer.port), json!({ "host": "localhost", "tls": "starttls" }));
    let running = Running::new(carrier(section));
    testkit::carrier_conformance::until("a failure", || {
        running.carrier.status().detail == "cannot establish a session"
    })
    .await;
    let outcome = running.send(submission(key(1), to("ada@example.com"))).await;
    assert_eq!(outcome.end, deferred(Reason::LinkDown));
    assert_eq!(peer.all("mail").len(), 0);
}

#[tokio::test]
async fn a_server_that_was_unreachable_is_reconnected() {
    let port = closed_port().await;
    let running = Running::new(carrier(plain(port)));
    let outcome = running.send(submission(key(1), to("ada@example.com"))).await;
    assert_eq!(outcome.end, deferred(Reason::LinkDown));

    let peer = Peer::smtp(&json!({})).await;
    let proxy = Proxy::open(port, peer.port).await;
    running.wait_up(true).await;
    assert_eq!(running.send(submission(key(2), to("ada@example.com"))).await.end, End::Delivered);

    // The kept connection is closed, and nothing listens any more.
    drop(proxy);
    let outcome = running.send(submission(key(3), to("ada@example.com"))).await;
    assert_eq!(outcome.end, deferred(Reason::LinkDown));
    assert!(!running.carrier.status().up);
    let _proxy = Proxy::open(port, peer.port).await;
    running.wait_up(true).await;
    assert_eq!(running.send(submission(key(4), to("ada@example.com"))).await.end, End::Delivered);
    assert_eq!(peer.all("mail").len(), 2);
}

/// A TCP proxy to the server that can be closed.
struct Proxy {
    _tasks: JoinSet<()>,
}

impl Proxy {
    async fn open(at: u16, behind: u16) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], at).into()).unwrap();
        let listener = socket.listen(16).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut through = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                through.spawn(async move {
                    let mut far =
                        tokio::net::TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { _tasks: tasks }
    }
}

#[tokio::test]
async fn mails_do_not_wait_for_nagle() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(with(plain(peer.port), json!({ "pool": 1 })))).await;
    let begun = std::time::Instant::now();
    let batch = (0..50).map(|number| submission(key(number), to("ada@example.com"))).collect();
    running.carrier.submit(batch).await;
    running.inbox.wait_outcomes(50).await;
    // With Nagle's algorithm each takes 40 ms or more.
    assert!(begun.elapsed() < Duration::from_millis(50 * 40), "{:?}", begun.elapsed());
}
