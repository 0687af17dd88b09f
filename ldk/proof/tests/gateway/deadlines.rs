//! A held payment near the height at which the node gives it back.

use crate::shop::Shop;

#[test]
fn decides_before_the_nodes_deadline_and_records_what_was_lost() {
    let mut shop = Shop::open("[orders]\nunreceipted = \"refund\"\n", &[2_000_000]);
    let before = shop.payer.spendable_msat();

    // Without a receipt it is given back, six blocks before the node would do it.
    let (order, hash) = shop.hold();
    let deadline = shop.node.deadline(&hash);
    shop.mine_to(deadline - 7);
    shop.payer.sync();
    assert_eq!(shop.payer.outcome(&hash), None);
    shop.mine_to(deadline - 6);
    shop.customer().await_refunded(&order);
    shop.await_returned(&hash);
    shop.payer.sync();
    shop.await_spendable(before);
    shop.customer().await_ended("cancelled", 1);

    // Boltgram is away until the node has given it back: the payer has the money, and nothing counts as sold.
    let (order, hash) = shop.hold();
    shop.boltgram.kill();
    shop.mine_to(shop.node.deadline(&hash));
    shop.await_returned(&hash);
    shop.payer.sync();
    shop.await_spendable(before);
    shop.boltgram.start();
    shop.customer().await_ended("lost", 1);
    assert_eq!(shop.customer().ended("settled"), 0);
    assert!(shop.boltgram.log().contains("lost: the node gave the payment back"));
    let _ = order;

    // It goes on selling.
    shop.sell();
    shop.assert_sound();
}
