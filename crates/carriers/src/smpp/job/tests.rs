//! One submission, answered in every way.

use testkit::carrier_conformance::{LONG, key, with_text};

use super::*;

fn job(accepted: Vec<u16>) -> Job {
    let whole = with_text(key(1), "4520123456".parse().unwrap(), LONG);
    let submission = Submission { accepted, ..whole };
    Job::new(submission, &Profile::default()).unwrap()
}

fn terms() -> Terms {
    let throttled_wait = Duration::from_secs(1);
    Terms { taken: End::Accepted, throttled_wait, unknown_is_final: false }
}

fn ended(answers: [Result<&str, NotTaken>; 3]) -> Outcome {
    let mut job = job(vec![]);
    assert_eq!(job.send().map(|(at, _)| at).collect::<Vec<_>>(), [0, 1, 2]);
    for (at, answer) in (0..).zip(answers) {
        assert!(!job.is_answered());
        job.answer(at, answer.map(str::to_owned));
    }
    assert!(job.is_answered());
    job.outcome(&CarrierName::new("main"), terms())
}

fn refused() -> NotTaken {
    NotTaken::Refused { reason: Reason::BadDestination, code: "smpp:0x0000000b".to_owned() }
}

#[test]
fn the_gravest_part_decides_and_taken_parts_are_told() {
    let deferred = |reason| End::Deferred { reason, wait: None };
    let throttled = End::Deferred { reason: Reason::Throttled, wait: Some(Duration::from_secs(1)) };
    for (answers, end, taken) in [
        ([Ok("a"), Ok("b"), Ok("c")], End::Accepted, 3),
        ([Ok("a"), Err(NotTaken::NoAnswer), Ok("c")], deferred(Reason::NoAnswer), 2),
        ([Err(NotTaken::Throttled), Ok("b"), Ok("c")], throttled, 2),
        ([Err(NotTaken::Busy), Err(NotTaken::NotSent), Ok("c")], deferred(Reason::CarrierBusy), 1),
        ([Ok("a"), Err(NotTaken::NotSent), Err(NotTaken::NotSent)], deferred(Reason::LinkDown), 1),
    ] {
        let outcome = ended(answers);
        assert_eq!((outcome.end, outcome.accepted.len(), outcome.parts), (end, taken, 3));
    }
    let code = || "smpp:0x00000410".to_owned();
    let (another, unknown) =
        (NotTaken::Another { code: code() }, NotTaken::Unknown { code: code() });
    let try_another = End::TryAnother { reason: Reason::Refused, code: code() };
    for (answers, end) in [
        ([Ok("a"), Err(unknown.clone()), Err(another.clone())], try_another),
        ([Err(another), Err(NotTaken::NoAnswer), Ok("c")], deferred(Reason::NoAnswer)),
        ([Err(unknown), Err(NotTaken::Throttled), Ok("c")], deferred(Reason::CarrierBusy)),
    ] {
        assert_eq!(ended(answers).end, end);
    }
    let outcome = ended([Err(NotTaken::NoAnswer), Err(refused()), Ok("c")]);
    assert!(matches!(outcome.end, End::Refused { reason: Reason::BadDestination, .. }));
    assert_eq!(outcome.accepted, [AcceptedPart { part: 3, carrier_id: "c".to_owned() }]);
}

#[test]
fn a_part_taken_earlier_is_not_sent_again() {
    let mut job = job(vec![2]);
    assert_eq!(job.waiting(), (2, 2));
    assert_eq!(job.send().map(|(at, _)| at).collect::<Vec<_>>(), [0, 2]);
    job.answer(0, Ok("a".to_owned()));
    job.answer(2, Err(NotTaken::Throttled));
    assert!(job.again_if_only_throttled());
    assert_eq!(job.send().map(|(at, _)| at).collect::<Vec<_>>(), [2]);
    job.answer(2, Ok("c".to_owned()));
    assert!(!job.again_if_only_throttled());
    let outcome = job.outcome(&CarrierName::new("main"), terms());
    assert_eq!((outcome.end, outcome.accepted.len()), (End::Accepted, 2));
}

#[test]
fn an_unknown_status_is_final_only_where_nothing_else_decides() {
    let unknown = || NotTaken::Unknown { code: "smpp:0x00000410".to_owned() };
    let answered = |other: Result<&str, NotTaken>| {
        let mut job = job(vec![]);
        assert_eq!(job.send().count(), 3);
        job.answer(0, Err(unknown()));
        job.answer(1, other.map(str::to_owned));
        job.answer(2, Ok("c".to_owned()));
        job
    };
    assert!(answered(Ok("b")).is_puzzling());
    assert!(answered(Err(NotTaken::Busy)).is_puzzling());
    for decided in [NotTaken::NoAnswer, NotTaken::Another { code: String::new() }, refused()] {
        assert!(!answered(Err(decided)).is_puzzling());
    }
    let last = Terms { unknown_is_final: true, ..terms() };
    let outcome = answered(Ok("b")).outcome(&CarrierName::new("main"), last);
    assert!(matches!(outcome.end, End::Refused { reason: Reason::Refused, .. }));
    assert_eq!(outcome.accepted.len(), 2);
}

#[test]
fn a_job_that_is_shown_shows_no_text_and_no_number() {
    let shown = format!("{:?}", job(vec![]));
    assert!(!shown.contains("Rødovre") && !shown.contains("4520123456"), "{shown}");
}

#[test]
fn what_was_taken_whole_needs_no_sending() {
    let whole = with_text(key(1), "4520123456".parse().unwrap(), LONG);
    let submission = Submission { accepted: vec![1, 2, 3], ..whole };
    let end = Job::new(submission, &Profile::default()).unwrap_err();
    assert_eq!(end, (key(1), 3, End::Accepted));
}
