//! Centres with full queues (`ESME_RMSGQFUL`): of one destination, and of all.

use std::time::Duration;

use domain::reason::Reason;
use serde_json::json;
use smpp::CommandStatus;
use testkit::carrier_conformance::{Running, key};

use super::centre::{Centre, Mode};
use super::{Feeder, Log, number, outcome_of, pass, pass_until};
use crate::smpp::{answered, carrier};

const COUNT: u32 = 300;

#[tokio::test(start_paused = true)]
async fn one_full_destination_holds_up_no_other() {
    const FULL: &str = "4520000100";
    let log = Log::listen();
    let centre = Centre::open(Mode::FullFor(FULL, Duration::from_millis(300))).await;
    let running = Running::up(carrier(centre.port, json!({ "window": 50 }))).await;
    let _feeder = Feeder::begin(&running, 0..COUNT);
    let all = || running.inbox.outcomes().len() >= COUNT as usize;
    // Six windows of 300 ms each.
    pass_until("the end", Duration::from_secs(4), all).await;
    assert_eq!(
        outcome_of(&running.inbox.outcomes(), key(100)).end,
        answered(Reason::QueueFull, CommandStatus::RMSGQFUL)
    );
    let records = centre.records();
    assert_eq!(number(100), FULL);
    assert_eq!((records.taken.len(), records.submits), (COUNT as usize - 1, COUNT as usize));
    drop(records);
    log.assert_lines(2);
}

#[tokio::test(start_paused = true)]
async fn a_centre_with_a_full_queue_is_submitted_to_slowly() {
    let log = Log::listen();
    let centre = Centre::open(Mode::FullForAll).await;
    let running = Running::up(carrier(centre.port, json!({ "window": 50 }))).await;
    let _feeder = Feeder::begin(&running, 0..3_000);
    pass(Duration::from_secs(60)).await;
    let submits = centre.records().submits;
    assert!(submits < 150, "{submits} submits in a minute");
    for outcome in running.inbox.outcomes() {
        assert_eq!(outcome.end, answered(Reason::QueueFull, CommandStatus::RMSGQFUL));
    }
    assert!(running.carrier.status().up, "a link counted as down");
    centre.mode(Mode::Well);
    pass_until("its speed", Duration::from_secs(40), || centre.records().taken.len() > 2_000).await;
    log.assert_lines(5);
}
