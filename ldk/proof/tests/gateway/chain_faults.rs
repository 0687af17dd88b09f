//! Reorganisations, and a source of the chain that is away, while payments are held.

use regtest::Fault;

use crate::shop::Shop;

#[test]
fn payments_survive_reorganisations_and_outages_of_the_chains_source() {
    let shop = Shop::open("", &[2_000_000]);
    let (order, hash) = shop.hold();

    // Three blocks are replaced by four others.
    shop.world.mine(3);
    shop.node.await_height(shop.world.height());
    shop.world.chain.lock().reorganise(3, 4);
    shop.node.await_height(shop.world.height());
    shop.payer.sync();
    assert_eq!(shop.payer.outcome(&hash), None);
    shop.sell();

    // The source is away, or answers garbage, for as long as a few rounds of the node.
    for fault in [Fault::Down, Fault::Garbage] {
        shop.world.esplora.set_fault(fault);
        let asked = shop.world.esplora.requests();
        regtest::world::until("the node asks for the chain in vain", || {
            (shop.world.esplora.requests() > asked + 2).then_some(())
        });
        shop.sell();
        assert_eq!(shop.customer().status(&order)["paid"], true);
        shop.world.esplora.set_fault(Fault::None);
    }
    shop.world.mine(1);
    shop.node.await_height(shop.world.height());
    shop.payer.sync();
    shop.sell();

    // The payment that was held all along is decided as any other.
    assert_eq!(shop.payer.outcome(&hash), None);
    shop.mine_to_action(&hash);
    shop.customer().await_status(&order, |status| status["smsStatus"] == "sent");
    shop.await_taken(&hash);
    shop.assert_sound();
}
