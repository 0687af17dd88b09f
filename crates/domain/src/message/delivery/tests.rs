//! The rules of outcomes, receipts and parts together: examples, and what holds whatever carriers say.

use proptest::prelude::*;
use uuid::Uuid;

use super::super::parts::PartState;
use super::super::receipt::{PartReceipt, ReceiptEffect};
use super::*;
use crate::id::MessageId;
use crate::limits::NO_ANSWERS_MAX;
use crate::ports::{AcceptedPart, ChunkId, End, Outcome, ReceiptState, SubmissionKey};
use crate::time::Timestamp;

const FIRST: &str = "first";
const SECOND: &str = "second";
/// Cuts the text otherwise than the first two.
const THIRD: &str = "third";

fn name(carrier: &str) -> CarrierName {
    CarrierName::new(carrier)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn new() -> Delivery {
    Delivery { status: RecipientStatus::new(RecipientState::Pending), parts: Vec::new() }
}

fn outcome(carrier: &str, attempt: u32, parts: u16, taken: &[u16], end: End) -> Outcome {
    let chunk = ChunkId { message: MessageId(Uuid::nil()), first: 0 };
    let accepted =
        taken.iter().map(|part| AcceptedPart { part: *part, carrier_id: format!("id-{part}") });
    Outcome {
        key: SubmissionKey { chunk, attempt, recipient: 0 },
        carrier: name(carrier),
        link: None,
        parts,
        accepted: accepted.collect(),
        end,
    }
}

fn deferred(reason: Reason) -> End {
    End::Deferred { reason, wait: None, code: None }
}

fn refused(reason: Reason) -> End {
    End::Refused { reason, code: "smpp:0x0b".to_owned() }
}

/// As the store records it: first the parts, then the end.
fn record(delivery: &mut Delivery, outcome: &Outcome, holds_lease: bool) {
    for accepted in &outcome.accepted {
        delivery.take_part(outcome, accepted.part, at(i64::from(outcome.key.attempt)));
    }
    delivery.apply_outcome(outcome, holds_lease, NO_ANSWERS_MAX);
}

fn receive(
    delivery: &mut Delivery,
    carrier: &str,
    part: u16,
    state: ReceiptState,
) -> ReceiptEffect {
    let receipt = PartReceipt { state, code: Some("042".to_owned()), at: at(99) };
    let effect = delivery.record_receipt(&name(carrier), part, &receipt);
    delivery.apply_parts();
    effect
}

/// A text of one part that the first carrier took and never reported on.
fn returned() -> Delivery {
    let mut delivery = new();
    record(&mut delivery, &outcome(FIRST, 1, 1, &[1], End::Accepted), true);
    delivery.return_unreceipted();
    assert_eq!(delivery.status.state, RecipientState::Pending);
    assert!(delivery.status.tried.contains(&name(FIRST)));
    delivery
}

#[test]
fn who_pays_for_a_text_is_handed_it_once() {
    let mut delivery = new();
    let unanswered = outcome(FIRST, 1, 1, &[], deferred(Reason::NoAnswer));
    delivery.apply_outcome(&unanswered, true, 1);
    assert_eq!(delivery.status.state, RecipientState::Submitted);
    assert_eq!(delivery.status.reason, Some(Reason::NoAnswer));
}

#[test]
fn is_delivered_when_all_parts_are() {
    let mut delivery = new();
    record(&mut delivery, &outcome(FIRST, 1, 2, &[1, 2], End::Accepted), true);
    receive(&mut delivery, FIRST, 2, ReceiptState::Delivered);
    assert_eq!(delivery.status.state, RecipientState::Submitted);
    receive(&mut delivery, FIRST, 1, ReceiptState::Delivered);
    assert_eq!(delivery.status.state, RecipientState::Success);
    let late = receive(&mut delivery, FIRST, 1, ReceiptState::Failed);
    assert_eq!(late, ReceiptEffect::Noted { contradicts: true });
    assert_eq!(receive(&mut delivery, FIRST, 1, ReceiptState::Failed), ReceiptEffect::Repeat);
}

#[test]
fn a_text_is_taken_until_its_only_carrier_reports_that_it_failed() {
    let mut delivery = new();
    assert!(!delivery.is_taken());
    record(&mut delivery, &outcome(FIRST, 1, 2, &[1], End::Accepted), true);
    assert!(!delivery.is_taken(), "a part is missing");
    let mut delivery = returned();
    assert!(delivery.is_taken());
    receive(&mut delivery, FIRST, 1, ReceiptState::Failed);
    for attempt in 2..2 + NO_ANSWERS_MAX {
        record(&mut delivery, &outcome(SECOND, attempt, 1, &[], deferred(Reason::NoAnswer)), true);
    }
    assert_eq!(delivery.status.state, RecipientState::Submitted);
    assert!(!delivery.is_taken(), "one failed, the other never confirmed it");
}

#[test]
fn fails_with_the_code_of_the_part_that_failed() {
    let mut delivery = new();
    record(&mut delivery, &outcome(FIRST, 1, 2, &[1, 2], End::Accepted), true);
    receive(&mut delivery, FIRST, 1, ReceiptState::Failed);
    let RecipientStatus { state, reason, code, .. } = delivery.status;
    assert_eq!((state, reason), (RecipientState::Failed, Some(Reason::Undelivered)));
    assert_eq!(code.as_deref(), Some("042"));
}

#[test]
fn an_earlier_carrier_delivers_and_fails_nothing() {
    for (state, expected) in [
        (ReceiptState::Delivered, RecipientState::Success),
        (ReceiptState::Failed, RecipientState::Submitted),
    ] {
        let mut delivery = returned();
        record(&mut delivery, &outcome(SECOND, 2, 1, &[1], End::Accepted), true);
        receive(&mut delivery, FIRST, 1, state);
        assert_eq!(delivery.status.state, expected);
    }
}

#[test]
fn nothing_fails_while_another_carrier_owes_a_receipt() {
    let mut delivery = returned();
    record(&mut delivery, &outcome(SECOND, 2, 1, &[], refused(Reason::Refused)), true);
    assert_eq!(delivery.status.state, RecipientState::Submitted);
    assert_eq!(delivery.status.tried.clone().into_names(), [name(SECOND)]);
    receive(&mut delivery, FIRST, 1, ReceiptState::Failed);
    assert_eq!(delivery.status.state, RecipientState::Failed);

    let mut delivery = returned();
    record(&mut delivery, &outcome(SECOND, 2, 1, &[], refused(Reason::HoldRanOut)), true);
    assert_eq!(delivery.status.state, RecipientState::Failed, "near the node's deadline");
}

#[test]
fn parts_on_their_way_at_two_carriers_are_not_one_text() {
    let mut delivery = new();
    record(&mut delivery, &outcome(FIRST, 1, 2, &[1], deferred(Reason::Throttled)), true);
    record(&mut delivery, &outcome(SECOND, 2, 2, &[2], deferred(Reason::Throttled)), true);
    assert_eq!(delivery.status.state, RecipientState::Pending);
    receive(&mut delivery, FIRST, 1, ReceiptState::Delivered);
    assert_eq!(delivery.status.state, RecipientState::Submitted, "the first part arrived");
    receive(&mut delivery, SECOND, 2, ReceiptState::Delivered);
    assert_eq!(delivery.status.state, RecipientState::Success);
}

#[test]
fn too_many_unanswered_claims_submit() {
    let mut delivery = new();
    for attempt in 1..=NO_ANSWERS_MAX {
        assert_eq!(delivery.status.state, RecipientState::Pending);
        let unanswered = outcome(FIRST, attempt, 1, &[], deferred(Reason::NoAnswer));
        record(&mut delivery, &unanswered, true);
        record(&mut delivery, &unanswered, true);
        assert_eq!(delivery.status.unanswered, attempt, "each claim counts once");
    }
    assert_eq!(delivery.status.state, RecipientState::Submitted);
    delivery.return_unreceipted();
    assert_eq!(delivery.status.state, RecipientState::Submitted, "nobody knows who has it");
}

#[test]
fn a_lost_lease_refuses_and_defers_nothing() {
    for end in [refused(Reason::Refused), deferred(Reason::Throttled)] {
        let mut delivery = new();
        record(&mut delivery, &outcome(FIRST, 1, 1, &[], end), false);
        assert_eq!(delivery.status, RecipientStatus::new(RecipientState::Pending));
    }
}

#[test]
fn a_blocked_recipient_stays_with_a_carrier_that_may_have_it() {
    for (mut delivery, in_doubt, expected) in [
        (new(), false, RecipientState::Blocked),
        (new(), true, RecipientState::Submitted),
        (returned(), false, RecipientState::Submitted),
    ] {
        delivery.block(in_doubt);
        assert_eq!(delivery.status.state, expected);
        assert_eq!(delivery.status.reason, Some(Reason::Blocked));
    }
}

#[test]
fn a_buyer_does_not_see_that_another_carrier_is_tried() {
    let mut delivery = returned();
    let mut before = RecipientStatus::new(RecipientState::Submitted);
    assert_eq!(delivery.shown_change(&before), None);
    before = delivery.status.clone();
    record(&mut delivery, &outcome(FIRST, 2, 1, &[], End::Accepted), true);
    assert_eq!(delivery.status.state, RecipientState::Submitted);
    assert_eq!(delivery.shown_change(&before), None, "it stays with the first after all");
    before = delivery.status.clone();
    receive(&mut delivery, FIRST, 1, ReceiptState::Delivered);
    let shown = Some((RecipientState::Submitted, RecipientState::Success));
    assert_eq!(delivery.shown_change(&before), shown);
}

#[test]
fn tried_carriers_are_stored_a_line_each() {
    let mut tried = TriedCarriers::default();
    assert_eq!(tried.stored(), None);
    for carrier in [FIRST, SECOND, FIRST] {
        tried.add(&name(carrier));
    }
    assert_eq!(tried.stored().as_deref(), Some("first\nsecond"));
    assert_eq!(TriedCarriers::from_stored(tried.stored().as_deref()), tried);
}

#[derive(Debug, Clone)]
enum Event {
    Outcome { outcome: Outcome, holds_lease: bool },
    Receipt { carrier: &'static str, part: u16, state: ReceiptState },
    Block { in_doubt: bool },
    Expire,
    TimeOut,
    Return,
}

fn carriers() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(FIRST), Just(SECOND), Just(THIRD)]
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Accepted),
        1 => Just(End::Delivered),
        1 => Just(refused(Reason::Refused)),
        1 => Just(refused(Reason::Expired)),
        1 => Just(End::TryAnother { reason: Reason::NoRoute, code: "no_route".to_owned() }),
        1 => Just(deferred(Reason::NoAnswer)),
        1 => Just(deferred(Reason::Throttled)),
        1 => Just(End::Late),
    ]
}

