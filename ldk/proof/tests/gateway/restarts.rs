//! Restarts of Boltgram, of the node and of both while payments are held, and a payer that goes away.

use crate::shop::{DELIVERED, FAILED, PRICE_MSAT, Shop};

#[test]
fn held_payments_survive_restarts() {
    let mut shop = Shop::open("", &[2_000_000]);
    let (order, hash) = shop.hold();

    // Boltgram, by SIGKILL and in order.
    shop.boltgram.kill();
    shop.boltgram.start();
    assert_eq!(shop.customer().status(&order)["paid"], true);
    shop.boltgram.stop();
    shop.boltgram.start();
    assert_eq!(shop.customer().status(&order)["paid"], true);

    // The node, in order and by SIGKILL. Nothing changes in its channels at that time.
    shop.node.stop();
    shop.node.start();
    shop.reconnect();
    shop.sell();
    shop.node.await_quiet();
    shop.node.kill();
    shop.node.start();
    shop.reconnect();

    // Both.
    shop.boltgram.kill();
    shop.node.stop();
    shop.node.start();
    shop.boltgram.start();
    shop.reconnect();
    assert_eq!(shop.customer().status(&order)["paid"], true);
    assert_eq!(shop.payer.outcome(&hash), None, "it is still held");
    shop.sell();

    // Paid while Boltgram is away.
    let paid_meanwhile = shop.customer().buy_text(DELIVERED);
    shop.boltgram.kill();
    let meanwhile = shop.payer.pay(&paid_meanwhile.invoice).unwrap();
    regtest::world::until("the node holds it", || {
        (shop.node.invoice(&meanwhile)["state"] == "ACCEPTED").then_some(())
    });
    shop.boltgram.start();
    shop.customer().await_delivered(&paid_meanwhile);
    shop.await_taken(&meanwhile);

    // The payer goes away; the payment is decided without it, and it gets the proof when it is back.
    shop.boltgram.stop();
    shop.payer.stop();
    shop.mine_to_action(&hash);
    shop.boltgram.start();
    shop.customer().await_ended("settled", 1);
    assert_eq!(shop.node.invoice(&hash)["state"], "SETTLED");
    shop.payer.start_again();
    shop.payer.sync();
    shop.reconnect();
    shop.await_taken(&hash);
    assert_eq!(shop.customer().status(&order)["smsStatus"], "sent");
    shop.assert_sound();
}

#[test]
fn decisions_wait_for_a_node_that_is_away() {
    let mut shop = Shop::open("", &[2_000_000]);
    let before = shop.payer.spendable_msat();
    shop.sell();
    let [done, failed] = [DELIVERED, FAILED].map(|number| shop.customer().buy_text(number));
    let hashes = [&done, &failed].map(|order| shop.payer.pay(&order.invoice).unwrap());
    shop.customer().await_paid(&done);
    shop.customer().await_paid(&failed);
    shop.node.stop();

    // What carriers report is known, and nothing more is sold.
    shop.customer().await_delivered(&done);
    shop.customer().await_status(&failed, |status| status["smsStatus"] == "failed");
    regtest::world::until("sales stop", || {
        let body = serde_json::json!({"phone": DELIVERED, "message": "Your table is ready."});
        (shop.customer().post("/createsendorder", &body)["status"] == "error").then_some(())
    });

    shop.node.start();
    shop.reconnect();
    shop.await_taken(&hashes[0]);
    shop.await_returned(&hashes[1]);
    shop.customer().await_refunded(&failed);
    shop.await_spendable(before - 2 * PRICE_MSAT);
    shop.sell();
    shop.assert_sound();
}
