//! Responses in the wrong order, and late responses.

use std::time::Duration;

use domain::ports::End;
use domain::reason::Reason;
use serde_json::json;
use testkit::carrier_conformance::{Running, key};

use super::centre::{Centre, Mode, id_of};
use super::{Feeder, Log, assert_quick, number, outcome_of, pass_until};
use crate::smpp::{carrier, deferred};

const COUNT: u32 = 2_000;

#[tokio::test(start_paused = true)]
async fn responses_in_reverse_order_match_their_messages() {
    let log = Log::listen();
    let centre = Centre::open(Mode::Backwards).await;
    let running = Running::up(carrier(centre.port, json!({ "window": 100 }))).await;
    let _feeder = Feeder::begin(&running, 0..COUNT);
    let all = || running.inbox.outcomes().len() >= COUNT as usize;
    pass_until("the end", Duration::from_secs(20), all).await;
    let outcomes = running.inbox.outcomes();
    for at in 0..COUNT {
        let outcome = outcome_of(&outcomes, key(at));
        assert_eq!(outcome.end, End::Accepted);
        assert_eq!(outcome.accepted[0].carrier_id, id_of(&number(at)));
    }
    assert!(centre.records().taken.values().all(|times| *times == 1));
    log.assert_lines(2);
}

/// Responses half a second after the deadline of 1,000 messages: each message ends as *no answer*, is reported as
/// accepted once its response comes, and none is mixed up.
#[tokio::test(start_paused = true)]
async fn late_responses_are_reported_for_their_own_messages() {
    const TARDY: u32 = 500;
    let log = Log::listen();
    let centre = Centre::open(Mode::Late(Duration::from_millis(1_500))).await;
    let other = Centre::open(Mode::Well).await;
    let running =
        Running::up(carrier(centre.port, json!({ "window": 100, "response_timeout_s": 1 }))).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;
    let feeder = Feeder::begin(&running, 0..TARDY);
    let late =
        || running.inbox.outcomes().iter().filter(|outcome| outcome.end == End::Late).count();
    for second in 0..5 {
        let some = || late() > second * 50;
        pass_until("late answers", Duration::from_secs(5), some).await;
        assert_quick(&quick, 10_000 + u32::try_from(second).unwrap()).await;
    }
    pass_until("late answers", Duration::from_secs(30), || late() == TARDY as usize).await;
    assert_eq!(feeder.handed(), TARDY as usize);
    let outcomes = running.inbox.outcomes();
    let (late, ended): (Vec<_>, Vec<_>) =
        outcomes.into_iter().partition(|outcome| outcome.end == End::Late);
    for at in 0..TARDY {
        assert_eq!(outcome_of(&ended, key(at)).end, deferred(Reason::NoAnswer));
        let taken = &outcome_of(&late, key(at)).accepted;
        assert_eq!((taken.len(), &taken[0].carrier_id), (1, &id_of(&number(at))));
    }
    assert!(running.carrier.status().up, "a slow link counted as down");

    centre.mode(Mode::Well);
    let _feeder = Feeder::begin(&running, 20_000..20_000 + COUNT);
    let taken = || {
        let outcomes = running.inbox.outcomes();
        outcomes.iter().filter(|outcome| outcome.end == End::Accepted).count() == COUNT as usize
    };
    pass_until("normal operation", Duration::from_secs(5), taken).await;
    log.assert_lines(4);
}
