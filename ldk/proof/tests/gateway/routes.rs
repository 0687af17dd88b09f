//! Payments in several parts, and over several hops. The node reads the chain from an Electrum server.

use regtest::Outcome;

use crate::shop::{DELIVERED, Shop};

/// More than one of the payer's channels can carry at a time: a tenth of 600,000 sat.
const CONFIG: &str = "[prices]\nreceive = 90000\n";

#[test]
fn takes_payments_in_parts_and_over_three_hops() {
    let mut shop = Shop::prepare(CONFIG, &[600_000, 600_000], |world| world.electrum.source());
    shop.boltgram.start();
    parts_over_two_channels(&shop);
    three_hops(&shop);
    shop.assert_sound();
}

fn parts_over_two_channels(shop: &Shop) {
    let capacities = || -> Vec<u64> {
        shop.payer.channels().iter().map(|channel| channel.outbound_capacity_msat).collect()
    };
    let before = capacities();
    let order = shop.customer().buy_number("germany", "telegram");
    let hash = shop.pay(&order);
    shop.customer().await_status(&order, |status| status["code"].is_string());
    shop.await_taken(&hash);
    let all = before.iter().sum::<u64>();
    shop.await_spendable(all - 90_000_000);
    for (after, before) in capacities().iter().zip(&before) {
        assert!(after < before, "each channel carried a part: {after} of {before}");
    }
}

fn three_hops(shop: &Shop) {
    let provider = shop.provider(1_000_000);
    let far = shop.world.peer("far");
    shop.world.open_between(&far, &provider, 1_000_000, 0);
    let order = shop.customer().buy_text(DELIVERED);
    let hash = far.pay(&order.invoice).unwrap();
    shop.customer().await_paid(&order);
    shop.customer().await_delivered(&order);
    let Outcome::Paid { fee_msat, .. } = far.wait_outcome(&hash) else {
        panic!("the payment failed");
    };
    assert_eq!(fee_msat, 1_000);
    regtest::world::until("the provider has its fee", || {
        (provider.forwarding_fees_msat() == 1_000).then_some(())
    });
}
