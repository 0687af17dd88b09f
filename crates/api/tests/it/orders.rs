//! Send orders: creation, payment from credit, status, cancellation.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::account::AccountSettings;
use domain::account::blocklist::{BlockProof, BlockScope};
use domain::id::{KeyId, OrderId};
use domain::ports::Clock;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{Order, OrderKind};
use testkit::clock::NOON;

use crate::client::Answer;
use crate::house::{BY, House, Open, sats};

const SEND: &str = r#"{"phone":"+4520123456","message":"hello"}"#;

/// The order named in the response.
async fn stored(open: &Open, answer: &Answer) -> Order {
    let id: OrderId = answer.json()["orderId"].as_str().unwrap().parse().unwrap();
    open.house.store.order(id).await.unwrap().unwrap()
}

/// URLs that receive the order's webhook when it is paid.
async fn reported_to_when_paid(open: &Open, answer: &Answer, number: u8) -> Vec<String> {
    let (world, order) = (open.house.world(), stored(open, answer).await);
    world.hold(order.id, order.price, Some(world.message(number))).await;
    let until = NOON.after(Duration::from_secs(1));
    let due = world.store.claim_deliveries("world", NOON, until, 10).await.unwrap();
    due.into_iter().map(|event| event.target.url().to_owned()).collect()
}

#[tokio::test]
async fn asks_for_payment_by_invoice() {
    let open = Open::new().await;
    insta::assert_snapshot!(open.post("/createsendorder", SEND).await);
    assert_eq!(open.changes(), 2);
}

/// Gaps of an hour between two blocks come every few days.
#[tokio::test]
async fn sells_while_the_tip_is_at_most_two_hours_old() {
    let open = Open::new().await;
    let minutes = |count: u64| Duration::from_secs(count * 60);
    open.house.clock.advance(minutes(61));
    assert_eq!(open.post("/createsendorder", SEND).await.status, 200);
    open.house.clock.advance(minutes(59));
    assert_eq!(open.post("/createsendorder", SEND).await.status, 200);
    open.house.clock.advance(minutes(1));
    let answer = open.post("/createsendorder", SEND).await;
    assert!(answer.status == 503 && answer.body.contains("node is not ready"), "{answer}");
}

