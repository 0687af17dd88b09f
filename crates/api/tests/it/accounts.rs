//! An account's balance, funding and history.

use domain::money::Msat;
use domain::ports::NodeVerdict;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::NewOrder;
use domain::time::Timestamp;
use testkit::clock::NOON;

use crate::house::{BY, House, Open, sats};
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

#[tokio::test]
async fn the_history_lists_what_the_operator_gave() {
    let house = House::new().await;
    let key = house.key(sats(500), "*", None).await;
    let (account, amount) = (house.account(), sats(7_000));
    house.clock.advance(std::time::Duration::from_secs(1));
    house.accounts.give_credit(account, amount, None, BY).await.unwrap();
    let open = house.open_as(Default::default()).await;
    let history = open.get_with_key("/history", &key).await.json();
    assert_eq!(history["totalAmount"], 7_500);
    let given = &history["orders"][0];
    assert_eq!((&given["amount"], &given["desc"]), (&7_000.into(), &"credit by operator".into()));
    for field in ["holdinvoice", "preimage", "preimageHash"] {
        assert_eq!(given.get(field), None, "there is no invoice: {given}");
    }
    assert_eq!(history["orders"][1]["amount"], 500, "newest first");
}

#[tokio::test]
async fn a_disabled_account_is_refused_at_every_door() {
    let house = House::new().await;
    let key = house.key(sats(9_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let send = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    let bulk = r#"{"message":"hello","sender":"ACME","msisdns":["+4520123456"]}"#;
    let set = async |disabled| {
        let account = open.house.account();
        assert!(open.house.accounts.set_disabled(account, disabled, BY).await.unwrap());
        // Busy keys are read again after a second.
        open.house.clock.advance(std::time::Duration::from_secs(1));
    };
    set(true).await;
    let changes = open.changes();
    for (method, path, body) in [
        ("POST", "/createsendorder", send),
        ("POST", "/createorder", "{}"),
        ("POST", "/fund", r#"{"amount":5000}"#),
        ("GET", "/balance", ""),
        ("GET", "/price", ""),
        ("POST", "/api/v2/sms/send", bulk),
        ("GET", "/api/v2/credits", ""),
    ] {
        let answer = open.call(method, path, &[("X-API-Key", &key)], body).await;
        assert_eq!(answer.status, 403, "{path}: {answer}");
        assert!(answer.body.contains("account of this API key is disabled"), "{path}: {answer}");
    }
    assert_eq!(open.changes(), changes, "nothing was stored");
    set(false).await;
    assert_eq!(open.post_with_key("/createsendorder", &key, send).await.status, 200);
}
