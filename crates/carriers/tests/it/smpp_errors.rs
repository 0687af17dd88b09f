//! Outcomes of messages and links when the carrier refuses.

use std::time::Duration;

use domain::ports::{End, SubmissionKey};
use domain::reason::Reason;
use serde_json::json;
use smpp::CommandStatus;
use testkit::carrier_conformance::{LONG, key, submission, until, with_text};

use crate::smpp::{answered, deferred, running, to};

#[tokio::test]
async fn throttling_pauses_the_link_and_nothing_is_lost_or_doubled() {
    let (open, running) = running(json!({ "window": 10 })).await;
    for number in 0..4 {
        open.centre.plan(&format!("45201050{number:02}"), &[CommandStatus::RTHROTTLED]);
    }
    let one = |number: u32| submission(key(number), to(&format!("45201050{number:02}")));
    running.carrier.submit((0..4).map(one).collect()).await;
    for outcome in running.inbox.wait_outcomes(4).await {
        assert_eq!(outcome.end, End::Accepted);
    }
    for number in 0..4 {
        let sent = open.centre.to(&format!("45201050{number:02}"));
        assert_eq!(sent.len(), 2);
        assert!(sent[1].at - sent[0].at >= Duration::from_millis(125), "it did not pause");
    }
}

#[tokio::test]
async fn a_full_queue_defers_its_message_and_no_other() {
    let (open, running) = running(json!({})).await;
    open.centre.plan("4520105000", &[CommandStatus::RMSGQFUL; 100]);
    let outcome = running.send(submission(key(1), to("4520105000"))).await;
    assert_eq!(outcome.end, answered(Reason::QueueFull, CommandStatus::RMSGQFUL));
    assert_eq!(open.centre.count(), 1);
    assert_eq!(running.send(submission(key(2), to("4520105001"))).await.end, End::Accepted);
}

#[tokio::test]
async fn lasting_throttling_defers_the_message() {
    let (open, running) = running(json!({})).await;
    open.centre.plan("4520123456", &[CommandStatus::RTHROTTLED; 100]);
    // The paused clock advances by itself, so that two minutes pass at once.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    running.carrier.submit(vec![submission(key(1), to("4520123456"))]).await;
    while running.inbox.outcomes().is_empty() && begun.elapsed() < Duration::from_secs(300) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let outcome = running.inbox.outcomes().remove(0);
    let End::Deferred { reason: Reason::Throttled, wait: Some(wait), code } = outcome.end else {
        panic!("{:?}", outcome.end)
    };
    assert_eq!((code.as_deref(), outcome.link), (Some("smpp:0x00000058"), Some(1)));
    assert!(wait > Duration::from_secs(1), "{wait:?}");
    assert!(begun.elapsed() >= Duration::from_secs(120), "{:?}", begun.elapsed());
    // Pauses double to 16 s.
    assert!((8..40).contains(&open.centre.count()), "{}", open.centre.count());
}

#[tokio::test]
async fn statuses_become_reasons_and_a_table_overrides_them() {
    let table = json!({ "errors": {
        "0x411": "bad_destination", "1042": "temporary", "0x413": "another", "0x414": "permanent",
    } });
    let (open, running) = running(table).await;
    let code = |code: &str| format!("smpp:0x{code}");
    let refused = |reason, text| End::Refused { reason, code: code(text) };
    let another = |text| End::TryAnother { reason: Reason::Refused, code: code(text) };
    for (number, status, end) in [
        (1, CommandStatus::RINVSRCADR, refused(Reason::BadSender, "0000000a")),
        (2, CommandStatus::RX_P_APPN, refused(Reason::Refused, "00000065")),
        (3, CommandStatus(0x414), refused(Reason::Refused, "00000414")),
        (4, CommandStatus(0x411), refused(Reason::BadDestination, "00000411")),
        (5, CommandStatus(0x412), answered(Reason::CarrierBusy, CommandStatus(0x412))),
        (6, CommandStatus::RSYSERR, answered(Reason::CarrierBusy, CommandStatus::RSYSERR)),
        (7, CommandStatus(0x413), another("00000413")),
        (8, CommandStatus::RPROHIBITED, another("00000101")),
    ] {
        let digits = format!("452012345{number}");
        open.centre.plan(&digits, &[status]);
        assert_eq!(running.send(submission(key(number), to(&digits))).await.end, end);
    }
}

/// Vendor-specific codes may be temporary or not.
#[tokio::test]
async fn an_unknown_status_is_retried_three_times_and_then_refused_with_its_code() {
    let (open, running) = running(json!({})).await;
    open.centre.plan("4520123456", &[CommandStatus(0x410); 3]);
    let mut ends = Vec::new();
    for attempt in 1..=3 {
        let key = SubmissionKey { attempt, ..key(1) };
        ends.push(running.send(submission(key, to("4520123456"))).await.end);
    }
    let code = "smpp:0x00000410".to_owned();
    let refused = End::Refused { reason: Reason::Refused, code };
    let busy = || answered(Reason::CarrierBusy, CommandStatus(0x410));
    assert_eq!(ends, [busy(), busy(), refused]);
}

#[tokio::test]
async fn a_refused_part_refuses_the_message_and_the_accepted_ones_are_listed() {
    let (open, running) = running(json!({})).await;
    open.centre.plan("4520123456", &[CommandStatus::ROK, CommandStatus::RX_P_APPN]);
    let outcome = running.send(with_text(key(1), to("4520123456"), LONG)).await;
    assert!(matches!(outcome.end, End::Refused { reason: Reason::Refused, .. }));
    let taken: Vec<u16> = outcome.accepted.iter().map(|part| part.part).collect();
    assert_eq!(taken, [1, 3]);
}

#[tokio::test]
async fn a_dead_bind_is_bound_again() {
    let (open, running) = running(json!({})).await;
    open.centre.plan("4520123456", &[CommandStatus::RINVBNDSTS]);
    let outcome = running.send(submission(key(1), to("4520123456"))).await;
    assert_eq!(outcome.end, deferred(Reason::LinkDown));
    until("another session", || open.centre.kinds.lock().unwrap().len() == 2).await;
    running.wait_up(true).await;
    let again = running.send(submission(key(2), to("4520123456"))).await;
    assert_eq!(again.end, End::Accepted);
}
