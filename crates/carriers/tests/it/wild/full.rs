//! A centre that says how full it is, beside answers that take everything.

use std::time::Duration;

use serde_json::json;
use testkit::carrier_conformance::Running;

use super::centre::{Centre, Mood};
use super::{Feeder, pass};
use crate::smpp::carrier;

const WINDOW: u32 = 64;

/// The most that awaited its answer within a while of this mood.
async fn awaited(centre: &Centre, mood: Mood, time: Duration) -> u32 {
    centre.mood(mood);
    // What was in flight before does not count.
    pass(Duration::from_millis(200)).await;
    centre.books().unanswered_max = 0;
    pass(time).await;
    centre.books().unanswered_max
}

#[tokio::test(start_paused = true)]
async fn a_centre_nearly_full_is_sent_half_and_half_again_until_it_has_room() {
    let centre = Centre::open(Mood::Well).await;
    let running = Running::up(carrier(centre.port, json!({ "window": WINDOW }))).await;
    let _feeder = Feeder::begin(&running, 0..100_000);
    let moment = Duration::from_millis(300);
    assert_eq!(awaited(&centre, Mood::Full(85), moment).await, WINDOW, "85 is optimal use");
    let half = awaited(&centre, Mood::Full(95), moment).await;
    assert!((WINDOW / 4..=WINDOW / 2).contains(&half), "{half} at once");
    // Once in a second, not at every answer.
    let least = awaited(&centre, Mood::Full(95), Duration::from_secs(10)).await;
    assert!(least <= half, "{least} at once");
    let grown = awaited(&centre, Mood::Full(50), Duration::from_secs(60)).await;
    assert_eq!(grown, WINDOW, "all of it again when there is room");
}
