//! A centre that sends 100,000 receipts at once for unknown messages.

use std::time::{Duration, Instant};

use super::lane::{Fate, Lane};
use crate::customer::Customer;
use crate::running::{Home, PATIENCE, SANDBOX_MONEY};

const RECEIPTS: u64 = 100_000;

/// Allowed growth of peak memory: some thousand receipts, the pages of commits, and the allocator's reserve.
const MEMORY_KIB_MAX: u64 = 96 * 1_024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_receipts_is_stored_in_bounded_memory_while_others_are_served() {
    let lanes = [Lane::open(0).await, Lane::open(1).await];
    let mut config = SANDBOX_MONEY.to_owned();
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
    // Its receipt is queued behind all the others.
    order(&lanes[0], 2).await;
    while !lanes[0].centre.has_told_all() {
        assert!(begun.elapsed() < 4 * PATIENCE, "not all receipts are stored");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let more = server.memory_peak_kib() - before;
    println!("other line {other:?}, all {:?}, {more} KiB", begun.elapsed());
    assert!(other < Duration::from_secs(5), "{other:?}: the other line waited");
    assert!(more < MEMORY_KIB_MAX, "{more} KiB for receipts");
    let log = server.log();
    let told = log.lines().filter(|line| !line.contains("access_log"));
    assert!(told.count() < 40, "{log:.4000}");
    server.stop();
    home.answer(&["ledger", "check"]);
}
