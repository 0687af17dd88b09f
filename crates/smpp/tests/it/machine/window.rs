//! The window: its size, order, tombstones, wrap-around, and exactly one outcome for every request.

use smpp::pdu::*;
use std::time::Duration;

use proptest::prelude::*;
use smpp::session::*;
use smpp::{CommandId, CommandStatus};

use super::{Bench, S, config};

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
fn a_timed_out_request_leaves_a_tombstone_for_its_late_response() {
    let mut bench = Bench::client(config(1));
    let mut rest = bench.submit(0..2);
    let first = bench.sent().remove(0).sequence();
    bench.pass(30 * S);
    assert_eq!(bench.events, [Event::Failed { token: 0, why: Failure::NoResponse }]);
    bench.session.send(&mut rest, bench.now);
    bench.sent();
    bench.answer_to(first, b"late");
    assert!(matches!(bench.events[1], Event::LateResponse { token: 0, .. }));
    assert_eq!(bench.session.in_flight(), 1, "the late response freed the slot of another request");
    bench.answer_to(first, b"again");
    let counters = bench.session.counters();
    assert_eq!((counters.late_responses, counters.stray_responses), (1, 1));
}

#[test]
fn a_throttled_response_frees_its_slot_and_reports_its_status() {
    let mut bench = Bench::client(config(2));
    bench.submit(0..2);
    bench.hear(CommandId::SUBMIT_SM_RESP, CommandStatus::RTHROTTLED, 2);
    let Event::Response { token: 0, pdu, .. } = &bench.events[0] else { panic!() };
    assert!(pdu.status().is_throttling());
    assert_eq!(bench.session.room(), 1);
}

#[test]
fn sequence_numbers_wrap_and_are_never_zero() {
    let mut bench = Bench::client(SessionConfig { first_sequence: SEQUENCE_MAX - 2, ..config(10) });
    bench.submit(0..5);
    let sequences: Vec<u32> = bench.sent().iter().map(RawPdu::sequence).collect();
    assert_eq!(sequences, [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1, 2, 3]);
    for sequence in sequences {
        bench.answer_to(sequence, b"x");
    }
    assert_eq!((bench.session.in_flight(), bench.events.len()), (0, 5));
}

proptest! {
    /// Any mix of sending, answering in any order, silence and resizing: the window is respected, and every token has
    /// exactly one outcome.
    #[test]
    fn every_request_has_exactly_one_outcome(
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
