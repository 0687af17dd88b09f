//! The SMPP carrier against crate `smpp`'s own server in this process: the conformance suite, and cases that need a
//! configurable centre.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use carriers::smpp::{InboundRoom, SmppCarrier, SmppConfig};
use domain::inbound::InboundBody;
use domain::message::{Address, Content, Lane};
use domain::ports::{Carrier, End, Submission};
use domain::reason::Reason;
use domain::routing::CarrierName;
use serde_json::{Value, json};
use smpp::CommandStatus;
use smpp::pdu::{Address as PduAddress, DeliverSm};
use smpp::session::BindKind;
use testkit::carrier_conformance::{Fate, LONG, Rig, Running, key, submission, until, with_text};
use testkit::clock::{NOON, SeededRandom, TestClock};

use crate::centre::{Centre, Open, open};
use crate::pki::Pki;

pub(crate) fn carrier(port: u16, more: Value) -> Arc<SmppCarrier> {
    carrier_in(port, more, &room())
}

pub(crate) fn carrier_in(port: u16, more: Value, room: &Arc<InboundRoom>) -> Arc<SmppCarrier> {
    let mut section = json!({
        "host": "127.0.0.1", "port": port, "system_id": "u", "password": "p", "reconnect_ms": 20,
    });
    section.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config: SmppConfig = serde_json::from_value(section).unwrap();
    let (clock, random) = (TestClock::at_noon(), SeededRandom::new(1));
    SmppCarrier::new(CarrierName::new("main"), config, clock, random, room).unwrap()
}

/// Room for inbound PDUs as the program has it.
pub(crate) fn room() -> Arc<InboundRoom> {
    InboundRoom::new(domain::limits::INBOUND_QUEUE_BYTES_MAX)
}

pub(crate) fn to(digits: &str) -> Address {
    digits.parse().unwrap()
}

/// A deferral with the carrier's status.
pub(crate) fn answered(reason: Reason, status: CommandStatus) -> End {
    End::Deferred { reason, wait: None, code: Some(format!("smpp:{:#010x}", status.0)) }
}

pub(crate) fn deferred(reason: Reason) -> End {
    End::Deferred { reason, wait: None, code: None }
}

pub(crate) async fn running(more: Value) -> (Open, Running) {
    let open = open(Centre::new(), 0).await;
    let carrier = carrier(open.port, more);
    let running = Running::up(carrier).await;
    (open, running)
}

struct SmppRig {
    open: Open,
}

async fn start() -> SmppRig {
    SmppRig { open: open(Centre::new(), 0).await }
}

#[async_trait::async_trait]
impl Rig for SmppRig {
    fn carrier(&self) -> Arc<dyn Carrier> {
        carrier(self.open.port, json!({ "window": 20, "binds": 2 }))
    }

    fn destination(&self, fate: Fate, number: u32) -> Address {
        let end = match fate {
            Fate::Delivered => "4444",
            Fate::Failed => "0002",
            Fate::Refused => "0001",
        };
        to(&format!("4520{number:03}{end}"))
    }

    fn unreachable(&self) -> Option<Arc<dyn Carrier>> {
        // A reserved port without a listener.
        Some(carrier(1, json!({})))
    }

    fn sends_receipts(&self) -> bool {
        true
    }
}

testkit::carrier_conformance!(start);

#[tokio::test]
async fn the_window_is_filled_and_never_exceeded() {
    let (open, running) = running(json!({ "window": 7 })).await;
    open.centre.delay_ms.store(5, Ordering::SeqCst);
    let batch = (0..200).map(|number| with_text(key(number), to("4520123456"), LONG)).collect();
    running.carrier.submit(batch).await;
    running.inbox.wait_outcomes(200).await;
    assert_eq!(open.centre.in_flight_max.load(Ordering::SeqCst), 7);
}

#[tokio::test]
async fn the_parts_of_a_recipient_go_in_order_on_one_session() {
    let (open, running) = running(json!({ "window": 10, "binds": 4 })).await;
    until("every session", || running.carrier.status().detail == "4 of 4 binds").await;
    let mut sides = tokio::task::JoinSet::new();
    for side in 0..4_u32 {
        let carrier = running.carrier.clone();
        let one = |number: u32| {
            with_text(key(number), to(&(4_520_100_000 + u64::from(number)).to_string()), LONG)
        };
        let batch = (side * 100..side * 100 + 100).map(one).collect();
        sides.spawn(async move { carrier.submit(batch).await });
    }
    running.inbox.wait_outcomes(400).await;
    let mut sessions = std::collections::HashSet::new();
    for number in 0..400 {
        let parts = open.centre.to(&(4_520_100_000_u64 + number).to_string());
        let numbers: Vec<u8> = parts.iter().map(|part| part.short_message[5]).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(parts.iter().all(|part| part.session == parts[0].session));
        sessions.insert(parts[0].session);
    }
    assert!(sessions.len() > 1, "only one session was used");
}