prop_compose! {
    fn outcomes()(
        carrier in carriers(), attempt in 1..4_u32,
        taken in prop::collection::vec(1..3_u16, 0..3), end in ends(),
    ) -> Outcome {
        let parts = if carrier == THIRD { 1 } else { 2 };
        let all: Vec<_> = (1..=parts).collect();
        let taken = match end {
            End::Accepted | End::Delivered => all,
            _ => taken.into_iter().filter(|part| *part <= parts).collect(),
        };
        outcome(carrier, attempt, parts, &taken, end)
    }
}

fn events() -> impl Strategy<Value = Event> {
    let states = prop::sample::select(ReceiptState::ALL);
    prop_oneof![
        4 => (outcomes(), any::<bool>())
            .prop_map(|(outcome, holds_lease)| Event::Outcome { outcome, holds_lease }),
        4 => (carriers(), 1..3_u16, states)
            .prop_map(|(carrier, part, state)| Event::Receipt { carrier, part, state }),
        1 => any::<bool>().prop_map(|in_doubt| Event::Block { in_doubt }),
        1 => Just(Event::Expire),
        1 => Just(Event::TimeOut),
        2 => Just(Event::Return),
    ]
}

fn apply(delivery: &mut Delivery, event: &Event) {
    match event {
        Event::Outcome { outcome, holds_lease } => record(delivery, outcome, *holds_lease),
        Event::Receipt { carrier, part, state } => drop(receive(delivery, carrier, *part, *state)),
        Event::Block { in_doubt } => delivery.block(*in_doubt),
        Event::Expire => delivery.expire(),
        Event::TimeOut => delivery.time_out(Reason::NoReceipt),
        Event::Return => delivery.return_unreceipted(),
    }
}

