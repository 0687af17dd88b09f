//! A centre that throttles everything for a minute.

use std::time::Duration;

use domain::ports::End;
use serde_json::json;
use testkit::carrier_conformance::{Running, key};

use super::centre::{Centre, Mood};
use super::{Feeder, Log, assert_quick, number, outcome_of, pass, pass_until};
use crate::smpp::carrier;

const WINDOW: u32 = 50;
const WAITING: u32 = 3_000;

#[tokio::test(start_paused = true)]
async fn a_minute_of_nothing_but_throttling_is_sat_out() {
    let log = Log::listen();
    let centre = Centre::open(Mood::Throttling).await;
    let other = Centre::open(Mood::Well).await;
    let running = Running::up(carrier(centre.port, json!({ "window": WINDOW }))).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;
    let feeder = Feeder::begin(&running, 0..WAITING);

    let mut kept_max = 0;
    for second in 0..60 {
        pass(Duration::from_secs(1)).await;
        kept_max = kept_max.max(feeder.handed() - running.inbox.outcomes().len());
        assert_quick(&quick, 10_000 + second).await;
    }
    // The queue, a window that was put back, the window sent meanwhile, and the feeder's hand.
    assert!(kept_max <= 64 + 2 * WINDOW as usize + 1, "{kept_max} in memory");
    {
        let books = centre.books();
        assert!(books.unanswered_max <= WINDOW);
        // A window, half of it, and so on, each perhaps twice; then one or two after every pause.
        assert!(books.submits < 5 * WINDOW as usize, "asked {} times in a minute", books.submits);
        let late = books.came.iter().filter(|came| came.elapsed() < Duration::from_secs(30));
        assert!(late.count() <= 10, "it did not slow down");
        assert!(books.taken.is_empty());
    }
    assert!(running.carrier.status().up, "a wish for less is no lost link");
    log.assert_lines(5);

    centre.mood(Mood::Well);
    let all = || running.inbox.outcomes().len() >= WAITING as usize;
    // The longest pause, and then as fast as ever.
    pass_until("the end", Duration::from_secs(40), all).await;
    let outcomes = running.inbox.outcomes();
    let accepted = |at| outcome_of(&outcomes, key(at)).end == End::Accepted;
    assert!((0..WAITING).all(accepted), "what waits at the link stays there for longer than that");
    let books = centre.books();
    assert_eq!(books.taken.len(), WAITING as usize);
    assert!(books.taken.values().all(|times| *times == 1), "something was sent twice");
    // Nothing overtook what was throttled.
    assert!(books.order.iter().eq((0..WAITING).map(number).collect::<Vec<_>>().iter()));
    drop(books);
    log.assert_lines(5);
}

#[tokio::test(start_paused = true)]
async fn the_window_grows_back_when_the_throttling_is_over() {
    let centre = Centre::open(Mood::Throttling).await;
    let running = Running::up(carrier(centre.port, json!({ "window": WINDOW }))).await;
    let _feeder = Feeder::begin(&running, 0..WAITING);
    pass(Duration::from_secs(10)).await;
    centre.mood(Mood::Late(Duration::from_millis(100)));
    let all = || running.inbox.outcomes().len() >= WAITING as usize;
    // Ten answers a second for each place: one place alone would take five minutes.
    pass_until("the end", Duration::from_secs(60), all).await;
    assert_eq!(centre.books().unanswered_max, WINDOW, "the whole window is used again");
}
