//! Mails through PyPI aiosmtpd, a third-party server in a separate process.

use std::sync::Arc;
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

use crate::peer::Peer;
use crate::pki::Pki;

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

fn deferred(reason: Reason) -> End {
    End::Deferred { reason, wait: None }
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
    let (head, body) = data.split_once("\r\n\r\n").unwrap();
    for line in [
        "Message-ID: <01900000-0000-7000-8000-000000000001.7@boltgram.example>",
        "From: Boltgram <no-reply@boltgram.example>",
        "To: ase@example.com",
        "Date: Sun, 01 Nov 2026 12:00:00 +0000",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(head.lines().any(|known| known == line), "{line} in {head}");
    }
    assert_eq!(NOON.as_secs(), 1_793_534_400);
    // aiosmtpd has removed the stuffed dots; the rest is quoted-printable or base64.
    let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: "));
    let decoded = decode(encoding.unwrap(), body);
    assert_eq!(decoded.trim_end(), "Hej Åse,\r\n.\r\n.. kode 😀 1234\r\nHilsen");
}

/// Decodes with Python's own library.
fn decode(encoding: &str, body: &str) -> String {
    let module = if encoding == "base64" { "base64" } else { "quopri" };
    let call = if encoding == "base64" { "b64decode" } else { "decodestring" };
    let script = format!(
        "import {module},sys;sys.stdout.buffer.write({module}.{call}(sys.argv[1].encode()))"
    );
    let run = std::process::Command::new("python3").args(["-c", &script, body]).output().unwrap();
    assert!(run.status.success(), "{encoding}");
    String::from_utf8(run.stdout).unwrap()
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
    assert_eq!(busy.end, deferred(Reason::CarrierBusy));
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
    assert_eq!(outcome.end, deferred(Reason::LinkDown));
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
    _tasks: tokio::task::JoinSet<()>,
}

impl Proxy {
    async fn open(at: u16, behind: u16) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], at).into()).unwrap();
        let listener = socket.listen(16).unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut through = tokio::task::JoinSet::new();
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

/// What the server does when it receives a certain line.
#[derive(Clone, Copy)]
enum Then {
    Falls,
    SaysNothing,
}

/// A server that works until a line begins with `at`. Dropping the returned set ends it.
async fn odd_server(at: &'static str, then: Then) -> (u16, tokio::task::JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = tokio::task::JoinSet::new();
    server.spawn(async move {
        let mut sessions = tokio::task::JoinSet::new();
        while let Ok((tcp, _)) = listener.accept().await {
            sessions.spawn(converse(tcp, at, then));
        }
    });
    (port, server)
}

async fn converse(tcp: TcpStream, at: &str, then: Then) {
    let mut tcp = BufReader::new(tcp);
    let (mut in_text, mut line) = (false, String::new());
    let mut answer = "220 hello\r\n";
    loop {
        tcp.write_all(answer.as_bytes()).await.unwrap();
        line.clear();
        if tcp.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        match then {
            Then::Falls if line.starts_with(at) => return,
            Then::SaysNothing if line.starts_with(at) => std::future::pending().await,
            Then::Falls | Then::SaysNothing => {}
        }
        answer = match (in_text, line.as_str()) {
            (true, ".\r\n") => "250 taken\r\n",
            (true, _) => "",
            (false, "DATA\r\n") => "354 go on\r\n",
            (false, _) => "250 well\r\n",
        };
        in_text = answer == "354 go on\r\n" || answer.is_empty();
    }
}

#[tokio::test]
async fn only_a_missing_response_to_the_text_is_in_doubt() {
    for (at, reason) in [
        ("MAIL", Reason::LinkDown),
        ("RCPT", Reason::LinkDown),
        ("DATA", Reason::LinkDown),
        (".", Reason::NoAnswer),
    ] {
        for then in [Then::Falls, Then::SaysNothing] {
            let (port, _server) = odd_server(at, then).await;
            let section = with(plain(port), json!({ "timeout_s": 1 }));
            let running = Running::up(carrier(section)).await;
            let outcome = running.send(submission(key(1), to("ada@example.com"))).await;
            assert_eq!(outcome.end, deferred(reason), "{at}");
        }
    }
}

/// Mails that wait for a worker, or whose text was not started, were certainly not sent.
#[tokio::test]
async fn a_stop_leaves_only_mails_in_transfer_in_doubt() {
    for (at, doubtful) in [("RCPT", 0), (".", 1)] {
        let (port, _server) = odd_server(at, Then::SaysNothing).await;
        let running = Running::up(carrier(with(plain(port), json!({ "pool": 1 })))).await;
        let batch = (0..2).map(|number| submission(key(number), to("ada@example.com"))).collect();
        running.carrier.submit(batch).await;
        let inbox = running.inbox.clone();
        running.stop(Duration::from_millis(500)).await;
        let ends: Vec<_> = inbox.outcomes().into_iter().map(|outcome| outcome.end).collect();
        let count = |reason| ends.iter().filter(|end| **end == deferred(reason)).count();
        let counts = (count(Reason::NoAnswer), count(Reason::LinkDown));
        assert_eq!(counts, (doubtful, 2 - doubtful), "{at}");
    }
}

#[tokio::test]
async fn a_mail_that_is_too_old_is_not_sent() {
    let peer = Peer::smtp(&json!({})).await;
    let running = Running::up(carrier(plain(peer.port))).await;
    let fresh = submission(key(1), to("ada@example.com"));
    let old = Content { valid_until: NOON, text: Text::from("late"), ..(*fresh.content).clone() };
    let outcome = running.send(Submission { content: Arc::new(old), ..fresh }).await;
    assert_eq!(outcome.end, End::Refused { reason: Reason::Expired, code: String::new() });
    assert_eq!(peer.all("mail").len(), 0);
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