#[tokio::test]
async fn the_rate_counts_parts() {
    let (open, running) = running(json!({ "rate": 100, "binds": 2 })).await;
    let begun = tokio::time::Instant::now();
    let batch = (0..30).map(|number| with_text(key(number), to("4520123456"), LONG)).collect();
    running.carrier.submit(batch).await;
    running.inbox.wait_outcomes(30).await;
    // 90 parts, of which ten may be sent at once.
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(790), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(open.centre.count(), 90);
}

#[tokio::test]
async fn a_single_message_does_not_wait_behind_a_campaign() {
    let (open, running) = running(json!({ "rate": 20, "window": 100 })).await;
    let bulk = |number: u32| {
        let plain = submission(key(number), to("4520123456"));
        let content = Content { lane: Lane::Bulk, ..(*plain.content).clone() };
        Submission { content: Arc::new(content), ..plain }
    };
    let carrier = running.carrier.clone();
    let mut campaign = tokio::task::JoinSet::new();
    campaign.spawn(async move { carrier.submit((0..1_000).map(bulk).collect()).await });
    until("the campaign", || open.centre.count() >= 4).await;
    let begun = tokio::time::Instant::now();
    let code = running.send(submission(key(5_000), to("4520999999"))).await;
    assert_eq!(code.end, End::Accepted);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_slow_session_delays_no_other() {
    let slow = open(Centre::new(), 0).await;
    slow.centre.silent.store(true, Ordering::SeqCst);
    let stuck = Running::up(carrier(slow.port, json!({ "window": 2 }))).await;
    let (_open, quick) = running(json!({})).await;
    let carrier = stuck.carrier.clone();
    let mut waiting = tokio::task::JoinSet::new();
    let one = |number: u32| submission(key(number), to("4520123456"));
    waiting.spawn(async move { carrier.submit((0..1_000).map(one).collect()).await });
    until("a full window", || slow.centre.count() == 2).await;
    assert_eq!(quick.send(one(1)).await.end, End::Accepted);
    assert_eq!(slow.centre.count(), 2);
    assert_eq!(stuck.inbox.outcomes().len(), 0);
}

#[tokio::test]
async fn transmitters_and_receivers_are_bound_in_pairs() {
    let (open, running) = running(json!({ "bind": "transmitter_receiver" })).await;
    until("both", || running.carrier.status().detail == "2 of 2 binds").await;
    let mut kinds = open.centre.kinds.lock().unwrap().clone();
    kinds.sort_by_key(|kind| kind.may_deliver());
    assert_eq!(kinds, [BindKind::Transmitter, BindKind::Receiver]);
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn messages_from_phones_are_stored_before_they_are_answered() {
    let (open, running) = running(json!({ "alphabet": "latin1" })).await;
    running.inbox.refuse_receipts(1);
    let message = DeliverSm {
        source: PduAddress::international(b"4520123456"),
        destination: PduAddress::unknown(b"1919"),
        short_message: b"STOP \xe5",
        ..DeliverSm::default()
    };
    open.centre.deliver(&message).await;
    until("an answer", || !open.centre.answered.lock().unwrap().is_empty()).await;
    assert_eq!(*open.centre.answered.lock().unwrap(), [CommandStatus::RX_T_APPN]);
    assert!(running.inbox.inbound().is_empty());
    open.centre.deliver(&message).await;
    until("another", || open.centre.answered.lock().unwrap().len() == 2).await;
    assert_eq!(open.centre.answered.lock().unwrap()[1], CommandStatus::ROK);
    let [part] = running.inbox.inbound().try_into().unwrap();
    assert_eq!(part.body, InboundBody::Text("STOP å".to_owned()));
    assert_eq!((part.carrier.as_str(), part.from.as_str()), ("main", "4520123456"));
    assert!(running.inbox.receipts().is_empty());
}

#[tokio::test]
async fn a_message_after_a_broken_session_may_be_a_repeat() {
    let open = open(Centre::new(), 0).await;
    let clock = TestClock::at_noon();
    let section = json!({
        "host": "127.0.0.1", "port": open.port, "system_id": "u", "password": "p",
        "reconnect_ms": 20,
    });
    let config: SmppConfig = serde_json::from_value(section).unwrap();
    let (name, random) = (CarrierName::new("main"), SeededRandom::new(1));
    let running =
        Running::up(SmppCarrier::new(name, config, clock.clone(), random, &room()).unwrap()).await;
    let message = DeliverSm { short_message: b"JA", ..DeliverSm::default() };
    clock.advance(Duration::from_secs(5));
    open.centre.deliver(&message).await;
    until("the first", || running.inbox.inbound().len() == 1).await;
    clock.advance(Duration::from_secs(5));
    open.centre.cut();
    until("another session", || open.centre.kinds.lock().unwrap().len() == 2).await;
    clock.advance(Duration::from_secs(5));
    open.centre.deliver(&message).await;
    until("the second", || running.inbox.inbound().len() == 2).await;
    let [first, second] = running.inbox.inbound().try_into().unwrap();
    assert_eq!((first.interrupted_at, first.at), (NOON, NOON.after(Duration::from_secs(5))));
    assert_eq!(second.interrupted_at, NOON.after(Duration::from_secs(10)));
}

#[tokio::test]
async fn receipts_that_cannot_be_stored_are_rejected_temporarily() {
    let (open, running) = running(json!({})).await;
    running.inbox.refuse_receipts(2);
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    until("the last answer", || open.centre.answered.lock().unwrap().len() == 3).await;
    let (later, taken) = (CommandStatus::RX_T_APPN, CommandStatus::ROK);
    assert_eq!(*open.centre.answered.lock().unwrap(), [later, later, taken]);
}

#[tokio::test]
async fn a_refused_bind_is_shown_and_delays_the_next() {
    let centre = Centre::new();
    centre.refuse_binds.store(true, Ordering::SeqCst);
    let open = open(centre, 0).await;
    let running = Running::new(carrier(open.port, json!({ "refused_s": 1 })));
    until("the refusal", || {
        running.carrier.status().detail == "0 of 1 binds; refused: ESME_RINVPASWD"
    })
    .await;
    open.centre.refuse_binds.store(false, Ordering::SeqCst);
    running.wait_up(true).await;
    assert_eq!(running.carrier.status().detail, "1 of 1 binds");
}

#[tokio::test]
async fn parts_in_the_window_of_a_lost_session_may_have_arrived() {
    let centre = Centre::new();
    centre.silent.store(true, Ordering::SeqCst);
    let first = open(centre.clone(), 0).await;
    let port = first.port;
    let running = Running::up(carrier(port, json!({ "window": 5 }))).await;
    let one = |number: u32| submission(key(number), to("4520123456"));
    let carrier = running.carrier.clone();
    let mut submitting = tokio::task::JoinSet::new();
    submitting.spawn(async move { carrier.submit((0..20).map(one).collect()).await });
    until("a full window", || centre.count() == 5).await;
    drop(first);
    let outcomes = running.inbox.wait_outcomes(20).await;
    let count = |end: &End| outcomes.iter().filter(|outcome| outcome.end == *end).count();
    assert_eq!(count(&deferred(Reason::NoAnswer)), 5);
    assert_eq!(count(&deferred(Reason::LinkDown)), 15);
    centre.silent.store(false, Ordering::SeqCst);
    let _again = open(centre.clone(), port).await;
    running.wait_up(true).await;
    assert_eq!(running.send(one(21)).await.end, End::Accepted);
}

/// A centre that responds half a second after our timeout.
async fn tardy() -> (Open, Running) {
    let (open, running) = running(json!({ "response_timeout_s": 1 })).await;
    open.centre.delay_ms.store(1_500, Ordering::SeqCst);
    (open, running)
}

#[tokio::test]
async fn a_late_response_is_reported_as_late() {
    let (_open, running) = tardy().await;
    let outcome = running.send(with_text(key(1), to("4520123456"), LONG)).await;
    assert_eq!((outcome.end, outcome.accepted), (deferred(Reason::NoAnswer), vec![]));
    let late = running.inbox.wait_outcomes(4).await.split_off(1);
    for (outcome, part) in late.iter().zip(1..) {
        assert_eq!((outcome.key, outcome.parts, &outcome.end), (key(1), 3, &End::Late));
        assert_eq!(&outcome.carrier, running.carrier.name());
        assert_eq!(outcome.accepted.iter().map(|taken| taken.part).collect::<Vec<_>>(), [part]);
        running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    }
}

#[tokio::test]
async fn a_late_refusal_is_dropped() {
    let (open, running) = tardy().await;
    open.centre.plan("4520123456", &[CommandStatus::RINVDSTADR]);
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    assert_eq!(outcome.end, deferred(Reason::NoAnswer));
    open.centre.delay_ms.store(0, Ordering::SeqCst);
    // Its response comes after the late one.
    assert_eq!(running.send(submission(key(2), to("4520123457"))).await.end, End::Accepted);
    assert_eq!(running.inbox.outcomes().len(), 2);
}

#[tokio::test]
async fn a_stop_aborts_parts_that_are_never_answered() {
    let (open, running) = running(json!({ "window": 5 })).await;
    open.centre.silent.store(true, Ordering::SeqCst);
    let batch = (0..20).map(|number| submission(key(number), to("4520123456"))).collect();
    running.carrier.submit(batch).await;
    until("a full window", || open.centre.count() == 5).await;
    let inbox = running.inbox.clone();
    running.stop(Duration::from_millis(300)).await;
    let outcomes = inbox.outcomes();
    let count = |reason| outcomes.iter().filter(|outcome| outcome.end == deferred(reason)).count();
    assert_eq!((count(Reason::NoAnswer), count(Reason::LinkDown)), (5, 15));
}

#[tokio::test]
async fn the_validity_is_sent_and_expired_messages_are_not() {
    let (open, running) = running(json!({})).await;
    let valid = |number, millis: i64| {
        let plain = submission(key(number), to("4520123456"));
        let valid_until = domain::time::Timestamp::from_millis(NOON.as_millis() + millis);
        let content = Content { valid_until, ..(*plain.content).clone() };
        Submission { content: Arc::new(content), ..plain }
    };
    assert_eq!(running.send(valid(1, 26 * 3_600_000 + 61_000)).await.end, End::Accepted);
    let late = running.send(valid(2, 0)).await;
    assert_eq!(late.end, End::Refused { reason: Reason::Expired, code: String::new() });
    let sent = open.centre.to("4520123456");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].validity, b"000001020101000R");
}

