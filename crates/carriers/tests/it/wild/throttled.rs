//! Centres that throttle: everything for a minute, and whatever comes too fast.

use std::time::Duration;

use domain::ports::End;
use serde_json::json;
use testkit::carrier_conformance::{LONG, Running, key, with_text};

use super::centre::{Centre, Mode};
use super::{Feeder, Log, assert_quick, number, outcome_of, pass, pass_until};
use crate::smpp::{carrier, to};

const WINDOW: u32 = 50;
const WAITING: u32 = 3_000;

#[tokio::test(start_paused = true)]
async fn a_minute_of_throttling_loses_and_doubles_nothing() {
    let log = Log::listen();
    let centre = Centre::open(Mode::Throttling).await;
    let other = Centre::open(Mode::Well).await;
    let running = Running::up(carrier(centre.port, json!({ "window": WINDOW }))).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;
    let feeder = Feeder::begin(&running, 0..WAITING);

    let mut kept_max = 0;
    for second in 0..60 {
        pass(Duration::from_secs(1)).await;
        kept_max = kept_max.max(feeder.handed() - running.inbox.outcomes().len());
        assert_quick(&quick, 10_000 + second).await;
    }
    // The queue, a window that was put back, the window sent meanwhile, and the feeder's current message.
    assert!(kept_max <= 64 + 2 * WINDOW as usize + 1, "{kept_max} in memory");
    {
        let records = centre.records();
        assert!(records.unanswered_max <= WINDOW);
        // A window, half of it, and so on, each perhaps twice; then one or two after every pause.
        assert!(records.submits < 5 * WINDOW as usize, "{} submits in a minute", records.submits);
        let late = records.came.iter().filter(|came| came.elapsed() < Duration::from_secs(30));
        assert!(late.count() <= 10, "it did not slow down");
        assert!(records.taken.is_empty());
    }
    assert!(running.carrier.status().up, "a throttled link counted as down");
    log.assert_lines(5);

    centre.mode(Mode::Well);
    let all = || running.inbox.outcomes().len() >= WAITING as usize;
    // The longest pause, then full speed.
    pass_until("the end", Duration::from_secs(40), all).await;
    let outcomes = running.inbox.outcomes();
    let accepted = |at| outcome_of(&outcomes, key(at)).end == End::Accepted;
    assert!((0..WAITING).all(accepted), "throttled parts were deferred too early");
    let records = centre.records();
    assert_eq!(records.taken.len(), WAITING as usize);
    assert!(records.taken.values().all(|times| *times == 1), "something was sent twice");
    // Nothing overtook the throttled parts.
    assert!(records.order.iter().eq((0..WAITING).map(number).collect::<Vec<_>>().iter()));
    drop(records);
    log.assert_lines(5);
}

#[tokio::test(start_paused = true)]
async fn the_window_recovers_after_the_throttling() {
    let centre = Centre::open(Mode::Throttling).await;
    let running = Running::up(carrier(centre.port, json!({ "window": WINDOW }))).await;
    let _feeder = Feeder::begin(&running, 0..WAITING);
    pass(Duration::from_secs(10)).await;
    centre.mode(Mode::Late(Duration::from_millis(100)));
    let all = || running.inbox.outcomes().len() >= WAITING as usize;
    // Ten responses a second per slot of the window: one slot alone would take five minutes.
    pass_until("the end", Duration::from_secs(60), all).await;
    assert_eq!(centre.records().unanswered_max, WINDOW, "the window did not recover");
}

/// A centre that allows three parts per second and needs a third of a second between two.
#[tokio::test(start_paused = true)]
async fn parts_are_spaced_out_for_a_centre_that_needs_an_interval() {
    let centre = Centre::open(Mode::Interval(Duration::from_millis(333))).await;
    let running = Running::up(carrier(centre.port, json!({}))).await;
    let _feeder = Feeder::begin(&running, 0..20);
    let all = || running.inbox.outcomes().len() >= 20;
    let took = pass_until("the end", Duration::from_secs(15), all).await;
    let submits = centre.records().submits;
    // The first volley, and some that learn the rate.
    assert!(submits < 20 + 19 + 12, "{submits} submits in {took:?}");

    // The parts of one text, too.
    let long = |at: u32| with_text(key(at), to(&number(at)), LONG);
    running.carrier.submit((100..110).map(long).collect()).await;
    let all = || running.inbox.outcomes().len() >= 30;
    let took = pass_until("the end", Duration::from_secs(25), all).await;
    let more = centre.records().submits - submits;
    assert!(more < 30 + 10, "{more} submits of 30 parts in {took:?}");
    let outcomes = running.inbox.outcomes();
    assert!((0..20).chain(100..110).all(|at| outcome_of(&outcomes, key(at)).end == End::Accepted));
}
