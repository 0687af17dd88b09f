//! The session machine by itself: two of them, or one and hand-made PDUs, with the time passed in.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use proptest::prelude::*;
use smpp::pdu::{
    self, BindTransceiver, DeliverSm, DeliverSmResp, RawPdu, SubmitSmResp, TlvBuf, Tlvs, tag,
};
use smpp::session::{
    Answers, BindKind, CloseReason, Event, Failure, Requests, Role, SEQUENCE_MAX, Session,
    SessionConfig, State,
};
use smpp::{CommandId, CommandStatus, frame};

use crate::loopback::submit;

const S: Duration = Duration::from_secs(1);

/// A machine, its clock and its events.
struct Bench {
    session: Session,
    now: Instant,
    events: Vec<Event>,
}

impl Bench {
    fn open(role: Role, config: SessionConfig) -> Self {
        let now = Instant::now();
        Self { session: Session::new(role, config, now), now, events: Vec::new() }
    }

    /// A bound transceiver of ours.
    fn client(config: SessionConfig) -> Self {
        let mut bench = Self::open(Role::Client, config);
        bench.session.bind(BindKind::Transceiver, BindTransceiver::default(), bench.now).unwrap();
        let bind = bench.sent().remove(0);
        bench.hear_with(
            CommandId::BIND_TRANSCEIVER_RESP,
            CommandStatus::ROK,
            bind.sequence(),
            b"smsc\0",
        );
        assert!(matches!(bench.events[..], [Event::Bound(_)]));
        bench.events.clear();
        bench
    }

    fn server(config: SessionConfig, kind: CommandId) -> Self {
        let mut bench = Self::open(Role::Server, config);
        bench.hear_with(kind, CommandStatus::ROK, 1, b"u\0p\0\0\x34\0\0\0");
        assert!(matches!(bench.events[..], [Event::BindRequested(_)]));
        bench.session.accept_bind(b"smsc", 0x34).unwrap();
        bench.events.clear();
        bench.sent();
        bench
    }

    fn hear(&mut self, id: CommandId, status: CommandStatus, sequence: u32) {
        self.hear_with(id, status, sequence, b"");
    }

    fn hear_with(&mut self, id: CommandId, status: CommandStatus, sequence: u32, body: &[u8]) {
        let mut input = BytesMut::new();
        pdu::encode_bare(&mut input, id, status, sequence);
        input.extend_from_slice(body);
        let length = (input.len() as u32).to_be_bytes();
        input[..4].copy_from_slice(&length);
        self.session.receive(&mut input, self.now, &mut self.events);
    }

    fn hear_body<'a>(&mut self, sequence: u32, body: &impl pdu::Body<'a>) {
        let mut input = BytesMut::new();
        pdu::encode(&mut input, CommandStatus::ROK, sequence, body).unwrap();
        self.session.receive(&mut input, self.now, &mut self.events);
    }

    fn answer_to(&mut self, sequence: u32, message_id: &[u8]) {
        self.hear_body(sequence, &SubmitSmResp { message_id, tlvs: Tlvs::NONE });
    }

    /// What was written since the last look.
    fn sent(&mut self) -> Vec<RawPdu> {
        let (frames, error) = frame::split(self.session.output(), 1 << 20);
        assert_eq!(error, None);
        frames.collect()
    }

    fn submit(&mut self, tokens: std::ops::Range<u64>) -> Requests {
        let mut requests = Requests::new();
        for token in tokens {
            requests.push(token, &submit(b"text")).unwrap();
        }
        self.session.send(&mut requests, self.now);
        requests
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.tick(self.now, &mut self.events);
    }

    fn closed(&self) -> Option<CloseReason> {
        match self.session.state() {
            State::Closed(reason) => Some(reason),
            _ => None,
        }
    }
}

fn config(window: u32) -> SessionConfig {
    SessionConfig { window, ..SessionConfig::default() }
}

