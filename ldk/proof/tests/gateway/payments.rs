//! What a payer may do with an invoice.

use regtest::world::until;

use crate::shop::{DELIVERED, FAILED, PRICE_MSAT, Shop};

#[test]
fn payments_are_taken_for_work_done_and_returned_otherwise() {
    let shop = Shop::open("", &[2_000_000]);
    delivered(&shop);
    failed(&shop);
    activated(&shop);
    underpaid_then_paid(&shop);
    overpaid(&shop);
    paid_twice(&shop);
    many_at_once(&shop);
    shop.assert_sound();
}

fn delivered(shop: &Shop) {
    let before = shop.payer.spendable_msat();
    let order = shop.customer().buy_text(DELIVERED);
    assert_eq!(shop.customer().status(&order)["paid"], false);
    let hash = shop.pay(&order);
    shop.customer().await_delivered(&order);
    shop.await_taken(&hash);
    shop.await_spendable(before - PRICE_MSAT);
    shop.customer().await_ended("settled", 1);
    assert_eq!(shop.node.invoice(&hash)["state"], "SETTLED");
}

fn failed(shop: &Shop) {
    let before = shop.payer.spendable_msat();
    let order = shop.customer().buy_text(FAILED);
    let hash = shop.payer.pay(&order.invoice).unwrap();
    shop.customer().await_refunded(&order);
    assert_eq!(shop.payer.wait_failed(&hash), "RecipientRejected");
    shop.await_spendable(before);
    assert_eq!(shop.node.invoice(&hash)["state"], "CANCELED");
    // It was given back once; a second payment of it is given back, too.
    if let Ok(hash) = shop.payer.pay(&order.invoice) {
        shop.await_returned(&hash);
    }
    shop.await_spendable(before);
}

fn activated(shop: &Shop) {
    let order = shop.customer().buy_number("germany", "telegram");
    let hash = shop.pay(&order);
    let status = shop.customer().await_status(&order, |status| status["code"].is_string());
    assert!(status["number"].to_string().starts_with("49"), "{status}");
    shop.await_taken(&hash);
}

fn underpaid_then_paid(shop: &Shop) {
    let before = shop.payer.spendable_msat();
    let order = shop.customer().buy_text(DELIVERED);
    let hash = shop.payer.pay_less(&order.invoice, PRICE_MSAT - 1).unwrap();
    shop.await_returned(&hash);
    shop.await_spendable(before);
    assert_eq!(shop.customer().status(&order)["paid"], false);

    let hash = shop.pay(&order);
    shop.customer().await_delivered(&order);
    shop.await_taken(&hash);
    shop.await_spendable(before - PRICE_MSAT);
}

fn overpaid(shop: &Shop) {
    let before = shop.payer.spendable_msat();
    let order = shop.customer().buy_text(DELIVERED);
    let hash = shop.payer.pay_amount(&order.invoice, 2 * PRICE_MSAT).unwrap();
    shop.customer().await_delivered(&order);
    shop.await_taken(&hash);
    shop.await_spendable(before - 2 * PRICE_MSAT);

    // More than twice the price is a mistake. (LDK refuses it by itself, too.)
    let order = shop.customer().buy_text(DELIVERED);
    let hash = shop.payer.pay_amount(&order.invoice, 2 * PRICE_MSAT + 1).unwrap();
    shop.await_returned(&hash);
    shop.await_spendable(before - 2 * PRICE_MSAT);
    assert_eq!(
        shop.customer().status(&order)["smsStatus"].as_str().filter(|s| *s == "delivered"),
        None
    );
}

fn paid_twice(shop: &Shop) {
    let other = shop.peer("other", 300_000, 0);
    let before = other.spendable_msat();
    let (held, hash) = shop.hold();
    let second = other.pay(&held.invoice).unwrap();
    assert_eq!(hash, second);
    let _ = other.wait_failed(&second);
    until("the second payer has its money", || (other.spendable_msat() == before).then_some(()));
    assert_eq!(shop.payer.outcome(&hash), None, "the first payment is still held");

    // After it was settled.
    let order = shop.customer().buy_text(DELIVERED);
    let hash = shop.pay(&order);
    shop.await_taken(&hash);
    let second = other.pay(&order.invoice).unwrap();
    let _ = other.wait_failed(&second);
    until("the second payer has its money", || (other.spendable_msat() == before).then_some(()));
}

/// Half of them fail, all are under way together: what was done is paid for, and nothing else.
fn many_at_once(shop: &Shop) {
    let before = shop.payer.spendable_msat();
    let numbers = [DELIVERED, FAILED].into_iter().cycle().take(30);
    let orders: Vec<_> = numbers.map(|number| (number, shop.customer().buy_text(number))).collect();
    let hashes = orders.iter().map(|(_, order)| shop.payer.pay(&order.invoice).unwrap());
    let hashes: Vec<_> = hashes.collect();
    for ((number, order), hash) in orders.iter().zip(&hashes) {
        if *number == DELIVERED {
            shop.await_taken(hash);
            shop.customer().await_delivered(order);
        } else {
            let _ = shop.payer.wait_failed(hash);
            shop.customer().await_refunded(order);
        }
    }
    shop.await_spendable(before - 15 * PRICE_MSAT);
}
