//! Boltgram is killed at any moment, again and again: every order is decided once, and the money follows the decision.

use std::time::{Duration, Instant};

use regtest::Outcome;
use serde_json::Value;

use crate::customer::Order;
use crate::shop::{DELIVERED, FAILED, PRICE_MSAT, Shop};

/// Price of a number.
const NUMBER_MSAT: u64 = 3_000_000;

/// How long after the first payment was seen Boltgram is killed.
const MOMENTS_MS: [u64; 5] = [0, 30, 120, 350, 800];

struct Paid {
    order: Order,
    hash: [u8; 32],
    msat: u64,
}

#[test]
fn kills_at_any_moment_decide_every_order_once() {
    let mut shop = Shop::open("", &[3_000_000]);
    shop.sell();
    let before = shop.payer.spendable_msat();
    let mut all = vec![];
    for moment in MOMENTS_MS {
        let customer = shop.customer();
        let texts =
            [DELIVERED, FAILED, DELIVERED].map(|number| (customer.buy_text(number), PRICE_MSAT));
        let number = (customer.buy_number("germany", "telegram"), NUMBER_MSAT);
        let round = texts.into_iter().chain([number]).map(|(order, msat)| {
            let hash = shop.payer.pay(&order.invoice).unwrap();
            Paid { order, hash, msat }
        });
        let round: Vec<_> = round.collect();
        customer.await_paid(&round[0].order);
        // Not to wait for something: any moment will do.
        std::thread::sleep(Duration::from_millis(moment));
        shop.boltgram.kill();
        shop.boltgram.start();
        for paid in &round {
            shop.customer().await_paid(&paid.order);
        }
        all.extend(round);
    }
    decide_the_rest(&mut shop, &all);

    let mut taken = 0;
    for Paid { order, hash, msat } in &all {
        let status =
            shop.customer().await_status(order, |status| is_done(status) || is_refunded(status));
        let state = shop.node.invoice(hash)["state"].clone();
        match shop.payer.wait_outcome(hash) {
            Outcome::Paid { .. } => {
                taken += msat;
                assert!(is_done(&status) && state == "SETTLED", "taken, {state}: {status}");
            }
            Outcome::Failed { .. } => {
                assert!(is_refunded(&status) && state == "CANCELED", "returned, {state}: {status}");
            }
        }
    }
    shop.await_spendable(before - taken);
    shop.assert_sound();
}

/// Receipts that were lost with a process leave texts *sent*: they are decided near the node's deadline.
fn decide_the_rest(shop: &mut Shop, all: &[Paid]) {
    // Each round decides one.
    let end = Instant::now() + Duration::from_secs(150);
    loop {
        assert!(Instant::now() < end, "orders stay undecided");
        let held = |paid: &&Paid| shop.node.invoice(&paid.hash)["state"] == "ACCEPTED";
        let waiting = |paid: &&Paid| shop.customer().status(&paid.order)["smsStatus"] == "sent";
        let undecided: Vec<_> = all.iter().filter(held).collect();
        if undecided.is_empty() {
            return;
        }
        if !undecided.iter().all(waiting) {
            std::thread::sleep(Duration::from_millis(100));
            continue;
        }
        let next = undecided.iter().min_by_key(|paid| shop.node.deadline(&paid.hash)).unwrap();
        shop.boltgram.stop();
        shop.mine_to_action(&next.hash);
        shop.boltgram.start();
        shop.payer.sync();
        let _ = shop.payer.wait_outcome(&next.hash);
    }
}

fn is_done(status: &Value) -> bool {
    let sms = status["smsStatus"].as_str();
    status["error"].is_null()
        && (matches!(sms, Some("sent" | "delivered")) || status["code"].is_string())
}

fn is_refunded(status: &Value) -> bool {
    status["error"].is_string()
}