#[tokio::test]
async fn a_text_that_cannot_be_sent_is_refused_without_a_link() {
    let running = Running::new(carrier(1, json!({})));
    let outcome = running.send(with_text(key(1), to("4520123456"), "bell \u{7}")).await;
    assert!(matches!(outcome.end, End::Refused { reason: Reason::Refused, .. }));
}

#[tokio::test]
async fn tls_is_verified() {
    let pki = Pki::new();
    let tls = smpp::tls::ServerTls {
        identity: smpp::tls::Identity { certificates: pki.path("cert"), key: pki.path("key") },
        client_ca: None,
    };
    let open = crate::centre::open_tls(Centre::new(), tls.config().unwrap()).await;
    let trusting = json!({ "tls": true, "ca_file": pki.path("ca"), "host": "localhost" });
    let running = Running::up(carrier(open.port, trusting)).await;
    assert_eq!(running.send(submission(key(1), to("4520123456"))).await.end, End::Accepted);
    let other = Pki::new();
    let distrusting = json!({ "tls": true, "ca_file": other.path("ca"), "host": "localhost" });
    let wrong = Running::new(carrier(open.port, distrusting));
    until("a failure", || wrong.carrier.status().detail.contains("TLS handshake failed")).await;
}

/// What `openssl req -x509` makes is an authority, too, which webpki refuses as a server's certificate.
#[tokio::test]
async fn a_self_signed_certificate_is_trusted_if_it_is_the_given_one() {
    let pki = Pki::new();
    let tls = smpp::tls::ServerTls {
        identity: smpp::tls::Identity { certificates: pki.path("own"), key: pki.path("own_key") },
        client_ca: None,
    };
    let open = crate::centre::open_tls(Centre::new(), tls.config().unwrap()).await;
    let section =
        |given: &Pki| json!({ "tls": true, "ca_file": given.path("own"), "host": "localhost" });
    let running = Running::up(carrier(open.port, section(&pki))).await;
    assert_eq!(running.send(submission(key(1), to("4520123456"))).await.end, End::Accepted);
    let other = Pki::new();
    let wrong = Running::new(carrier(open.port, section(&other)));
    until("a failure", || wrong.carrier.status().detail.contains("TLS handshake failed")).await;
}
