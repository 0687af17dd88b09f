//! What the machine answers by itself, refuses, counts and reports.

use smpp::pdu::*;
use smpp::session::*;
use smpp::{CommandId, CommandStatus};

use super::{Bench, config};
use crate::loopback::submit;

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
    assert_eq!(bench.sent().len(), 1, "a response was nacked");
}

#[test]
fn a_client_refuses_no_request_and_answers_enquire_link_while_its_caller_is_slow() {
    let mut bench =
        Bench::client(SessionConfig { window: 3, inbound_window: 5, ..Default::default() });
    bench.submit(0..9);
    bench.sent();
    for sequence in 1..=8 {
        bench.hear_body(sequence, &DeliverSm::default());
    }
    bench.hear(CommandId::ENQUIRE_LINK, CommandStatus::ROK, 9);
    let sent = bench.sent();
    assert_eq!((sent.len(), bench.session.unanswered()), (1, 8));
    assert_eq!((sent[0].id(), sent[0].sequence()), (CommandId::ENQUIRE_LINK_RESP, 9));
    let octets = bench.session.unanswered_octets();
    let mut answers = Answers::new();
    for event in bench.events.drain(..4) {
        let Event::Request { ticket, .. } = event else { panic!("{event:?}") };
        answers.deliver(ticket, CommandStatus::ROK);
    }
    bench.session.answer(&answers, bench.now);
    assert_eq!((bench.session.unanswered(), bench.session.unanswered_octets()), (4, octets / 2));
}

#[test]
fn interface_versions_are_reported_if_sent() {
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
        let tlvs = response.decode::<BindTransceiverResp<'_>>().unwrap().tlvs;
        assert_eq!(tlvs.get(tag::SC_INTERFACE_VERSION).is_some(), tlv, "{version:#x}");
    }
}

#[test]
fn congestion_is_read_from_any_response() {
    let mut bench = Bench::client(config(5));
    bench.submit(0..1);
    assert_eq!(bench.session.congestion(), None);
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(tag::CONGESTION_STATE, 95);
    bench.hear_body(2, &SubmitSmResp { message_id: b"1", tlvs: tlvs.tlvs() });
    assert_eq!(bench.session.congestion(), Some(95));
}

#[test]
fn a_transmitter_accepts_no_deliveries_and_a_receiver_no_submissions() {
    let mut bench = Bench::server(SessionConfig::default(), CommandId::BIND_RECEIVER);
    bench.hear_body(5, &submit(b"x"));
    assert_eq!(bench.sent()[0].status(), CommandStatus::RINVBNDSTS);
    let mut bench = Bench::server(SessionConfig::default(), CommandId::BIND_TRANSMITTER);
    bench.hear_body(5, &submit(b"x"));
    assert!(matches!(bench.events[..], [Event::Request { .. }]));
}

#[test]
fn outbind_and_alerts_are_harmless() {
    let mut bench = Bench::client(config(1));
    bench.hear_body(1, &Outbind::default());
    bench.hear_body(2, &AlertNotification::default());
    assert!(bench.sent().is_empty());
    assert!(matches!(bench.events[..], [Event::Alert(_)]));
    bench.hear_body(3, &DeliverSmResp::default());
    assert_eq!((bench.session.counters().stray_responses, bench.closed()), (1, None));
}

#[test]
fn an_overloaded_server_throttles() {
    let config = SessionConfig { inbound_window: 2, ..SessionConfig::default() };
    let mut bench = Bench::server(config, CommandId::BIND_TRANSCEIVER);
    for sequence in 1..=3 {
        bench.hear_body(sequence, &submit(b"x"));
    }
    assert_eq!(bench.sent()[0].status(), CommandStatus::RTHROTTLED);
    assert_eq!(bench.session.counters().overflowed, 1);
}
