//! A centre that sends a hundred thousand receipts at once, of messages that nobody knows.

use std::time::{Duration, Instant};

use super::lane::{Fate, Lane};
use crate::customer::Customer;
use crate::running::{Home, PATIENCE};

const RECEIPTS: u64 = 100_000;

/// What the program may have more at its peak than before: some thousand receipts, the pages of commits, and what the
/// allocator keeps for later.
const MEMORY_KIB_MAX: u64 = 96 * 1_024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_receipts_is_stored_in_bounded_memory_while_others_are_served() {
    let lanes = [Lane::open(0).await, Lane::open(1).await];
    let mut config = String::new();
    lanes.iter().for_each(|lane| lane.configure(&mut config));
    let home = Home::with_config(&config);
    let server = home.serve();
    let customer = Customer::of(&server);
    let order = async |lane: &Lane, at| {
        let order = customer.buy_text(&lane.phone(at, Fate::Delivered), "Din kode er 4711").await;
        customer.pay(&order).await;
        customer.await_delivered(&order).await;
    };
    order(&lanes[0], 0).await;
    let before = server.memory_peak_kib();

    let begun = Instant::now();
    lanes[0].centre.flood(RECEIPTS);
    order(&lanes[1], 1).await;
    let other = begun.elapsed();
    // The receipt of this one stands behind all the others.
    order(&lanes[0], 2).await;
    while !lanes[0].centre.has_told_all() {
        assert!(begun.elapsed() < 4 * PATIENCE, "they are not all stored");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let more = server.memory_peak_kib() - before;
    println!("another line {other:?}, all {:?}, {more} KiB", begun.elapsed());
    assert!(other < Duration::from_secs(5), "{other:?}: the other line waited");
    assert!(more < MEMORY_KIB_MAX, "{more} KiB for receipts");
    let log = server.log();
    let told = log.lines().filter(|line| !line.contains("access_log"));
    assert!(told.count() < 40, "{log:.4000}");
    server.stop();
    home.answer(&["ledger", "check"]);
}
