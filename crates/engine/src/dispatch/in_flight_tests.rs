//! Chunks in flight: their outcomes and how they end.

use domain::id::MessageId;
use domain::ports::{AcceptedPart, SubmissionKey};
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);
const CHUNK: ChunkId = ChunkId { message: MessageId(Uuid::from_u128(16)), first: 2_000 };
const HOLDER: Holder = (Lane::Bulk, None);
const WAIT: Duration = Duration::from_secs(600);

fn outcome(attempt: u32, recipient: u32, end: End) -> Outcome {
    Outcome {
        key: SubmissionKey { chunk: CHUNK, attempt, recipient: 2_000 + recipient },
        carrier: CarrierName::new("main"),
        link: None,
        parts: 1,
        accepted: vec![],
        end,
    }
}

fn try_another() -> End {
    End::TryAnother { reason: Reason::Refused, code: "smpp:0x00000400".to_owned() }
}

fn begin(recipients: u32, others: bool, receipt_wait: Option<Duration>) -> InFlight {
    let mut work = InFlight::default();
    let handed: Vec<_> = (2_000..2_000 + recipients)
        .map(|recipient| Handed { recipient, others, receipt_wait })
        .collect();
    work.begin(CHUNK, 2, HOLDER, &handed, None, NOW);
    work
}

fn in_flight(recipients: u32) -> InFlight {
    begin(recipients, false, None)
}

fn note(work: &mut InFlight, outcomes: impl Into<Vec<Outcome>>) -> Vec<ChunkEnded> {
    work.note(&mut outcomes.into(), NOW, drop)
}

#[test]
fn a_chunk_is_done_when_every_recipient_has_its_outcome() {
    let mut work = in_flight(2);
    assert_eq!(note(&mut work, [outcome(2, 0, End::Accepted)]), []);
    assert_eq!(note(&mut work, [outcome(2, 0, End::Accepted)]), [], "a repeat does not count");
    assert_eq!(note(&mut work, [outcome(2, 1, End::Late)]), [], "nor does a late one");
    let ended = note(&mut work, [outcome(2, 1, End::Delivered)]);
    assert_eq!(ended, [(CHUNK, 2, ChunkEnd::Done)]);
    assert_eq!(work.len(), 1, "it stays until its end is recorded");
    work.end(&ended);
    assert!(work.is_idle());
}

#[test]
fn nobody_waits_for_the_morning_of_others() {
    let deferred = |reason, seconds| End::Deferred {
        reason,
        wait: Some(Duration::from_secs(seconds)),
        code: None,
    };
    let night = || deferred(Reason::QuietHours, 36_000);
    for order in
        [[night(), deferred(Reason::CarrierBusy, 20)], [deferred(Reason::CarrierBusy, 20), night()]]
    {
        let mut work = in_flight(2);
        let outcomes: Vec<_> = (0..).zip(order).map(|(at, end)| outcome(2, at, end)).collect();
        let ended = note(&mut work, outcomes);
        let [(_, _, ChunkEnd::Retry { at, .. })] = ended[..] else { panic!("{ended:?}") };
        assert!(at.since(NOW) < Duration::from_secs(60), "{at:?}");
    }
}

#[test]
fn one_deferred_recipient_brings_the_chunk_back() {
    let mut work = in_flight(2);
    let deferred = End::Deferred { reason: Reason::Throttled, wait: None, code: None };
    let ended = note(&mut work, [outcome(2, 0, deferred), outcome(2, 1, End::Accepted)]);
    let [(CHUNK, 2, ChunkEnd::Retry { at, reason: Reason::Throttled })] = ended[..] else {
        panic!("{ended:?}")
    };
    let wait = at.since(NOW);
    assert!((2_000..2_400).contains(&wait.as_millis()), "{wait:?}");
}

#[test]
fn one_deferred_recipient_does_not_keep_the_others_from_another_carrier() {
    let wait = Duration::from_secs(60);
    let mut work = begin(2, true, Some(wait));
    let night = Some(Duration::from_secs(36_000));
    let deferred = End::Deferred { reason: Reason::QuietHours, wait: night, code: None };
    let ended = note(&mut work, [outcome(2, 0, deferred), outcome(2, 1, End::Accepted)]);
    let [(CHUNK, 2, ChunkEnd::RetryAndAwait { reason: Reason::QuietHours, until, .. })] = ended[..]
    else {
        panic!("{ended:?}")
    };
    assert_eq!(until, NOW.after(wait));
}

#[test]
fn outcomes_of_an_earlier_claim_do_not_count() {
    let mut work = in_flight(1);
    assert_eq!(note(&mut work, [outcome(1, 0, End::Accepted)]), []);
    assert_eq!(work.len(), 1);
}

