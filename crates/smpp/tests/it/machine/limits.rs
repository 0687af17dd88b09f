//! Unmatched responses, sequence numbers, invalid limits, and a bind that is decided too late.

use smpp::pdu::*;
use smpp::session::*;
use smpp::{CommandId, CommandStatus};
use std::time::Duration;

use super::{Bench, config};
use crate::loopback::submit;

#[test]
fn unmatched_responses_are_counted_and_harmless() {
    let mut bench = Bench::client(config(3));
    bench.submit(0..2);
    bench.sent();
    // Never sent, of another kind than the request, and answered twice.
    for sequence in [0, 1, 999, 0x7FFF_FFFF, u32::MAX] {
        bench.answer_to(sequence, b"x");
    }
    bench.hear_body(2, &DataSmResp::default());
    bench.answer_to(2, b"first");
    bench.answer_to(2, b"second");
    assert_eq!((bench.events.len(), bench.session.in_flight()), (1, 1));
    assert_eq!(bench.session.counters().stray_responses, 7);
    assert!(bench.sent().is_empty(), "a response was answered");
}

#[test]
fn answers_repeat_any_sequence_number_of_the_peer() {
    let mut bench = Bench::server(SessionConfig::default(), CommandId::BIND_TRANSCEIVER);
    let numbers = [0, 1, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    for sequence in numbers {
        bench.hear_body(sequence, &submit(b"x"));
    }
    let mut answers = Answers::new();
    for event in bench.events.drain(..) {
        let Event::Request { ticket, .. } = event else { panic!("{event:?}") };
        answers.submitted(ticket, b"id").unwrap();
    }
    bench.session.answer(&answers, bench.now);
    let answered: Vec<u32> = bench.sent().iter().map(RawPdu::sequence).collect();
    assert_eq!(answered, numbers);
}

#[test]
fn invalid_limits_are_clamped() {
    for window in [0, u32::MAX] {
        let mut bench = Bench::client(SessionConfig {
            window,
            inbound_window: 0,
            enquire_link: Some(Duration::ZERO),
            inactivity: Some(Duration::ZERO),
            response: Duration::ZERO,
            stall: Duration::ZERO,
            pdu_octets_max: 0,
            first_sequence: 0,
            ..SessionConfig::default()
        });
        assert!((1..=WINDOW_MAX).contains(&bench.session.window()));
        bench.submit(0..3);
        assert!(!bench.sent().is_empty());
        bench.hear_body(9, &DeliverSm::default());
        assert!(matches!(bench.events[..], [Event::Request { .. }]));
        let wake = bench.session.deadline().unwrap();
        assert!(wake > bench.now, "a timer fires continuously");
    }
}

#[test]
fn a_bind_decided_after_the_end_does_not_reopen_the_session() {
    for accept in [true, false] {
        let mut bench = Bench::open(Role::Server, SessionConfig::default());
        bench.hear_body(1, &BindTransceiver::default());
        // The peer unbinds before the bind is decided.
        bench.hear(CommandId::UNBIND, CommandStatus::ROK, 2);
        assert_eq!(bench.closed(), Some(CloseReason::PeerUnbound));
        if accept {
            bench.session.accept_bind(b"smsc", 0x34).unwrap();
        } else {
            bench.session.refuse_bind(CommandStatus::RBINDFAIL, &mut bench.events);
        }
        assert_eq!(bench.closed(), Some(CloseReason::PeerUnbound));
        let said: Vec<CommandId> = bench.sent().iter().map(RawPdu::id).collect();
        assert_eq!(said, [CommandId::UNBIND_RESP]);
    }
}
