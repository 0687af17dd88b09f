//! Orders for sending: taken, paid from credit, told, cancelled.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::id::OrderId;
use domain::money::Msat;
use domain::ports::Clock;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{OrderKind, Wanted};

use crate::house::{House, Open, sats};

const SEND: &str = r#"{"phone":"+4520123456","message":"hello"}"#;

#[tokio::test]
async fn asks_for_payment_by_invoice() {
    let open = Open::new().await;
    insta::assert_snapshot!(open.post("/createsendorder", SEND).await);
    assert_eq!(open.changes(), 2);
}

#[tokio::test]
async fn sends_mail_by_invoice() {
    let open = Open::new().await;
    let body = r#"{"address":"satoshi@example.com","message":"hello\nworld"}"#;
    insta::assert_snapshot!(open.post("/createemailsendorder", body).await);
    let rows = open.house.store.rows();
    assert!(rows.orders.values().all(|order| order.kind() == OrderKind::Email));
}

#[tokio::test]
async fn tells_the_signing_secret_with_a_webhook() {
    let open = Open::new().await;
    let body =
        r#"{"phone":"+4520123456","message":"hello","webhookUrl":"https://shop.example/hook"}"#;
    insta::assert_snapshot!(open.post("/createsendorder", body).await);
    let rows = open.house.store.rows();
    let webhook = rows.webhooks.values().next().unwrap();
    assert_eq!(webhook.url, "https://shop.example/hook");
    assert_eq!(webhook.wants, Wanted::All);
}

