//! A payer that stays away: what was done is paid for on the chain.

use regtest::world::{until, until_within};

use crate::shop::Shop;

const CONFIG: &str = "[prices]\nsend = 90000\n";

/// Blocks after its deadline at which the node closes the channel to take the money on the chain.
const CLOSES_AFTER: u32 = 3;

#[test]
fn takes_its_money_on_the_chain_when_the_payer_stays_away() {
    let mut shop = Shop::open(CONFIG, &[1_000_000]);
    let before = onchain_sats(&shop);
    let (order, hash) = shop.hold();
    let deadline = shop.node.deadline(&hash);
    shop.payer.stop();
    shop.boltgram.stop();
    shop.mine_to_action(&hash);
    shop.boltgram.start();
    shop.customer().await_ended("settled", 1);

    shop.mine_to(deadline + CLOSES_AFTER);
    until("the node closes the channel", || {
        (shop.node.get("/v1/channels")["channels"] == serde_json::json!([])).then_some(())
    });
    until("the closing transaction is broadcast", || {
        (!shop.world.chain.lock().mempool().is_empty()).then_some(())
    });
    // Blocks until the money can be moved, and has been.
    until_within(std::time::Duration::from_secs(120), "the money is in the node's wallet", || {
        shop.mine_to(shop.world.height() + 12);
        (onchain_sats(&shop) > before + 80_000).then_some(())
    });
    assert_eq!(shop.customer().status(&order)["smsStatus"], "sent");
    assert_eq!(shop.customer().ended("settled"), 1);
    assert_eq!(shop.node.invoice(&hash)["state"], "SETTLED");
}

fn onchain_sats(shop: &Shop) -> u64 {
    let balance = shop.node.get("/v1/balance/blockchain");
    balance["total_balance"].as_str().unwrap().parse().unwrap()
}
