//! The deliverer: order, bounds, and that no failure loses an event.

mod world;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use domain::limits;
use tokio::time::{Instant, sleep};

use super::Handoff;
use world::{World, millis};

#[tokio::test(start_paused = true)]
async fn delivers_the_events_of_an_order_in_their_order_one_at_a_time() {
    // Slow and quick responses by turns; one in seven fails the first time.
    let mut world = World::new(|_, number| {
        let status = if number % 7 == 3 { 500 } else { 200 };
        (millis((number as u64 * 37) % 300), Ok(status))
    });
    for event in 0..1_000 {
        world.due(&format!("order{}", event % 200), "a.example");
    }
    world.start();
    // An event that fails four times in a row is delivered after twelve minutes.
    world.delivered(1_000, Duration::from_secs(24 * 3_600)).await;
    let mut last = HashMap::new();
    for (path, status) in world.calls() {
        let (order, number) = path[1..].split_once('/').unwrap();
        let number: usize = number.parse().unwrap();
        let before = last.insert(order.to_owned(), (number, status)).unwrap_or((0, Some(200)));
        match before {
            (before, Some(200)) => assert!(before == 0 || before < number, "{path}"),
            (before, _) => {
                assert_eq!(before, number, "a failed event is delivered before the next");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn delivers_handed_over_events_at_once_without_a_claim_and_records_in_batches() {
    let mut world = World::new(|_, _| (millis(1), Ok(200)));
    world.start();
    sleep(millis(100)).await;
    let begun = Instant::now();
    (0..1_000).for_each(|order| world.hand_over(&order.to_string(), "a.example"));
    world.delivered(1_000, Duration::from_secs(2)).await;
    assert!(begun.elapsed() < millis(500), "{:?}", begun.elapsed());
    assert_eq!(world.store.claimed.load(Ordering::SeqCst), 0);
    let records = world.store.records.load(Ordering::SeqCst);
    assert!(records < 20, "{records}");
}

#[tokio::test(start_paused = true)]
async fn keeps_results_while_the_store_is_down_and_repeats_no_request() {
    let mut world = World::new(|_, _| (millis(5), Ok(200)));
    world.start();
    (0..1_500).for_each(|order| world.hand_over(&order.to_string(), "a.example"));
    world.store.is_down.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(20)).await;
    assert_eq!((world.calls().len(), world.store.delivered()), (1_500, 0));
    world.store.is_down.store(false, Ordering::SeqCst);
    world.delivered(1_500, Duration::from_secs(5)).await;
    assert_eq!(world.calls().len(), 1_500);
}

#[tokio::test(start_paused = true)]
async fn after_a_kill_delivers_again_what_was_not_recorded_and_loses_nothing() {
    let mut world = World::new(|_, number| (millis(number as u64 % 50), Ok(200)));
    (0..2_000).for_each(|order| drop(world.due(&order.to_string(), "a.example")));
    for _ in 0..5 {
        world.start();
        sleep(millis(80)).await;
        world.kill().await;
    }
    world.start();
    world.delivered(2_000, Duration::from_secs(300)).await;
    let repeated = world.calls().len() - 2_000;
    assert!(repeated > 0, "no request was repeated: the kills hit nothing");
    assert!(repeated < 5 * 1_024, "{repeated}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_host_with_a_hundred_thousand_events_takes_bounded_memory_and_holds_up_no_other() {
    let (alive, watched) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let revived = alive.clone();
    let mut world = World::new(move |url, _| match url.host_str() {
        Some("dead.example") if !revived.load(Ordering::SeqCst) => {
            (Duration::from_secs(60), Ok(200))
        }
        _ => (millis(20), Ok(200)),
    });
    (0..100_000).for_each(|order| drop(world.due(&format!("d{order}"), "dead.example")));
    (0..1_000).for_each(|order| drop(world.due(&format!("w{order}"), "well.example")));
    let (context, most) = (world.context.clone(), watched.clone());
    world.worker.spawn(async move {
        loop {
            most.fetch_max(context.handoff.waiting(), Ordering::SeqCst);
            sleep(millis(50)).await;
        }
    });
    world.start();
    world.delivered(1_000, Duration::from_secs(30)).await;
    let begun = Instant::now();
    world.hand_over("now", "well.example");
    world.delivered(1_001, Duration::from_secs(1)).await;
    assert!(begun.elapsed() < millis(200), "{:?}", begun.elapsed());
    sleep(Duration::from_secs(300)).await;
    let most = watched.load(Ordering::SeqCst);
    assert!(most <= limits::WEBHOOKS_IN_MEMORY_MAX, "{most} deliveries in memory");
    alive.store(true, Ordering::SeqCst);
    world.delivered(101_001, Duration::from_secs(3_600)).await;
}

#[tokio::test(start_paused = true)]
async fn delivers_events_that_waited_for_days_in_the_store() {
    let mut world = World::new(|_, _| (millis(20), Ok(200)));
    (0..5_000).for_each(|order| drop(world.due(&order.to_string(), "a.example")));
    sleep(Duration::from_secs(60 * 60 * 60)).await;
    world.start();
    world.delivered(5_000, Duration::from_secs(3_600)).await;
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_requests_under_way_and_gives_back_the_rest() {
    let mut world = World::new(|_, _| (millis(800), Ok(200)));
    (0..100).for_each(|order| drop(world.due(&order.to_string(), "a.example")));
    world.start();
    sleep(millis(500)).await;
    world.context.handoff.close(Duration::from_secs(10)).await;
    let under_way = limits::WEBHOOKS_PER_NEW_HOST;
    assert_eq!((world.calls().len(), world.store.delivered()), (under_way, under_way));
    let (now, rows) = (world.context.now(), world.store.rows.lock().unwrap());
    let due =
        rows.due_at.iter().zip(&rows.ended).filter(|(due, ended)| ended.is_none() && **due <= now);
    assert_eq!(due.count(), 100 - under_way, "due at once, for any node");
    assert!(rows.deliveries[99].attempts == 0 && Handoff::new(String::new()).lease(now).is_some());
}