#[tokio::test]
async fn tells_a_webhook_what_it_wants_to_know() {
    let open = Open::new().await;
    for (events, wants) in
        [("null", Wanted::All), (r#""all""#, Wanted::All), (r#""final""#, Wanted::Final)]
    {
        let body = format!(
            r#"{{"phone":"+4520123456","message":"hello","webhookUrl":"https://shop.example/hook",
                "webhookEvents":{events}}}"#
        );
        let answer = open.post("/createsendorder", &body).await;
        assert_eq!(answer.status, 200, "{answer}");
        let mut rows = open.house.store.rows();
        let stored: Vec<_> = rows.webhooks.drain().map(|(_, webhook)| webhook.wants).collect();
        assert_eq!(stored, [wants]);
    }
    for wrong in [r#""Final""#, r#""""#, "1", "[]"] {
        let body =
            format!(r#"{{"address":"a@example.com","message":"hello","webhookEvents":{wrong}}}"#);
        let answer = open.post("/createemailsendorder", &body).await;
        assert!(answer.body.contains("webhookEvents"), "{answer}");
    }
    assert_eq!(open.house.store.rows().orders.len(), 3, "an order with a wrong field is none");
}

#[tokio::test]
async fn refuses_a_revoked_key_within_a_second() {
    let house = House::new();
    let key = house.key(sats(7_000), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    assert_eq!(open.post_with_key("/createsendorder", &key, body).await.status, 200);
    let now = open.house.clock.now();
    open.house.store.rows().keys.values_mut().for_each(|key| key.revoked_at = Some(now));
    open.house.clock.advance(Duration::from_secs(1));
    let refused = open.post_with_key("/createsendorder", &key, body).await;
    assert!(refused.status == 401 && refused.body.contains("revoked"), "{refused}");
}

/// Many callers at once share a call of the store, and each gets his own answer.
#[tokio::test]
async fn answers_each_of_many_immediate_orders() {
    let house = House::new();
    let key = house.key(sats(7_000), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    let (open, mut callers) = (Arc::new(open), tokio::task::JoinSet::new());
    for _ in 0..20 {
        let (open, key) = (open.clone(), key.clone());
        callers.spawn(async move { open.post_with_key("/createsendorder", &key, body).await });
    }
    let answers = callers.join_all().await;
    let ids: HashSet<_> = answers
        .iter()
        .filter(|answer| answer.body.contains("\"paid\""))
        .map(|answer| answer.body.clone())
        .collect();
    assert_eq!(ids.len(), 7, "each with an id of its own");
    let refused = answers.iter().filter(|answer| answer.body.contains("insufficient credit"));
    assert_eq!(refused.count(), 13);
    assert_eq!(open.changes(), 7);
}

#[tokio::test]
async fn takes_an_immediate_order_from_credit() {
    let house = House::new();
    let key = house.key(sats(1_500), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    insta::assert_snapshot!(open.post_with_key("/createsendorder", &key, body).await);
    let left: Msat = open.house.store.rows().available.values().copied().sum();
    assert_eq!(left, sats(500));
    insta::assert_snapshot!(
        "insufficient",
        open.post_with_key("/createsendorder", &key, body).await
    );
    assert_eq!(open.changes(), 1, "the second order left nothing");
}

/// Whichever way it is to be paid, nothing is stored and no invoice made.
#[tokio::test]
async fn refuses_a_number_that_is_blocked() {
    let house = House::new();
    let key = house.key(sats(1_500), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    open.house.store.rows().bulk.blocked = vec!["4520123456".parse().unwrap()];
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    insta::assert_snapshot!(open.post_with_key("/createsendorder", &key, body).await);
    let invoiced = open.post("/createsendorder", &body.replace("true", "false")).await;
    assert!(invoiced.body.contains("takes no messages from here"), "{invoiced}");
    assert_eq!((open.changes(), open.house.store.rows().orders.len()), (0, 0));
}

#[tokio::test]
async fn refuses_what_is_over_the_daily_limit() {
    let house = House::new();
    let key = house.key(sats(9_000), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    open.house.store.rows().left_today = Some(sats(999));
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    insta::assert_snapshot!(open.post_with_key("/createsendorder", &key, body).await);
    assert_eq!(open.changes(), 0);
}

/// Each body is one that a public client sends, or a harmless variation of it.
#[tokio::test]
async fn reads_bodies_as_clients_write_them() {
    let open = Open::new().await;
    for body in [
        r#"{"message":"hi","phone":"+4520123456","ref":"me@getalby.com"}"#,
        r#"{"message":"hi","phone":"+4520123456","ref":""}"#,
        r#"{"message":"hi","phone":"+4520123456","ref":null,"immediate":null,"webhookUrl":null}"#,
        r#"{"message":"hi","phone":"+4520123456","immediate":false,"webhookUrl":""}"#,
        r#"{"message":"hi","phone":"+4520123456","immediate":"false"}"#,
        r#"{"message":"hi","phone":4520123456}"#,
        r#"{"message":"hi","phone":"4520123456"}"#,
        r#"{"message":"hi","phone":"+45 20 12 34 56"}"#,
        r#"{"message":"hi","phone":"+4520123456","unheard":{"of":[1,2,3]}}"#,
        "\r\n {\"message\": \"hi\",\n\"phone\": \"+4520123456\"}\n",
    ] {
        let answer = open.post("/createsendorder", body).await;
        assert_eq!(answer.status, 200, "{body}: {answer}");
    }
    let rows = open.house.store.rows();
    assert_eq!(rows.orders.len(), 10);
    let to = |fulfilment: &Fulfilment| match fulfilment {
        Fulfilment::Message { to, text, .. } => {
            to.stored() == "4520123456" && text.as_str() == "hi"
        }
        _ => false,
    };
    assert!(rows.orders.values().all(|order| to(&order.fulfilment)));
    assert_eq!(rows.orders.values().filter(|order| order.referral.is_some()).count(), 1);
}

#[tokio::test]
async fn the_content_type_does_not_matter() {
    let open = Open::new().await;
    for kind in ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "nonsense"] {
        let answer = open.call("POST", "/createsendorder", &[("Content-Type", kind)], SEND).await;
        assert_eq!(answer.status, 200, "{kind}: {answer}");
    }
}

#[tokio::test]
async fn paths_are_the_same_in_any_case() {
    let open = Open::new().await;
    for path in ["/createSendOrder", "/CREATESENDORDER/", "/createsendorder?x=1"] {
        assert_eq!(open.post(path, SEND).await.status, 200, "{path}");
    }
    let answer = open.post("/createsendorder", SEND).await;
    let id = answer.json()["orderId"].as_str().unwrap().to_owned();
    for path in ["/orderStatus?orderId=", "/ORDERSTATUS/?orderid=", "/orderstatus?a=b&orderId="] {
        assert_eq!(open.get(&format!("{path}{id}")).await.status, 200, "{path}");
    }
    let upper = id.to_uppercase();
    assert_eq!(open.get(&format!("/orderstatus?orderId={upper}")).await.status, 200);
}

#[tokio::test]
async fn an_order_is_cancelled_once() {
    let open = Open::new().await;
    let id = open.post("/createsendorder", SEND).await.json()["orderId"].clone();
    let path = format!("/cancelorder?orderId={}", id.as_str().unwrap());
    insta::assert_snapshot!("cancelled", open.get(&path).await);
    let changes = open.changes();
    insta::assert_snapshot!("cancelled_twice", open.get(&path).await);
    assert_eq!(open.changes(), changes);
}

#[tokio::test]
async fn a_cancellation_may_be_posted() {
    let open = Open::new().await;
    for by_body in [true, false] {
        let id = open.post("/createsendorder", SEND).await.json()["orderId"].clone();
        let id = id.as_str().unwrap();
        let answer = if by_body {
            open.post("/cancelorder", &format!(r#"{{"orderId":"{id}"}}"#)).await
        } else {
            open.post(&format!("/cancelorder?orderId={id}"), "").await
        };
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"OK"}"#));
    }
}

#[tokio::test]
async fn a_look_with_head_does_not_cancel() {
    let open = Open::new().await;
    let id = open.post("/createsendorder", SEND).await.json()["orderId"].clone();
    let id = id.as_str().unwrap();
    let changes = open.changes();
    let answer = open.call("HEAD", &format!("/cancelorder?orderId={id}"), &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (405, ""));
    assert_eq!(answer.header("allow"), Some("GET,POST"));
    let answer = open.call("HEAD", &format!("/orderstatus?orderId={id}"), &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(open.changes(), changes);
}

#[tokio::test]
async fn a_message_under_way_is_not_cancelled() {
    let house = House::new();
    let key = house.key(sats(5_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":"true"}"#;
    let id = open.post_with_key("/createsendorder", &key, body).await.json()["orderId"].clone();
    let id: OrderId = id.as_str().unwrap().parse().unwrap();
    insta::assert_snapshot!(open.get(&format!("/cancelorder?orderId={id}")).await);
}