#[test]
fn the_window_is_never_exceeded_and_refills_as_responses_come() {
    let mut bench = Bench::client(config(10));
    let mut rest = bench.submit(0..25);
    assert_eq!((bench.sent().len(), rest.len(), bench.session.room()), (10, 15, 0));
    for (done, sequence) in [(1, 5), (2, 11), (3, 2)] {
        bench.answer_to(sequence, b"id");
        bench.session.send(&mut rest, bench.now);
        assert_eq!((bench.sent().len(), rest.len()), (1, 15 - done));
        assert_eq!(bench.session.in_flight(), 10);
    }
}

#[test]
fn responses_out_of_order_find_their_requests() {
    let mut bench = Bench::client(config(100));
    bench.submit(0..100);
    let mut sequences: Vec<u32> = bench.sent().iter().map(RawPdu::sequence).collect();
    sequences.reverse();
    sequences.swap(3, 70);
    for sequence in &sequences {
        bench.answer_to(*sequence, sequence.to_string().as_bytes());
    }
    for (event, sequence) in bench.events.iter().zip(sequences) {
        let Event::Response { token, pdu, .. } = event else { panic!("{event:?}") };
        // The bind had number 1.
        assert_eq!(*token, u64::from(sequence) - 2);
        assert_eq!(pdu.message_id(), sequence.to_string().as_bytes());
    }
}

#[test]
fn a_request_given_up_leaves_a_tombstone_for_its_late_response() {
    let mut bench = Bench::client(config(1));
    let mut rest = bench.submit(0..2);
    let first = bench.sent().remove(0).sequence();
    bench.pass(30 * S);
    assert_eq!(bench.events, [Event::Failed { token: 0, why: Failure::NoResponse }]);
    bench.session.send(&mut rest, bench.now);
    bench.sent();
    bench.answer_to(first, b"late");
    assert!(matches!(bench.events[1], Event::LateResponse { token: 0, .. }));
    assert_eq!(bench.session.in_flight(), 1, "the late response freed another's slot");
    bench.answer_to(first, b"again");
    let counters = bench.session.counters();
    assert_eq!((counters.late_responses, counters.stray_responses), (1, 1));
}

#[test]
fn a_throttled_response_frees_its_slot_and_tells_its_status() {
    let mut bench = Bench::client(config(2));
    bench.submit(0..2);
    bench.hear(CommandId::SUBMIT_SM_RESP, CommandStatus::RTHROTTLED, 2);
    let Event::Response { token: 0, pdu, .. } = &bench.events[0] else { panic!() };
    assert!(pdu.status().asks_to_slow_down());
    assert_eq!(bench.session.room(), 1);
}

#[test]
fn a_nack_to_our_request_frees_its_slot_and_others_are_counted() {
    let mut bench = Bench::client(config(1));
    bench.submit(0..1);
    bench.hear(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, 2);
    assert!(
        matches!(&bench.events[..], [Event::Response { token: 0, pdu, .. }] if !pdu.status().is_ok())
    );
    bench.hear(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, 0);
    bench.hear(CommandId(0x8001_0200), CommandStatus::ROK, 999);
    assert_eq!((bench.session.room(), bench.session.counters().stray_responses), (1, 2));
    assert_eq!(bench.sent().len(), 1, "a response is never nacked");
}

#[test]
fn enquire_link_is_answered_while_the_window_is_full_and_the_caller_is_slow() {
    let mut bench =
        Bench::client(SessionConfig { window: 3, inbound_window: 5, ..Default::default() });
    bench.submit(0..9);
    bench.sent();
    for sequence in 1..=8 {
        bench.hear_body(sequence, &DeliverSm::default());
    }
    bench.hear(CommandId::ENQUIRE_LINK, CommandStatus::ROK, 9);
    let sent = bench.sent();
    let refused = sent.iter().filter(|pdu| pdu.status() == CommandStatus::RX_T_APPN).count();
    assert_eq!((refused, bench.session.unanswered()), (3, 5));
    let last = sent.last().unwrap();
    assert_eq!((last.id(), last.sequence()), (CommandId::ENQUIRE_LINK_RESP, 9));
}