#[tokio::test]
async fn sends_to_possible_numbers() {
    let open = Open::new().await;
    for (phone, accepted) in [
        ("+19871234567", true),
        ("+4512345678", true),
        ("+447700900123", true),
        ("+4520000000", true),
        ("+4521000000", true),
        ("4512345678", true),
        ("004520123456", true),
        ("+451234567", false),
        ("+4590123456", false),
        ("+19001234567", false),
        ("+999123456789", false),
        // No route of the house names satellite phones.
        ("+870773111632", false),
        ("+979123456789", false),
    ] {
        let body = format!(r#"{{"phone":"{phone}","message":"hello"}}"#);
        let answer = open.post("/createsendorder", &body).await;
        assert_eq!(answer.status == 200, accepted, "{phone}: {answer}");
        assert!(accepted || !answer.json()["reason"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn sends_mail_by_invoice() {
    let open = Open::new().await;
    let body = r#"{"address":"satoshi@example.com","message":"hello\nworld"}"#;
    let answer = open.post("/createemailsendorder", body).await;
    assert_eq!(stored(&open, &answer).await.kind(), OrderKind::Email);
    insta::assert_snapshot!(answer);
}

#[tokio::test]
async fn tells_the_signing_secret_with_a_webhook() {
    let open = Open::new().await;
    let body =
        r#"{"phone":"+4520123456","message":"hello","webhookUrl":"https://shop.example/hook"}"#;
    let answer = open.post("/createsendorder", body).await;
    assert_eq!(reported_to_when_paid(&open, &answer, 1).await, ["https://shop.example/hook"]);
    insta::assert_snapshot!(answer);
}

#[tokio::test]
async fn tells_a_webhook_what_it_wants_to_know() {
    let open = Open::new().await;
    for (number, (events, told)) in (1..).zip([("null", 1), (r#""all""#, 1), (r#""final""#, 0)]) {
        let body = format!(
            r#"{{"phone":"+4520123456","message":"hello","webhookUrl":"https://shop.example/hook",
                "webhookEvents":{events}}}"#
        );
        let answer = open.post("/createsendorder", &body).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(reported_to_when_paid(&open, &answer, number).await.len(), told, "{events}");
    }
    for wrong in [r#""Final""#, r#""""#, "1", "[]"] {
        let body =
            format!(r#"{{"address":"a@example.com","message":"hello","webhookEvents":{wrong}}}"#);
        let answer = open.post("/createemailsendorder", &body).await;
        assert!(answer.body.contains("webhookEvents"), "{answer}");
    }
    assert_eq!(
        open.house.store.order_load().await.unwrap().open,
        0,
        "an invalid field creates no order"
    );
}

#[tokio::test]
async fn refuses_a_revoked_key_within_a_second() {
    let house = House::new().await;
    let key = house.key(sats(7_000), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    assert_eq!(open.post_with_key("/createsendorder", &key, body).await.status, 200);
    let now = open.house.clock.now();
    assert!(open.house.store.revoke_key(KeyId(1), BY, now).await.unwrap());
    open.house.clock.advance(Duration::from_secs(1));
    let refused = open.post_with_key("/createsendorder", &key, body).await;
    assert!(refused.status == 401 && refused.body.contains("revoked"), "{refused}");
}

/// Concurrent requests share a call of the store, and each gets its own response.
#[tokio::test]
async fn answers_each_of_many_immediate_orders() {
    let house = House::new().await;
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
    assert_eq!(ids.len(), 7, "each has its own id");
    let refused = answers.iter().filter(|answer| answer.body.contains("insufficient credit"));
    assert_eq!(refused.count(), 13);
    let balance = open.house.store.balance(open.house.account()).await.unwrap();
    assert_eq!((balance.available, balance.reserved), (sats(0), sats(7_000)));
}

#[tokio::test]
async fn takes_an_immediate_order_from_credit() {
    let house = House::new().await;
    let key = house.key(sats(1_500), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    insta::assert_snapshot!(open.post_with_key("/createsendorder", &key, body).await);
    assert_eq!(open.house.available().await, sats(500));
    insta::assert_snapshot!(
        "insufficient",
        open.post_with_key("/createsendorder", &key, body).await
    );
    assert_eq!(open.house.available().await, sats(500), "the second order changed nothing");
}

/// For every payment method, nothing is stored and no invoice is created.
#[tokio::test]
async fn refuses_a_number_that_is_blocked() {
    let house = House::new().await;
    let key = house.key(sats(1_500), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let (numbers, proof) = (vec!["4520123456".parse().unwrap()], BlockProof::by(BY));
    open.house.store.block(BlockScope::Everybody, numbers, proof, NOON).await.unwrap();
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    insta::assert_snapshot!(open.post_with_key("/createsendorder", &key, body).await);
    let invoiced = open.post("/createsendorder", &body.replace("true", "false")).await;
    assert!(invoiced.body.contains("takes no messages from here"), "{invoiced}");
    assert_eq!(open.house.available().await, sats(1_500));
    assert_eq!(open.house.store.order_load().await.unwrap().unfinished, 0);
}

#[tokio::test]
async fn refuses_what_is_over_the_daily_limit() {
    let house = House::new().await;
    let key = house.key(sats(9_000), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let account = open.house.account();
    let settings = AccountSettings { spend_per_day: Some(sats(999)), ..Default::default() };
    assert!(open.house.store.set_account_settings(account, settings, BY, NOON).await.unwrap());
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
    insta::assert_snapshot!(open.post_with_key("/createsendorder", &key, body).await);
    assert_eq!(open.house.available().await, sats(9_000));
}

/// Each body is that of a public client, or a harmless variation.
#[tokio::test]
async fn reads_bodies_as_clients_write_them() {
    let open = Open::new().await;
    let mut referred = 0;
    for body in [
        r#"{"message":"hi","phone":"+4520123456","ref":"me@getalby.com"}"#,
        r#"{"message":"hi","phone":"+4520123456","ref":"Me@GetAlby.com"}"#,
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
        let order = stored(&open, &answer).await;
        let Fulfilment::Message { to, text, .. } = order.fulfilment else { panic!("{body}") };
        assert_eq!((to.stored().as_str(), text.as_str()), ("4520123456", "hi"), "{body}");
        if let Some(referral) = order.referral {
            assert_eq!(referral, "me@getalby.com");
            referred += 1;
        }
    }
    assert_eq!(referred, 2);
}

#[tokio::test]
async fn reads_json_and_forms() {
    let open = Open::new().await;
    let form = "phone=%2B4520123456&message=h%C3%A5+%F0%9F%98%80&immediate=false&ref=&other=1";
    let with_bom = format!("\u{feff}{SEND}");
    for (kind, body, text) in [
        (None, SEND, "hello"),
        (None, &with_bom, "hello"),
        (Some("application/json"), &with_bom, "hello"),
        (Some("application/json;charset=utf-8"), SEND, "hello"),
        // As curl -d writes it.
        (Some("application/x-www-form-urlencoded"), SEND, "hello"),
        (Some("application/x-www-form-urlencoded; charset=UTF-8"), form, "hå 😀"),
    ] {
        let headers: Vec<_> = kind.iter().map(|kind| ("Content-Type", *kind)).collect();
        let answer = open.call("POST", "/createsendorder", &headers, body).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer}");
        let Fulfilment::Message { to, text: stored, .. } = stored(&open, &answer).await.fulfilment
        else {
            panic!("{kind:?}")
        };
        assert_eq!((to.stored().as_str(), stored.as_str()), ("4520123456", text), "{kind:?}");
    }
}

#[tokio::test]
async fn refuses_other_content_types_and_forms_that_are_no_text() {
    let open = Open::new().await;
    for kind in ["text/plain;charset=UTF-8", "application/xml", "multipart/form-data", "nonsense"] {
        let answer = open.call("POST", "/createsendorder", &[("Content-Type", kind)], SEND).await;
        assert_eq!(answer.status, 415, "{kind}: {answer}");
        assert!(answer.body.contains("application/json"), "{answer}");
    }
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    for form in ["phone=%2B4520123456&message=%ff", "message=hi", "phone=%2B4520123456&message="] {
        let answer = open.call("POST", "/createsendorder", &kind, form).await;
        assert_eq!(answer.status, 400, "{form}: {answer}");
    }
    assert_eq!(open.changes(), 0);
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
    let house = House::new().await;
    let key = house.key(sats(5_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let body = r#"{"phone":"+4520123456","message":"hello","immediate":"true"}"#;
    let id = open.post_with_key("/createsendorder", &key, body).await.json()["orderId"].clone();
    let id: OrderId = id.as_str().unwrap().parse().unwrap();
    assert_eq!(open.house.world().claim(10.into()).await.len(), 1);
    insta::assert_snapshot!(open.get(&format!("/cancelorder?orderId={id}")).await);
}
