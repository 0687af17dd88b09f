//! The machine's timers, and the orderly end of a session.

use smpp::pdu::*;
use std::time::Duration;

use bytes::BytesMut;
use smpp::session::*;
use smpp::{CommandId, CommandStatus};

use super::{Bench, S, config};

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
fn a_missing_enquire_link_resp_ends_the_session_and_reports_open_requests() {
    let mut bench = Bench::client(SessionConfig { response: 40 * S, ..config(5) });
    bench.pass(30 * S);
    bench.submit(0..2);
    bench.pass(40 * S);
    assert_eq!(bench.closed(), Some(CloseReason::EnquireLinkTimeout));
    let failed: Vec<u64> = bench
        .events
        .iter()
        .map(|event| match event {
            Event::Failed { token, .. } => *token,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(failed, [0, 1]);
}

#[test]
fn any_pdu_proves_the_peer_alive() {
    let config = SessionConfig { response: 60 * S, ..config(5) };
    let mut bench = Bench::client(config);
    // Never answers an enquire_link, but sends a PDU once a minute.
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
fn an_incomplete_pdu_times_out() {
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
    assert_eq!(bench.submit(5..6).len(), 1, "a draining session accepted a request");
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
fn a_drain_has_a_time_limit() {
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
fn the_peers_unbind_waits_for_open_requests_of_both_sides() {
    let mut bench = Bench::client(config(20));
    bench.submit(0..10);
    bench.hear_body(50, &DeliverSm::default());
    let Some(Event::Request { ticket, .. }) = bench.events.pop() else { panic!() };
    bench.sent();
    bench.hear(CommandId::UNBIND, CommandStatus::ROK, 51);
    bench.hear_body(52, &DeliverSm::default());
    assert_eq!(bench.sent()[0].status(), CommandStatus::RINVBNDSTS, "accepted after its unbind");
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
fn timers_stand_still_while_the_peer_is_not_read() {
    let mut bench =
        Bench::client(SessionConfig { inactivity: Some(50 * S), stall: 40 * S, ..config(5) });
    bench.submit(0..1);
    bench.sent();
    // Half a PDU lies in the input.
    let mut input = BytesMut::from(&b"\0\0\0\x10\0"[..]);
    bench.session.receive(&mut input, bench.now, &mut bench.events);
    bench.pass(20 * S);
    bench.session.stop_reading(bench.now);
    assert_eq!(bench.session.deadline(), None);
    for _ in 0..100 {
        bench.pass(60 * S);
    }
    assert!(bench.events.is_empty() && bench.sent().is_empty(), "{:?}", bench.events);
    assert_eq!(bench.closed(), None);
    assert_eq!(bench.session.resume_reading(bench.now), 6_000 * S);
    // Ten seconds are left of the response timer, and of enquire_link's.
    assert_eq!(bench.session.deadline(), Some(bench.now + 10 * S));
    bench.pass(9 * S);
    assert!(bench.events.is_empty() && bench.sent().is_empty());
    bench.pass(S);
    assert!(matches!(bench.events[..], [Event::Failed { token: 0, why: Failure::NoResponse }]));
    assert_eq!(bench.sent()[0].id(), CommandId::ENQUIRE_LINK);
}

#[test]
fn answers_and_requests_are_sent_while_the_peer_is_not_read_and_an_unbind_drains_in_time() {
    let mut bench = Bench::client(config(5));
    bench.hear_body(1, &DeliverSm::default());
    bench.session.stop_reading(bench.now);
    bench.submit(0..1);
    let Event::Request { ticket, .. } = bench.events.remove(0) else { panic!("no request") };
    let mut answers = Answers::new();
    answers.deliver(ticket, CommandStatus::ROK);
    bench.session.answer(&answers, bench.now);
    let sent: Vec<_> = bench.sent().iter().map(RawPdu::id).collect();
    assert_eq!(sent, [CommandId::SUBMIT_SM, CommandId::DELIVER_SM_RESP]);
    bench.session.unbind(bench.now, &mut bench.events);
    assert_eq!(bench.session.deadline(), Some(bench.now + 5 * S));
    bench.pass(5 * S);
    assert_eq!(bench.sent()[0].id(), CommandId::UNBIND);
}

#[test]
fn a_delivery_that_crosses_our_unbind_is_accepted() {
    let mut bench = Bench::client(config(1));
    bench.session.unbind(bench.now, &mut bench.events);
    assert_eq!(bench.sent()[0].id(), CommandId::UNBIND);
    bench.hear_body(7, &DeliverSm::default());
    assert!(matches!(bench.events[..], [Event::Request { .. }]));
    assert!(bench.sent().is_empty());
}