#[test]
fn enquire_link_is_sent_only_when_idle_even_with_a_full_window() {
    let mut bench = Bench::client(SessionConfig { response: 300 * S, ..config(1) });
    bench.submit(0..1);
    bench.sent();
    for _ in 0..10 {
        bench.pass(29 * S);
        bench.hear(CommandId::ENQUIRE_LINK, CommandStatus::ROK, 1);
    }
    assert!(bench.sent().iter().all(|pdu| pdu.id() == CommandId::ENQUIRE_LINK_RESP));
    bench.pass(30 * S);
    assert_eq!(bench.sent()[0].id(), CommandId::ENQUIRE_LINK);
    bench.pass(S);
    assert!(bench.sent().is_empty(), "asked twice");
}

#[test]
fn a_missing_enquire_link_resp_ends_the_session_and_tells_what_was_open() {
    let mut bench = Bench::client(SessionConfig { response: 40 * S, ..config(5) });
    bench.pass(30 * S);
    bench.submit(0..2);
    bench.pass(40 * S);
    assert_eq!(bench.closed(), Some(CloseReason::EnquireLinkTimeout));
    let told: Vec<u64> = bench
        .events
        .iter()
        .map(|event| match event {
            Event::Failed { token, .. } => *token,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [0, 1]);
}

#[test]
fn any_pdu_proves_the_peer_alive() {
    let config = SessionConfig { response: 60 * S, ..config(5) };
    let mut bench = Bench::client(config);
    // Never answers an enquire_link, but speaks once a minute.
    for sequence in 1..20 {
        bench.pass(30 * S);
        bench.pass(10 * S);
        bench.hear_body(sequence, &DeliverSm::default());
    }
    assert_eq!(bench.closed(), None);
    bench.pass(30 * S);
    bench.pass(60 * S);
    assert_eq!(bench.closed(), Some(CloseReason::EnquireLinkTimeout));
}

#[test]
fn no_bind_in_time_closes() {
    let mut bench = Bench::open(Role::Server, SessionConfig::default());
    bench.pass(Duration::from_millis(9_999));
    assert_eq!(bench.closed(), None);
    assert_eq!(bench.session.deadline(), Some(bench.now + Duration::from_millis(1)));
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.closed(), Some(CloseReason::SessionInitTimeout));
}

#[test]
fn half_a_pdu_may_not_stay_half_for_ever() {
    let mut bench = Bench::client(SessionConfig { enquire_link: None, ..config(1) });
    let whole = [16, CommandId::ENQUIRE_LINK.0, 0, 1].map(u32::to_be_bytes).concat();
    let mut input = BytesMut::new();
    for octet in &whole[..15] {
        input.extend_from_slice(&[*octet]);
        bench.session.receive(&mut input, bench.now, &mut bench.events);
        bench.pass(S);
    }
    assert_eq!(bench.closed(), None);
    bench.pass(15 * S);
    assert_eq!(bench.closed(), Some(CloseReason::PartialPduTimeout));
}

#[test]
fn inactivity_unbinds_although_enquire_links_flow() {
    let mut bench = Bench::client(SessionConfig { inactivity: Some(100 * S), ..config(5) });
    for sequence in 1..=10 {
        bench.pass(10 * S);
        bench.hear(CommandId::ENQUIRE_LINK, CommandStatus::ROK, sequence);
    }
    assert_eq!(bench.session.state(), State::Unbinding);
    assert!(bench.sent().iter().any(|pdu| pdu.id() == CommandId::UNBIND));
}

