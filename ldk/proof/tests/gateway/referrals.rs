//! A referrer gets its share over a channel of its own. The node reads the chain from bitcoind.

use std::sync::Arc;

use regtest::world::until_within;
use serde_json::json;

use crate::payee_server::PayeeServer;
use crate::shop::{DELIVERED, Shop};

const CONFIG: &str = "
[prices]
send = 10000
[referrals]
share_percent = 20
[webhooks]
allow_private_addresses = true
";

#[test]
fn a_referrer_gets_its_share() {
    let mut shop = Shop::prepare(CONFIG, &[2_000_000], |world| world.bitcoind.source());
    // The node can pay what the referrer gave it in this channel.
    let referrer = Arc::new(shop.peer("referrer", 500_000, 200_000_000));
    let before = referrer.spendable_msat();
    let certificates = tempfile::tempdir().unwrap();
    let payee = PayeeServer::start(&certificates.path().join("payee"), Arc::clone(&referrer));
    shop.boltgram.trust(payee.certificate());
    shop.boltgram.start();

    let address = payee.address("friend");
    let body = json!({"phone": DELIVERED, "message": "Your table is ready.", "ref": address});
    let order = shop.customer().buy("/createsendorder", &body);
    let hash = shop.pay(&order);
    shop.customer().await_delivered(&order);
    shop.await_taken(&hash);
    until_within(std::time::Duration::from_secs(60), "the referrer has 2,000 sat more", || {
        (referrer.spendable_msat() == before + 2_000_000).then_some(())
    });
    shop.assert_sound();
}
