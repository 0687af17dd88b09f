//! The process crashes between each pair of steps with external effects, and charges still match
//! deliveries.
//!
//! A scenario first runs to its end with a fuse that only counts its steps. Then it runs again for
//! every step and both sides of it: the fuse blows there, a new engine starts on the remaining state
//! (store, node, message centre), and the customer continues. After every run the same laws are
//! checked ([`house::House::check_laws`]). A test clock runs fast; nothing waits for a fixed time,
//! only for conditions with a limit.

mod house;
mod inbound;
mod node_faults;
mod numbers;
mod payouts;
mod scenarios;
mod stale_tip;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use testkit::crash::{Fuse, Side};

use house::House;
use scenarios::{Scenario, customer};

/// Concurrent runs of a scenario; they mostly wait.
const SIDE_BY_SIDE: usize = 24;

/// Time limit, ample for a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// While the customer acts, time runs a hundred times faster.
const TICK: Duration = Duration::from_secs(2);

/// Waits for `condition` while the test clock advances by `tick` every 20 ms.
async fn until(
    house: &House,
    tick: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> bool,
) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < LIMIT, "timed out: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
        house.clock.advance(tick);
    }
}

/// One run: a first process with `fuse`, and a second one if it blew.
async fn run(scenario: Scenario, fuse: Arc<Fuse>) {
    let house = House::new(scenario).await;
    let life = house.begin(fuse.clone()).await;
    let bought = tokio::select! {
        done = customer(&house, &life, scenario) => done,
        () = until(&house, TICK, "the fuse blows", async || fuse.has_blown()) => None,
    };
    until(&house, scenario.tick(), "the first process ends", async || {
        fuse.has_blown() || house.is_quiet().await
    })
    .await;
    drop(life);

    let _life = house.begin(Fuse::counting()).await;
    until(&house, scenario.tick(), "everything is decided", async || house.is_quiet().await).await;
    house.check_laws(scenario, bought, fuse.has_blown()).await;
}

async fn survives_a_crash_at_every_step(scenario: Scenario) {
    let counting = Fuse::counting();
    run(scenario, counting.clone()).await;
    let steps = counting.steps();
    assert!(steps >= scenario.steps_min(), "{scenario:?} has only {steps} steps");
    let runs = (0..steps).flat_map(|step| [(step, Side::Before), (step, Side::After)]);
    stream::iter(runs)
        .for_each_concurrent(SIDE_BY_SIDE, |(step, side)| async move {
            // Printed when an assertion fails, so that the run can be repeated.
            let told = Told(scenario, step, side);
            run(scenario, Fuse::blowing(step, side)).await;
            std::mem::forget(told);
        })
        .await;
}

struct Told(Scenario, u64, Side);

impl Drop for Told {
    fn drop(&mut self) {
        eprintln!("crash run of {:?} at step {} {:?}", self.0, self.1, self.2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_order_is_settled_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Delivered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_order_is_paid_back_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_fails_later_is_paid_back_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Failed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_without_a_receipt_counts_as_sent_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::NoReceipt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_whose_parts_went_apart_is_joined_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::TwoParts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_overtakes_its_answer_is_not_lost_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Overtaken).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_order_is_paid_back_or_delivered_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Cancelled).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_the_node_refunded_hangs_nowhere_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Refunded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpaid_order_costs_nobody_anything_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Unpaid).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_from_credit_is_charged_once_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Credit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bought_credit_is_credited_once_whatever_dies() {
    survives_a_crash_at_every_step(Scenario::Fund).await;
}