#[test]
fn our_unbind_drains_first() {
    let mut bench = Bench::client(config(10));
    bench.submit(0..3);
    bench.sent();
    bench.session.unbind(bench.now, &mut bench.events);
    assert!(bench.sent().is_empty());
    assert_eq!(bench.submit(5..6).len(), 1, "a draining session took a request");
    for sequence in 2..=4 {
        bench.answer_to(sequence, b"x");
    }
    let unbind = bench.sent().remove(0);
    assert_eq!((unbind.id(), bench.session.state()), (CommandId::UNBIND, State::Unbinding));
    bench.hear(CommandId::UNBIND_RESP, CommandStatus::ROK, unbind.sequence());
    assert_eq!(bench.closed(), Some(CloseReason::Unbound));
    assert_eq!(bench.events.len(), 3);
}

#[test]
fn a_drain_does_not_wait_for_ever() {
    let mut bench = Bench::client(config(10));
    bench.submit(0..1);
    bench.sent();
    bench.session.unbind(bench.now, &mut bench.events);
    bench.pass(5 * S);
    assert_eq!(bench.sent()[0].id(), CommandId::UNBIND);
    bench.pass(30 * S);
    assert_eq!(bench.closed(), Some(CloseReason::UnbindTimeout));
    assert_eq!(bench.events.len(), 1);
}

#[test]
fn the_peers_unbind_waits_for_what_is_open_both_ways() {
    let mut bench = Bench::client(config(20));
    bench.submit(0..10);
    bench.hear_body(50, &DeliverSm::default());
    let Some(Event::Request { ticket, .. }) = bench.events.pop() else { panic!() };
    bench.sent();
    bench.hear(CommandId::UNBIND, CommandStatus::ROK, 51);
    bench.hear_body(52, &DeliverSm::default());
    assert_eq!(bench.sent()[0].status(), CommandStatus::RINVBNDSTS, "taken after its unbind");
    for sequence in 2..=11 {
        bench.answer_to(sequence, b"x");
    }
    assert_eq!((bench.closed(), bench.events.len()), (None, 10));
    let mut answers = Answers::new();
    answers.deliver(ticket, CommandStatus::ROK);
    bench.session.answer(&answers, bench.now);
    bench.pass(Duration::ZERO);
    let ids: Vec<CommandId> = bench.sent().iter().map(RawPdu::id).collect();
    assert_eq!(ids, [CommandId::DELIVER_SM_RESP, CommandId::UNBIND_RESP]);
    assert_eq!(bench.closed(), Some(CloseReason::PeerUnbound));
}

#[test]
fn sequence_numbers_wrap_and_never_are_zero() {
    let mut bench = Bench::client(SessionConfig { first_sequence: SEQUENCE_MAX - 2, ..config(10) });
    bench.submit(0..5);
    let sequences: Vec<u32> = bench.sent().iter().map(RawPdu::sequence).collect();
    assert_eq!(sequences, [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1, 2, 3]);
    for sequence in sequences {
        bench.answer_to(sequence, b"x");
    }
    assert_eq!((bench.session.in_flight(), bench.events.len()), (0, 5));
}

#[test]
fn versions_are_told_when_they_are() {
    for (tail, version) in [(&b""[..], None), (b"\x02\x10\x00\x01\x50", Some(0x50))] {
        let mut bench = Bench::open(Role::Client, SessionConfig::default());
        bench.session.bind(BindKind::Receiver, BindTransceiver::default(), bench.now).unwrap();
        let body = [b"smsc\0", tail].concat();
        bench.hear_with(CommandId::BIND_RECEIVER_RESP, CommandStatus::ROK, 1, &body);
        assert_eq!(bench.session.peer_version(), version);
        assert_eq!(bench.session.state(), State::Bound(BindKind::Receiver));
    }
    for (version, tlv) in [(0x33, false), (0x34, true), (0x50, true)] {
        let mut bench = Bench::open(Role::Server, SessionConfig::default());
        let bind = BindTransceiver { interface_version: version, ..BindTransceiver::default() };
        bench.hear_body(1, &bind);
        bench.session.accept_bind(b"smsc", 0x34).unwrap();
        let response = bench.sent().remove(0);
        let tlvs = response.decode::<pdu::BindTransceiverResp<'_>>().unwrap().tlvs;
        assert_eq!(tlvs.get(tag::SC_INTERFACE_VERSION).is_some(), tlv, "{version:#x}");
    }
}

