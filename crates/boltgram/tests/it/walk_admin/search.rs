//! An operator searches for a number in all accounts.

use serde_json::{Value, json};

use super::{Operator, house};
use crate::customer::Customer;

/// The results of all pages of this search.
async fn all(ida: &Operator, path: &str) -> Vec<Value> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = ida.get(&format!("{path}{after}")).await;
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn finds_a_number_wherever_it_was_sent_to() {
    let (home, server, ida) = house();
    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "", "msat": 1}]})).await;
    for name in ["acme", "bolt"] {
        ida.done("POST", "/accounts", json!({"name": name, "creditMsat": 50_000_000})).await;
    }
    let acme = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let acme = Customer::of(&server).with_key(acme.as_str().unwrap());
    let bolt = ida.done("POST", "/keys", json!({"account": 2})).await["key"].clone();
    let bolt = Customer::of(&server).with_key(bolt.as_str().unwrap());
    for account in [1, 2] {
        ida.done("POST", "/senders", json!({"account": account, "name": "ACME"})).await;
        ida.done("POST", &format!("/senders/{account}/approve"), json!({})).await;
    }
    let code = json!({"phone": "+66812000150", "message": "1234", "immediate": true});
    let order = acme.post("/createsendorder", code).await["orderId"].clone();
    let to: Vec<_> = (0..1_500).map(|n| format!("081{:07}", 2_000_000 + n)).collect();
    let many = json!({"sender": "ACME", "content": "hi", "msisdns": to});
    let many = bolt.post("/api/v2/sms/send", many).await["uuid"].clone();

    let found = all(&ida, "/recipients?number=66812000150").await;
    let places: Vec<_> = found.iter().map(|one| (&one["kind"], &one["account"])).collect();
    assert_eq!(places, [(&json!("many"), &json!(2)), (&json!("order"), &json!(1))]);
    assert_eq!((&found[0]["message"], &found[0]["index"]), (&many, &json!(150)));
    assert_eq!((&found[1]["order"], &found[1]["priceMsat"]), (&order, &Value::Null));
    assert_eq!(found[1]["address"], "66812000150");
    let of = |query: &str| format!("/recipients?number=%2B66812000150&{query}");
    assert_eq!(all(&ida, &of("account=1")).await.len(), 1);
    assert_eq!(all(&ida, &of("status=blocked")).await, [] as [Value; 0]);
    assert_eq!(all(&ida, &of("until=2020-01-01T00:00:00Z")).await, [] as [Value; 0]);
    let of_message = format!("/recipients?message={}&limit=400", many.as_str().unwrap());
    let indices: Vec<_> =
        all(&ida, &of_message).await.iter().map(|one| one["index"].as_u64().unwrap()).collect();
    assert_eq!(indices, (0..1_500).collect::<Vec<_>>(), "page by page, each once");

    let messages = all(&ida, "/messages?from=2020-01-01T00:00:00Z&limit=1").await;
    let kinds: Vec<_> = messages.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["many", "order"]);
    assert_eq!((&messages[0]["recipients"], &messages[1]["order"]), (&json!(1_500), &order));
    assert_eq!(all(&ida, "/messages?account=1&limit=9").await.len(), 1);
    for path in [
        "/recipients?number=0812000150",
        "/recipients?number=1&number=2",
        "/recipients?after=there",
        "/recipients?message=none",
        "/recipients?status=lost",
        "/messages?from=yesterday",
        "/messages?after=1",
        "/messages?limit=501",
    ] {
        assert_eq!(ida.refused("GET", path, Value::Null).await, 400, "{path}");
    }
    assert!(!home.logs().contains("812000150"), "the number is not logged");
    server.stop();
}

#[tokio::test]
async fn goes_through_accounts_keys_and_messages_page_by_page() {
    let (_home, server, ida) = house();
    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "", "msat": 1}]})).await;
    for number in 1..=5 {
        let new = json!({"name": format!("acme-{number}"), "creditMsat": 1_000});
        ida.done("POST", "/accounts", new).await;
    }
    for number in 1..=5 {
        ida.done("POST", "/keys", json!({"account": 1 + number % 2})).await;
    }
    let ids = |page: &Value| {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let page = ida.get("/accounts?limit=2&after=2").await;
    assert_eq!((ids(&page), &page["next"]), (vec![3, 4], &json!(4)));
    let page = ida.get("/accounts?limit=2&after=4").await;
    assert_eq!((ids(&page), &page["next"]), (vec![5], &Value::Null));
    assert_eq!(page["data"][0]["availableMsat"], 1_000);
    let page = ida.get("/keys?account=2&limit=2").await;
    assert_eq!((ids(&page), &page["next"]), (vec![1, 3], &json!(3)));
    let page = ida.get("/keys?account=2&limit=2&after=3").await;
    assert_eq!((ids(&page), &page["next"]), (vec![5], &Value::Null));

    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let customer = Customer::of(&server).with_key(key.as_str().unwrap());
    ida.done("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    ida.done("POST", "/senders/1/approve", json!({})).await;
    let mut sent = Vec::new();
    for number in 0..5 {
        let to = json!([format!("08120000{number:02}")]);
        let message = json!({"sender": "ACME", "content": "hi", "msisdns": to});
        sent.push(customer.post("/api/v2/sms/send", message).await["uuid"].clone());
    }
    sent.reverse();
    let found = all(&ida, "/accounts/1/messages?limit=2").await;
    assert_eq!(found.iter().map(|one| one["uuid"].clone()).collect::<Vec<_>>(), sent);
    server.stop();
}