#[test]
fn a_claim_of_what_is_in_work_hands_nothing_over_again_and_ends_under_the_new_lease() {
    let mut work = in_flight(1);
    assert!(work.adopt(CHUNK, 3));
    assert!(!work.adopt(ChunkId { first: 0, ..CHUNK }, 3));
    let ended = note(&mut work, [outcome(2, 0, End::Accepted)]);
    assert_eq!(ended, [(CHUNK, 3, ChunkEnd::Done)]);
}

#[test]
fn a_carriers_places_are_freed_with_its_chunks() {
    let (mut work, main) = (in_flight(2), CarrierName::new("main"));
    work.occupy(CHUNK, &main, 2);
    assert_eq!(work.places[&main], [0, 2]);
    let ended = note(&mut work, [outcome(2, 0, End::Accepted), outcome(2, 1, End::Accepted)]);
    work.end(&ended);
    assert_eq!(work.places[&main], [0, 0]);
}

#[test]
fn a_stalled_chunk_is_let_go() {
    let mut work = in_flight(1);
    assert_eq!(work.leases(Timestamp::default()), [(CHUNK, 2)]);
    assert_eq!(work.leases(NOW), []);
    assert!(work.is_idle());
}

#[test]
fn another_carrier_is_tried_at_once_if_there_is_one() {
    let mut outcomes = [outcome(2, 0, try_another())];
    let ended = begin(1, true, None).note(&mut outcomes, NOW, drop);
    let again = ChunkEnd::Retry { at: NOW, reason: Reason::Refused };
    assert_eq!(ended, [(CHUNK, 2, again)]);
    assert_eq!(outcomes[0].end, try_another());
}

#[test]
fn the_last_carriers_word_is_the_refusal() {
    let mut outcomes = [outcome(2, 0, try_another())];
    let ended = begin(1, false, None).note(&mut outcomes, NOW, drop);
    assert_eq!(ended, [(CHUNK, 2, ChunkEnd::Done)]);
    let code = "smpp:0x00000400".to_owned();
    assert_eq!(outcomes[0].end, End::Refused { reason: Reason::Refused, code });
}

#[test]
fn a_carrier_that_took_a_part_is_the_last() {
    let mut half = outcome(2, 0, try_another());
    half.accepted = vec![AcceptedPart { part: 1, carrier_id: "a".to_owned() }];
    let mut outcomes = [half];
    begin(1, true, None).note(&mut outcomes, NOW, drop);
    assert!(matches!(outcomes[0].end, End::Refused { .. }));
}

#[test]
fn receipts_are_waited_for_where_there_is_another_carrier() {
    let accepted = || [outcome(2, 0, End::Accepted)];
    let until = NOW.after(WAIT);
    let ended = note(&mut begin(1, true, Some(WAIT)), accepted());
    assert_eq!(ended, [(CHUNK, 2, ChunkEnd::AwaitReceipts { until })]);
    assert_eq!(note(&mut begin(1, true, None), accepted()), [(CHUNK, 2, ChunkEnd::Done)]);
    let refused = End::Refused { reason: Reason::BadDestination, code: String::new() };
    let ended = note(&mut begin(1, true, Some(WAIT)), [outcome(2, 0, refused)]);
    assert_eq!(ended, [(CHUNK, 2, ChunkEnd::Done)]);
}

#[test]
fn receipts_of_an_earlier_claim_are_waited_for_too() {
    let mut work = InFlight::default();
    let handed = [Handed { recipient: 2_000, others: false, receipt_wait: None }];
    work.begin(CHUNK, 2, HOLDER, &handed, Some(WAIT), NOW);
    let ended = note(&mut work, [outcome(2, 0, End::Delivered)]);
    assert_eq!(ended, [(CHUNK, 2, ChunkEnd::AwaitReceipts { until: NOW.after(WAIT) })]);
}

#[test]
fn what_a_carrier_has_not_answered_is_counted() {
    let mut work = in_flight(3);
    let main = CarrierName::new("main");
    work.occupy(CHUNK, &main, 3);
    let of = |work: &InFlight| work.unanswered().get(&main).map(|(count, _)| *count);
    assert_eq!(of(&work), Some(3));
    let mut answered = 0;
    let mut outcomes = [outcome(2, 0, End::Accepted), outcome(2, 0, End::Accepted)];
    work.note(&mut outcomes, NOW, |_| answered += 1);
    assert_eq!((of(&work), answered), (Some(2), 1), "a repeat is no answer");
    let mut others = [1, 2].map(|recipient| outcome(2, recipient, End::Accepted));
    work.note(&mut others, NOW, |_| answered += 1);
    assert_eq!((of(&work), answered), (None, 3));
}
