//! A server that answers late, falls silent or disconnects at a chosen line.

use super::*;

/// What the server does when it receives a certain line.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Answers,
    AnswersAfter(Duration),
    Falls,
    SaysNothing,
}

/// A server that works until a line begins with `at`, and keeps what it received.
pub(super) struct OddServer {
    pub(super) port: u16,
    received: Arc<Mutex<String>>,
    _tasks: JoinSet<()>,
}

impl OddServer {
    pub(super) async fn start(at: &'static str, then: Then) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(String::new()));
        let written = received.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                sessions.spawn(converse(tcp, at, then, written.clone()));
            }
        });
        Self { port, received, _tasks: tasks }
    }

    pub(super) fn received(&self) -> String {
        self.received.lock().unwrap().clone()
    }
}

async fn converse(tcp: TcpStream, at: &str, then: Then, received: Arc<Mutex<String>>) {
    let mut tcp = BufReader::new(tcp);
    let (mut in_text, mut line) = (false, String::new());
    let mut answer = "220 hello\r\n";
    loop {
        tcp.write_all(answer.as_bytes()).await.unwrap();
        line.clear();
        if tcp.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        received.lock().unwrap().push_str(&line);
        match then {
            Then::Falls if line.starts_with(at) => return,
            Then::SaysNothing if line.starts_with(at) => std::future::pending().await,
            Then::AnswersAfter(wait) if line.starts_with(at) => tokio::time::sleep(wait).await,
            _ => {}
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

/// A relay that delivers a mail, or scans it, before it responds: a second attempt would be a second copy.
#[tokio::test]
async fn the_response_to_the_text_has_a_limit_of_its_own() {
    let server = OddServer::start(".", Then::AnswersAfter(Duration::from_millis(1_500))).await;
    let section = with(plain(server.port), json!({ "timeout_s": 1 }));
    let running = Running::up(carrier(section)).await;
    let outcome = running.send(submission(key(1), to("ada@example.com"))).await;
    assert_eq!(outcome.end, End::Delivered);
    assert_eq!(server.received().matches("DATA\r\n").count(), 1);
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
            let server = OddServer::start(at, then).await;
            let limits = json!({ "timeout_s": 1, "text_timeout_s": 1 });
            let section = with(plain(server.port), limits);
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
        let server = OddServer::start(at, Then::SaysNothing).await;
        let running = Running::up(carrier(with(plain(server.port), json!({ "pool": 1 })))).await;
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
