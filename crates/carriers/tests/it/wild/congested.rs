//! A centre that reports congestion while it accepts everything.

use std::time::Duration;

use serde_json::json;
use testkit::carrier_conformance::Running;

use super::centre::{Centre, Mode};
use super::{Feeder, pass};
use crate::smpp::carrier;

const WINDOW: u32 = 64;

/// The highest number of unanswered requests within `time` in this mode.
async fn awaited(centre: &Centre, mode: Mode, time: Duration) -> u32 {
    centre.mode(mode);
    // Requests in flight before do not count.
    pass(Duration::from_millis(200)).await;
    centre.records().unanswered_max = 0;
    pass(time).await;
    centre.records().unanswered_max
}

#[tokio::test(start_paused = true)]
async fn a_congested_centre_gets_half_the_window_and_half_again_until_it_recovers() {
    let centre = Centre::open(Mode::Well).await;
    let running = Running::up(carrier(centre.port, json!({ "window": WINDOW }))).await;
    let _feeder = Feeder::begin(&running, 0..100_000);
    let moment = Duration::from_millis(300);
    assert_eq!(awaited(&centre, Mode::Full(85), moment).await, WINDOW, "85 is optimal use");
    let half = awaited(&centre, Mode::Full(95), moment).await;
    assert!((WINDOW / 4..=WINDOW / 2).contains(&half), "{half} at once");
    // Once a second, not at every response.
    let least = awaited(&centre, Mode::Full(95), Duration::from_secs(10)).await;
    assert!(least <= half, "{least} at once");
    let grown = awaited(&centre, Mode::Full(50), Duration::from_secs(60)).await;
    assert_eq!(grown, WINDOW, "the window did not recover");
}