/// Some carrier has each part of the text, delivered by it or by another that cuts it alike.
fn arrived(delivery: &Delivery) -> bool {
    delivery.parts.iter().any(|of| {
        (1..=of.parts).all(|number| {
            delivery.parts.iter().any(|part| {
                part.part == number && part.parts == of.parts && part.state == PartState::Delivered
            })
        })
    })
}

proptest! {
    #[test]
    fn the_first_final_state_stays(events in prop::collection::vec(events(), 0..25)) {
        let (mut delivery, mut first_final) = (new(), None);
        for event in &events {
            apply(&mut delivery, event);
            let state = delivery.status.state;
            if state.is_final() {
                prop_assert_eq!(*first_final.get_or_insert(state), state);
            }
        }
    }

    #[test]
    fn a_repeat_changes_nothing(events in prop::collection::vec(events(), 0..25)) {
        let mut delivery = new();
        for event in &events {
            apply(&mut delivery, event);
            let once = delivery.clone();
            if matches!(event, Event::Outcome { .. } | Event::Receipt { .. }) {
                apply(&mut delivery, event);
                prop_assert_eq!(&delivery.parts, &once.parts);
                prop_assert_eq!(&delivery.status, &once.status);
            }
        }
    }

    #[test]
    fn only_what_arrived_is_delivered(events in prop::collection::vec(events(), 0..25)) {
        let mut delivery = new();
        for event in &events {
            let before = delivery.status.state;
            apply(&mut delivery, event);
            let by_carrier =
                matches!(event, Event::Outcome { outcome, .. } if outcome.end == End::Delivered);
            if before != delivery.status.state && delivery.status.state == RecipientState::Success {
                prop_assert!(by_carrier || arrived(&delivery));
            }
        }
    }

    /// A refusal, a failure, a block or its age ends no text that a carrier may still deliver.
    #[test]
    fn nothing_ends_while_a_carrier_owes_a_receipt(
        events in prop::collection::vec(events(), 0..25)
    ) {
        let mut delivery = new();
        for event in &events {
            let before = delivery.status.state;
            apply(&mut delivery, event);
            let state = delivery.status.state;
            let ended_badly = matches!(
                state,
                RecipientState::Failed | RecipientState::Expired | RecipientState::Blocked
            );
            if before != state && ended_badly {
                prop_assert!(delivery.awaiting_receipt().is_none());
            }
        }
    }

    #[test]
    fn what_a_carrier_took_is_paid_for_whatever_it_was_before(
        events in prop::collection::vec(events(), 0..25)
    ) {
        let mut delivery = new();
        for event in &events {
            let before = delivery.status.state;
            apply(&mut delivery, event);
            let whole = delivery.parts.iter().any(|part| delivery.is_whole_at(part));
            prop_assert_eq!(
                delivery.was_taken(before),
                whole || before == RecipientState::Submitted
            );
        }
    }
}
