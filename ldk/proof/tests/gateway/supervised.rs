//! Boltgram starts, watches and ends the node itself: `backend = "ldk"`.

use std::process::Command;

use regtest::world::until;

use crate::shop::Shop;

#[test]
fn boltgram_runs_the_node_and_starts_it_again() {
    let mut shop = Shop::supervised("", &[2_000_000]);
    shop.sell();
    let (order, hash) = shop.hold();

    // The node ends in order with Boltgram, also when that is killed, and starts with it.
    shop.boltgram.kill();
    shop.boltgram.start();
    shop.reconnect();
    assert_eq!(shop.customer().status(&order)["paid"], true);
    shop.sell();

    // A node that dies is started again.
    shop.node.await_quiet();
    let id = node_process(&shop).expect("the node runs");
    assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
    until("the node runs again", || node_process(&shop).filter(|new| *new != id));
    until("the node answers again", || {
        shop.boltgram.log().matches("Lightning node ready").nth(1).map(|_| ())
    });
    shop.reconnect();
    shop.sell();

    // Both end in order; the payment is decided after the next start.
    assert_eq!(shop.payer.outcome(&hash), None);
    let deadline = shop.node.deadline(&hash);
    shop.node.await_quiet();
    shop.boltgram.stop();
    shop.world.mine(deadline - 6 - shop.world.height());
    shop.boltgram.start();
    shop.node.await_height(shop.world.height());
    shop.payer.sync();
    shop.reconnect();
    shop.customer().await_status(&order, |status| status["smsStatus"] == "sent");
    shop.await_taken(&hash);
    shop.assert_sound();
}

/// The process id of the newest node.
fn node_process(shop: &Shop) -> Option<String> {
    let log = shop.boltgram.log();
    let line = log.lines().rev().find(|line| line.contains("Lightning node started"))?;
    let (_, id) = line.split_once(" id=")?;
    Some(id.split_whitespace().next()?.to_owned())
}
