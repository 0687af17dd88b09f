//! Credit that is bought over Lightning, and orders that are paid from it.

use regtest::world::until;
use serde_json::json;

use crate::shop::{DELIVERED, Shop};

#[test]
fn credit_is_bought_by_a_payment_and_spent() {
    let mut shop = Shop::open("", &[1_000_000]);
    shop.boltgram.run(&["account", "add", "acme", "--credit-sats", "0"]);
    let key = shop.boltgram.run(&["key", "add", "acme"]);
    shop.boltgram.customer_mut().use_key(&key);

    // It is taken as soon as it is held, whatever was paid.
    let before = shop.payer.spendable_msat();
    let fund = shop.customer().buy("/fund", &json!({"amount": 5_000}));
    let hash = shop.payer.pay_amount(&fund.invoice, 6_000_000).unwrap();
    shop.await_taken(&hash);
    shop.await_spendable(before - 6_000_000);
    until("the account has its credit", || {
        (shop.customer().get("/balance")["balance"] == 6_000).then_some(())
    });

    let body = json!({"phone": DELIVERED, "message": "From credit", "immediate": true});
    let order = shop.customer().buy("/createsendorder", &body);
    shop.customer().await_delivered(&order);
    assert_eq!(shop.customer().get("/balance")["balance"], 5_000);
    shop.assert_sound();
}
