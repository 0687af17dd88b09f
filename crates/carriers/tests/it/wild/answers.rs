//! Answers in the wrong order, and answers after their time.

use std::time::Duration;

use domain::ports::End;
use domain::reason::Reason;
use serde_json::json;
use testkit::carrier_conformance::{Running, key};

use super::centre::{Centre, Mood, id_of};
use super::{Feeder, Log, assert_quick, number, outcome_of, pass_until};
use crate::smpp::{carrier, deferred};

const COUNT: u32 = 2_000;

#[tokio::test(start_paused = true)]
async fn answers_from_the_end_to_the_beginning_find_their_messages() {
    let log = Log::listen();
    let centre = Centre::open(Mood::Backwards).await;
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
    assert!(centre.books().taken.values().all(|times| *times == 1));
    log.assert_lines(2);
}

/// Half a second after every deadline, for a thousand messages: each ends as *no answer*, is told
/// as taken once its answer comes, and nothing is counted for another.
#[tokio::test(start_paused = true)]
async fn answers_after_their_time_are_told_for_whom_they_are() {
    const TARDY: u32 = 500;
    let log = Log::listen();
    let centre = Centre::open(Mood::Late(Duration::from_millis(1_500))).await;
    let other = Centre::open(Mood::Well).await;
    let running =
        Running::up(carrier(centre.port, json!({ "window": 100, "response_timeout_s": 1 }))).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;
    let feeder = Feeder::begin(&running, 0..TARDY);
    let late = || running.inbox.outcomes().iter().filter(|told| told.end == End::Late).count();
    for second in 0..5 {
        let some = || late() > second * 50;
        pass_until("late answers", Duration::from_secs(5), some).await;
        assert_quick(&quick, 10_000 + u32::try_from(second).unwrap()).await;
    }
    pass_until("late answers", Duration::from_secs(30), || late() == TARDY as usize).await;
    assert_eq!(feeder.handed(), TARDY as usize);
    let told = running.inbox.outcomes();
    let (late, ended): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|outcome| outcome.end == End::Late);
    for at in 0..TARDY {
        assert_eq!(outcome_of(&ended, key(at)).end, deferred(Reason::NoAnswer));
        let taken = &outcome_of(&late, key(at)).accepted;
        assert_eq!((taken.len(), &taken[0].carrier_id), (1, &id_of(&number(at))));
    }
    assert!(running.carrier.status().up, "slow is not dead");

    centre.mood(Mood::Well);
    let _feeder = Feeder::begin(&running, 20_000..20_000 + COUNT);
    let taken = || {
        let outcomes = running.inbox.outcomes();
        outcomes.iter().filter(|outcome| outcome.end == End::Accepted).count() == COUNT as usize
    };
    pass_until("everything as before", Duration::from_secs(5), taken).await;
    log.assert_lines(4);
}
