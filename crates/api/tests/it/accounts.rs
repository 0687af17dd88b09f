//! An account's balance, funding and history.

use domain::money::Msat;
use domain::ports::NodeVerdict;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::NewOrder;
use domain::time::Timestamp;
use testkit::clock::NOON;

use crate::house::{House, Open, sats};
use crate::world::unpaid;

/// A server, and a key with two funding orders.
pub(crate) async fn funded() -> (Open, String) {
    let house = House::new().await;
    let key = house.key(Msat::new(12_345_999), "*", None).await;
    let world = house.world();
    for (number, paid, amount) in [(1, true, 9_500), (2, true, 340_000), (3, false, 7)] {
        let order = world
            .add_order(NewOrder {
                account: Some(house.account()),
                price: sats(amount),
                created_at: Timestamp::from_millis(NOON.as_millis() + i64::from(number)),
                ..unpaid([number; 32], Fulfilment::Credit, "local")
            })
            .await;
        if paid {
            // An overpayment is credited in full.
            world.hold(order, sats(amount + 1), None).await;
            world.node_says(order, NodeVerdict::Settled).await;
        }
    }
    (house.open_as(Default::default()).await, key)
}

#[tokio::test]
async fn tells_the_balance_in_whole_sats() {
    let house = House::new().await;
    let key = house.key(Msat::new(12_345_999), "*", None).await;
    let open = house.open_as(Default::default()).await;
    insta::assert_snapshot!(open.get_with_key("/balance", &key).await);
}

#[tokio::test]
async fn tells_what_was_funded() {
    let (open, key) = funded().await;
    let answer = open.get_with_key("/history", &key).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["orders"][0]["userId"], key);
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn an_empty_history_is_a_list() {
    let house = House::new().await;
    let key = house.key(sats(0), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let answer = open.get_with_key("/history", &key).await;
    assert_eq!(answer.body, r#"{"status":"OK","totalAmount":0,"orders":[]}"#);
}

#[tokio::test]
async fn funds_by_invoice() {
    let (open, key) = funded().await;
    insta::assert_snapshot!(open.post_with_key("/fund", &key, r#"{"amount":5000}"#).await);
}

#[tokio::test]
async fn reads_amounts_as_clients_write_them() {
    let (open, key) = funded().await;
    for amount in ["1", "10000000"] {
        let body = format!(r#"{{"amount":{amount}}}"#);
        assert_eq!(open.post_with_key("/fund", &key, &body).await.status, 200, "{amount}");
    }
    for amount in ["5000", "5000.0", "\"5000\"", "5e3", "\"5000.00\""] {
        let body = format!(r#"{{"amount":{amount}}}"#);
        let answer = open.post_with_key("/fund", &key, &body).await;
        assert_eq!(answer.json()["payreq"], "lnbcrt50000n1fake", "{amount}: {answer}");
    }
}
