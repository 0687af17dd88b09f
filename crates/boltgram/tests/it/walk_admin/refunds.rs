//! An operator refunds a code that arrived too late, and some recipients of a campaign.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Operator, house};
use crate::customer::Customer;
use crate::running::PATIENCE;

/// Polls until the condition holds.
pub(super) async fn until(ida: &Operator, path: &str, wished: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let told = ida.get(path).await;
        if wished(&told) {
            return told;
        }
        assert!(begun.elapsed() < PATIENCE, "stays {told}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn available(ida: &Operator) -> i64 {
    ida.get("/accounts/1").await["availableMsat"].as_i64().unwrap()
}

#[tokio::test]
async fn gives_back_what_an_order_was_charged_and_no_more() {
    let (home, server, ida) = house();
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 5_000_000})).await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    let code = json!({"phone": "+4520123456", "message": "1234", "immediate": true});
    let order = customer.post("/createsendorder", code).await;
    let path = format!("/orders/{}", order["orderId"].as_str().unwrap());
    let sold = until(&ida, &path, |order| order["status"] == "settled").await;
    let price = sold["chargedMsat"].as_i64().unwrap();
    assert_eq!((price, &sold["givenBackMsat"]), (1_000_000, &json!(0)));
    assert_eq!((&sold["to"], &sold["payment"]), (&json!("4520123456"), &json!("credit")));
    let before = available(&ida).await;

    let path = format!("{path}/refunds");
    let some = json!({"msat": 400_000, "note": "it came too late"});
    let (status, first) = ida.keyed(&path, "ticket-1", some.clone()).await;
    assert_eq!((status, &first["number"], &first["by"]), (201, &json!(1), &json!("operator:1")));
    let (status, again) = ida.keyed(&path, "ticket-1", some).await;
    assert_eq!((status, &again), (200, &first));
    let other = json!({"note": "another one"});
    let (status, _) = ida.keyed(&path, "ticket-1", other.clone()).await;
    assert_eq!(status, 422);
    let too_much = json!({"msat": 600_001, "note": "more"});
    let (status, told) = ida.keyed(&path, "ticket-2", too_much).await;
    assert_eq!((status, &told["code"]), (409, &json!("TOO_MUCH")));
    assert!(told["error"].as_str().unwrap().contains("600000 msat"), "{told}");
    let (status, rest) = ida.keyed(&path, "ticket-3", other).await;
    assert_eq!((status, &rest["msat"]), (201, &json!(600_000)));
    assert_eq!(available(&ida).await, before + price);
    let listed = ida.get(&format!("{path}?limit=1&after=1")).await;
    assert_eq!((&listed["data"], &listed["next"]), (&json!([rest]), &Value::Null));
    assert_eq!(customer.get("/balance").await["balance"], 5_000);

    let log = ida.get("/audit?action=credit.refund&account=1").await;
    let notes: Vec<_> =
        log["data"].as_array().unwrap().iter().map(|row| row["detail"]["note"].clone()).collect();
    assert_eq!(notes, ["another one", "it came too late"]);
    assert_eq!(log["data"][0]["on"], order["orderId"]);
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}

#[tokio::test]
async fn says_why_a_settled_invoice_of_nobody_is_not_given_back() {
    let (home, server, ida) = house();
    let stranger = Customer::of(&server);
    let order = stranger.buy_text("+4520123456", "hi").await;
    let path = format!("/orders/{}", order.id);
    let refund = format!("{path}/refunds");
    let (status, told) = ida.keyed(&refund, "a", json!({"note": "asked for"})).await;
    assert_eq!((status, &told["code"]), (409, &json!("NOT_YET_CHARGED")));
    stranger.pay(&order).await;
    until(&ida, &path, |order| order["status"] == "settled").await;
    let (status, told) = ida.keyed(&refund, "a", json!({"note": "asked for"})).await;
    assert_eq!((status, &told["code"]), (409, &json!("NO_ACCOUNT")));
    assert!(told["error"].as_str().unwrap().contains("a settled invoice cannot be returned"));
    for (key, body) in [
        ("", json!({"note": "asked for"})),
        ("b", json!({"note": " "})),
        ("b", json!({"msat": 0, "note": "asked for"})),
        ("b", json!({"msat": 1})),
    ] {
        let (status, told) = ida.keyed(&refund, key, body).await;
        assert_eq!((status, &told["code"]), (400, &json!("INVALID_PARAMS")), "{told}");
    }
    assert_eq!(ida.get(&refund).await["data"], json!([]));
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}

#[tokio::test]
async fn gives_back_the_share_of_one_of_many() {
    let (home, server, ida) = house();
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 1_000})).await;
    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "66", "msat": 7}]})).await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    ida.done("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    ida.done("POST", "/senders/1/approve", json!({})).await;
    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    let to = json!(["0812345678", "0812345679", "nobody"]);
    let sent = customer
        .post("/api/v2/sms/send", json!({"sender": "ACME", "content": "hi", "msisdns": to}))
        .await;
    let path = format!("/accounts/1/messages/{}", sent["uuid"].as_str().unwrap());
    let message = until(&ida, &path, |message| message["status"] == "sent").await;
    assert_eq!((&message["chargedMsat"], &message["givenBackMsat"]), (&json!(14), &json!(0)));

    let refunds = format!("{path}/refunds");
    let of = |index: u32| json!({"recipient": index, "note": "a wrong number"});
    let (status, told) = ida.keyed(&refunds, "a", of(0)).await;
    assert_eq!((status, &told["msat"], &told["recipient"]), (201, &json!(7), &json!(0)));
    let (status, told) = ida.keyed(&refunds, "b", of(0)).await;
    assert_eq!((status, &told["code"]), (409, &json!("TOO_MUCH")));
    let (status, told) = ida.keyed(&refunds, "b", of(2)).await;
    assert_eq!((status, &told["code"]), (409, &json!("NOT_CHARGED")), "it was not charged");
    assert_eq!(ida.keyed(&refunds, "b", of(3)).await.0, 404);
    let (status, told) = ida.keyed(&refunds, "b", json!({"note": "all of it"})).await;
    assert_eq!((status, &told["msat"]), (201, &json!(7)));
    assert_eq!(ida.get(&path).await["givenBackMsat"], 14);
    let of_one = ida.get(&format!("{refunds}?recipient=0")).await;
    assert_eq!(of_one["data"].as_array().unwrap().len(), 1);
    assert_eq!(available(&ida).await, 1_000);
    let elsewhere = refunds.replace("/accounts/1/", "/accounts/2/");
    assert_eq!(ida.refused("GET", &elsewhere, Value::Null).await, 404);
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}
