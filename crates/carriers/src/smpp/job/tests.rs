//! Outcomes of one submission for all kinds of responses.

use testkit::carrier_conformance::{LONG, key, with_text};

use super::*;

fn job(accepted: Vec<u16>) -> Job {
    let whole = with_text(key(1), "4520123456".parse().unwrap(), LONG);
    let submission = Submission { accepted, ..whole };
    Job::new(submission, &Profile::default()).unwrap()
}

fn context() -> OutcomeContext {
    let throttled_wait = Duration::from_secs(1);
    OutcomeContext { taken: End::Accepted, throttled_wait, unknown_is_final: false }
}

fn ended(answers: [Result<&str, NotAccepted>; 3]) -> Outcome {
    let mut job = job(vec![]);
    assert_eq!(job.send().map(|(at, _)| at).collect::<Vec<_>>(), [0, 1, 2]);
    for (at, answer) in (0..).zip(answers) {
        assert!(!job.is_answered());
        job.answer(at, answer.map(str::to_owned));
    }
    assert!(job.is_answered());
    job.outcome(&CarrierName::new("main"), context())
}

fn refused() -> NotAccepted {
    NotAccepted::Refused { reason: Reason::BadDestination, code: "smpp:0x0000000b".to_owned() }
}

#[test]
fn the_worst_part_decides_and_accepted_parts_are_listed() {
    let deferred = |reason| End::Deferred { reason, wait: None, code: None };
    let throttled =
        End::Deferred { reason: Reason::Throttled, wait: Some(Duration::from_secs(1)), code: None };
    for (answers, end, taken) in [
        ([Ok("a"), Ok("b"), Ok("c")], End::Accepted, 3),
        ([Ok("a"), Err(NotAccepted::NoAnswer), Ok("c")], deferred(Reason::NoAnswer), 2),
        ([Err(NotAccepted::Throttled), Ok("b"), Ok("c")], throttled, 2),
        (
            [Err(NotAccepted::Busy), Err(NotAccepted::NotSent), Ok("c")],
            deferred(Reason::CarrierBusy),
            1,
        ),
        (
            [Ok("a"), Err(NotAccepted::NotSent), Err(NotAccepted::NotSent)],
            deferred(Reason::LinkDown),
            1,
        ),
    ] {
        let outcome = ended(answers);
        assert_eq!((outcome.end, outcome.accepted.len(), outcome.parts), (end, taken, 3));
    }
    let code = || "smpp:0x00000410".to_owned();
    let (another, unknown) =
        (NotAccepted::Another { code: code() }, NotAccepted::Unknown { code: code() });
    let try_another = End::TryAnother { reason: Reason::Refused, code: code() };
    for (answers, end) in [
        ([Ok("a"), Err(unknown.clone()), Err(another.clone())], try_another),
        ([Err(another), Err(NotAccepted::NoAnswer), Ok("c")], deferred(Reason::NoAnswer)),
        ([Err(unknown), Err(NotAccepted::Throttled), Ok("c")], deferred(Reason::CarrierBusy)),
    ] {
        assert_eq!(ended(answers).end, end);
    }
    let outcome = ended([Err(NotAccepted::NoAnswer), Err(refused()), Ok("c")]);
    assert!(matches!(outcome.end, End::Refused { reason: Reason::BadDestination, .. }));
    assert_eq!(outcome.accepted, [AcceptedPart { part: 3, carrier_id: "c".to_owned() }]);
}

#[test]
fn a_part_accepted_earlier_is_not_sent_again() {
    let mut job = job(vec![2]);
    assert_eq!(job.waiting(), (2, 2));
    assert_eq!(job.send().map(|(at, _)| at).collect::<Vec<_>>(), [0, 2]);
    job.answer(0, Ok("a".to_owned()));
    job.answer(2, Err(NotAccepted::Throttled));
    assert!(job.retry_if_only_throttled());
    assert_eq!(job.send().map(|(at, _)| at).collect::<Vec<_>>(), [2]);
    job.answer(2, Ok("c".to_owned()));
    assert!(!job.retry_if_only_throttled());
    let outcome = job.outcome(&CarrierName::new("main"), context());
    assert_eq!((outcome.end, outcome.accepted.len()), (End::Accepted, 2));
}

#[test]
fn an_unknown_status_is_final_only_if_nothing_else_decides() {
    let unknown = || NotAccepted::Unknown { code: "smpp:0x00000410".to_owned() };
    let answered = |other: Result<&str, NotAccepted>| {
        let mut job = job(vec![]);
        assert_eq!(job.send().count(), 3);
        job.answer(0, Err(unknown()));
        job.answer(1, other.map(str::to_owned));
        job.answer(2, Ok("c".to_owned()));
        job
    };
    assert!(answered(Ok("b")).has_unknown_status());
    assert!(answered(Err(NotAccepted::Busy)).has_unknown_status());
    for decided in [NotAccepted::NoAnswer, NotAccepted::Another { code: String::new() }, refused()]
    {
        assert!(!answered(Err(decided)).has_unknown_status());
    }
    let last = OutcomeContext { unknown_is_final: true, ..context() };
    let outcome = answered(Ok("b")).outcome(&CarrierName::new("main"), last);
    assert!(matches!(outcome.end, End::Refused { reason: Reason::Refused, .. }));
    assert_eq!(outcome.accepted.len(), 2);
}

#[test]
fn debug_output_of_a_job_has_no_text_and_no_number() {
    let shown = format!("{:?}", job(vec![]));
    assert!(!shown.contains("Rødovre") && !shown.contains("4520123456"), "{shown}");
}

#[test]
fn a_submission_with_all_parts_accepted_is_not_sent() {
    let whole = with_text(key(1), "4520123456".parse().unwrap(), LONG);
    let submission = Submission { accepted: vec![1, 2, 3], ..whole };
    let end = Job::new(submission, &Profile::default()).unwrap_err();
    assert_eq!(end, (key(1), 3, End::Accepted));
}