#[test]
fn congestion_is_read_from_any_response() {
    let mut bench = Bench::client(config(5));
    bench.submit(0..1);
    assert_eq!(bench.session.congestion(), None);
    let mut told = TlvBuf::new();
    told.push_u8(tag::CONGESTION_STATE, 95);
    bench.hear_body(2, &SubmitSmResp { message_id: b"1", tlvs: told.tlvs() });
    assert_eq!(bench.session.congestion(), Some(95));
}

#[test]
fn a_transmitter_takes_no_deliveries_and_a_receiver_no_submissions() {
    let mut bench = Bench::server(SessionConfig::default(), CommandId::BIND_RECEIVER);
    bench.hear_body(5, &submit(b"x"));
    assert_eq!(bench.sent()[0].status(), CommandStatus::RINVBNDSTS);
    let mut bench = Bench::server(SessionConfig::default(), CommandId::BIND_TRANSMITTER);
    bench.hear_body(5, &submit(b"x"));
    assert!(matches!(bench.events[..], [Event::Request { .. }]));
}

#[test]
fn outbind_and_alerts_do_no_harm() {
    let mut bench = Bench::client(config(1));
    bench.hear_body(1, &pdu::Outbind::default());
    bench.hear_body(2, &pdu::AlertNotification::default());
    assert!(bench.sent().is_empty());
    assert!(matches!(bench.events[..], [Event::Alert(_)]));
    bench.hear_body(3, &DeliverSmResp::default());
    assert_eq!((bench.session.counters().stray_responses, bench.closed()), (1, None));
}

#[test]
fn an_overfull_server_asks_to_slow_down() {
    let config = SessionConfig { inbound_window: 2, ..SessionConfig::default() };
    let mut bench = Bench::server(config, CommandId::BIND_TRANSCEIVER);
    for sequence in 1..=3 {
        bench.hear_body(sequence, &submit(b"x"));
    }
    assert_eq!(bench.sent()[0].status(), CommandStatus::RTHROTTLED);
    assert_eq!(bench.session.counters().overflowed, 1);
}

proptest! {
    /// Any mix of sending, answering in any order, silence and resizing: the window holds, and every token has
    /// exactly one fate.
    #[test]
    fn every_request_has_exactly_one_fate(
        steps in proptest::collection::vec((0u8..5, any::<u16>()), 1..200),
    ) {
        let mut bench = Bench::client(SessionConfig {
            enquire_link: None,
            response: 3 * S,
            ..config(4)
        });
        let (mut next, mut open) = (0u64, Vec::new());
        for (step, pick) in steps {
            match step {
                0 | 1 => {
                    let count = u64::from(pick % 7);
                    let unsent = bench.submit(next..next + count).len() as u64;
                    next += count - unsent;
                    open.extend(bench.sent().iter().map(RawPdu::sequence));
                }
                2 if !open.is_empty() => {
                    let sequence = open.swap_remove(usize::from(pick) % open.len());
                    bench.answer_to(sequence, b"x");
                }
                3 => bench.pass(Duration::from_millis(u64::from(pick % 2_000))),
                _ => bench.session.set_window(u32::from(pick % 40), bench.now),
            }
            let room = bench.session.room();
            prop_assert!(room == 0 || room + bench.session.in_flight() == bench.session.window());
        }
        bench.session.close(CloseReason::PeerClosed, &mut bench.events);
        let mut fates: Vec<u64> = bench.events.iter().filter_map(|event| match event {
            Event::Response { token, .. } | Event::Failed { token, .. } => Some(*token),
            _ => None,
        }).collect();
        fates.sort_unstable();
        prop_assert_eq!(fates, (0..next).collect::<Vec<_>>());
    }
}
