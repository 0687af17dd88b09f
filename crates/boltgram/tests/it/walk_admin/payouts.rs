//! An operator looks at what referrers are owed, and pauses their payment.

use serde_json::{Value, json};

use super::refunds::until;
use super::{Operator, house};
use crate::customer::Customer;

const ME: &str = "me@example.com";

/// Sells a text from credit to whom `referral` sent.
async fn sell(ida: &Operator, customer: &Customer, referral: &str) -> String {
    let text =
        json!({"phone": "+4520123456", "message": "1234", "immediate": true, "ref": referral});
    let order = customer.post("/createsendorder", text).await;
    let path = format!("/orders/{}", order["orderId"].as_str().unwrap());
    until(ida, &path, |order| order["status"] == "settled").await;
    path
}

#[tokio::test]
async fn sees_what_referrers_are_owed_and_stops_their_payment() {
    let (home, server, ida) = house();
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 9_000_000})).await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    let (status, _) = ida.call("POST", "/referrers/retry", json!({"address": ME})).await;
    assert_eq!(status, 404, "nothing is due");

    let first = sell(&ida, &customer, "Me@Example.com").await;
    sell(&ida, &customer, ME).await;
    sell(&ida, &customer, "you@example.com").await;
    sell(&ida, &customer, "").await;
    let referrers = ida.get("/referrers?limit=1").await;
    let me = &referrers["data"][0];
    assert_eq!((&me["address"], &me["dueMsat"]), (&json!(ME), &json!(200_000)), "{referrers}");
    assert_eq!((&me["failures"], &me["stoppedAt"]), (&json!(0), &Value::Null));
    assert_eq!(referrers["next"], ME);
    let rest = ida.get(&format!("/referrers?after={ME}")).await;
    assert_eq!(rest["data"][0]["address"], "you@example.com");
    assert_eq!(rest["next"], Value::Null);

    ida.keyed(&format!("{first}/refunds"), "ticket-1", json!({"note": "late"})).await;
    ida.done("POST", "/payouts/pause", Value::Null).await;
    ida.done("POST", "/payouts/pause", Value::Null).await;
    let state = ida.get("/payouts/state").await;
    assert_eq!((&state["dueMsat"], &state["attempting"]), (&json!(200_000), &json!(0)));
    assert!(state["pausedAt"].is_string(), "{state}");
    let listed = home.answer(&["payout", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["referrers"][0]["dueMsat"], 100_000);
    assert!(listed["payouts"] == json!([]) && listed["pausedAt"].is_string(), "{listed}");
    let shown = home.answer(&["payout", "list"]);
    assert!(shown.contains("due: 200 sats, paused since 20"), "{shown}");
    assert!(shown.contains("me@example.com: 100 sats"), "{shown}");

    assert!(home.answer(&["payout", "resume"]).contains("payouts resumed"));
    assert!(home.answer(&["payout", "resume"]).contains("were not paused"));
    assert!(home.answer(&["payout", "pause"]).contains("payouts paused"));
    ida.done("POST", "/payouts/resume", Value::Null).await;
    assert_eq!(ida.get("/payouts/state").await["pausedAt"], Value::Null);
    assert_eq!(ida.get("/payouts?status=paid").await, json!({"data": [], "next": null}));
    ida.done("POST", "/referrers/retry", json!({"address": ME})).await;
    assert!(home.answer(&["payout", "retry", ME]).contains("is tried again"));
    assert!(
        home.complaint(1, &["payout", "retry", "nobody@example.com"]).contains("nothing is due")
    );
    home.complaint(2, &["payout", "retry", "nobody"]);
    for (method, path, body) in [
        ("GET", "/payouts?status=lost", Value::Null),
        ("GET", "/payouts?after=7", Value::Null),
        ("GET", "/referrers?after=me", Value::Null),
        ("POST", "/referrers/retry", json!({"address": "me"})),
        ("POST", "/referrers/retry", json!({})),
    ] {
        assert_eq!(ida.refused(method, path, body).await, 400, "{path}");
    }
    let audit = ida.get("/audit?action=payout.pause").await;
    let by: Vec<_> = audit["data"].as_array().unwrap().iter().map(|entry| &entry["by"]).collect();
    assert_eq!(by, ["command-line", "operator:1"]);
    assert!(home.answer(&["ledger", "check"]).contains("ledger"), "it is sound");
}
