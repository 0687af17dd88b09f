//! `Idempotency-Key` at every POST that creates or spends.

use std::sync::Arc;

use api::HttpSettings;
use domain::id::OrderId;
use domain::ports::NodeVerdict;

use crate::client::Answer;
use crate::house::{House, Open, sats};

const SEND: &str = r#"{"phone":"+4520123456","message":"hello"}"#;
const NOW: &str = r#"{"phone":"+4520123456","message":"hello","immediate":true}"#;
const MAIL: &str = r#"{"address":"satoshi@example.com","message":"hello"}"#;
const FUND: &str = r#"{"amount":5000}"#;

async fn rich() -> (Open, String) {
    let house = House::new().await;
    let key = house.key(sats(9_000), "*", None).await;
    (house.open_as(HttpSettings::default()).await, key)
}

async fn post(open: &Open, path: &str, api_key: &str, key: &str, body: &str) -> Answer {
    let mut headers = vec![("Idempotency-Key", key)];
    if !api_key.is_empty() {
        headers.push(("X-API-Key", api_key));
    }
    open.call("POST", path, &headers, body).await
}

#[tokio::test]
async fn a_repeat_has_the_same_answer_and_changes_nothing() {
    let (open, api_key) = rich().await;
    let hook = SEND.replace('}', r#","webhookUrl":"https://shop.example/hook"}"#);
    let hook_now = NOW.replace('}', r#","webhookUrl":"https://shop.example/hook"}"#);
    for (number, (path, api_key, body)) in [
        ("/createsendorder", "", SEND),
        ("/createsendorder", "", &hook),
        ("/createsendorder", &api_key, SEND),
        ("/createsendorder", &api_key, NOW),
        ("/createsendorder", &api_key, &hook_now),
        ("/createemailsendorder", "", MAIL),
        ("/fund", &api_key, FUND),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{number}");
        let first = post(&open, path, api_key, &key, body).await;
        assert_eq!(first.status, 200, "{path}: {first}");
        let (changes, available) = (open.changes(), open.house.available().await);
        let again = post(&open, path, api_key, &key, body).await;
        assert_eq!((again.status, &again.body), (200, &first.body), "{path}");
        assert_eq!((open.changes(), open.house.available().await), (changes, available), "{path}");
        let other = post(&open, path, api_key, &key, &format!("{body} ")).await;
        assert_eq!(other.status, 422, "{path}: {other}");
        assert_eq!(other.json()["status"], "error");
        assert!(other.body.contains("idempotency key"), "{other}");
        assert_eq!(open.changes(), changes, "{path}");
    }
    assert_eq!(open.house.available().await, sats(7_000));
}

#[tokio::test]
async fn the_path_is_part_of_the_request() {
    let (open, api_key) = rich().await;
    assert_eq!(post(&open, "/createsendorder", &api_key, "k", SEND).await.status, 200);
    assert_eq!(post(&open, "/createemailsendorder", &api_key, "k", SEND).await.status, 400);
    assert_eq!(post(&open, "/createemailsendorder", &api_key, "k", MAIL).await.status, 422);
    assert_eq!(post(&open, "/CreateSendOrder/", &api_key, "k", SEND).await.status, 200);
}

#[tokio::test]
async fn a_key_belongs_to_the_api_key_or_to_the_network() {
    let house = House::new().await;
    let (one, other) = (house.key(sats(0), "*", None).await, house.key(sats(0), "*", None).await);
    let open = house.open_as(HttpSettings::default()).await;
    let mut ids = Vec::new();
    for api_key in ["", &one, &other] {
        let answer = post(&open, "/createsendorder", api_key, "k", SEND).await;
        ids.push(answer.json()["orderId"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[tokio::test]
async fn a_request_may_be_made_again_when_its_order_ended_unpaid() {
    let (open, api_key) = rich().await;
    let first = post(&open, "/createsendorder", &api_key, "k", SEND).await.json();
    let id = first["orderId"].as_str().unwrap().to_owned();
    assert_eq!(open.get(&format!("/cancelorder?orderId={id}")).await.status, 200);
    let order: OrderId = id.parse().unwrap();
    open.house.world().node_says(order, NodeVerdict::Cancelled).await;
    let again = post(&open, "/createsendorder", &api_key, "k", SEND).await;
    assert_eq!(again.status, 200, "{again}");
    assert_ne!(again.json()["orderId"], first["orderId"]);
}

#[tokio::test]
async fn a_refused_request_may_be_mended() {
    let (open, api_key) = rich().await;
    let empty = r#"{"phone":"+4520123456","message":""}"#;
    assert_eq!(post(&open, "/createsendorder", &api_key, "k", empty).await.status, 400);
    assert_eq!(post(&open, "/createsendorder", &api_key, "k", SEND).await.status, 200);
    for _ in 0..9 {
        post(&open, "/createsendorder", &api_key, "spent", NOW).await;
    }
    assert_eq!(open.house.available().await, sats(8_000));
    for number in 0..8 {
        let answer = post(&open, "/createsendorder", &api_key, &format!("n{number}"), NOW).await;
        assert_eq!(answer.status, 200, "{answer}");
    }
    assert_eq!(post(&open, "/createsendorder", &api_key, "late", NOW).await.status, 402);
    assert_eq!(open.house.available().await, sats(0));
}

#[tokio::test]
async fn concurrent_repeats_are_one_order() {
    let (open, api_key) = rich().await;
    let open = Arc::new(open);
    for body in [SEND, NOW] {
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (open, api_key) = (open.clone(), api_key.clone());
            callers.spawn(async move {
                post(&open, "/createsendorder", &api_key, &format!("k{}", body.len()), body).await
            });
        }
        let answers = callers.join_all().await;
        let first = &answers[0];
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (200, &first.body));
        }
    }
    assert_eq!(open.house.available().await, sats(8_000));
    assert_eq!(open.house.store.order_load().await.unwrap().open, 1);
}

#[tokio::test]
async fn a_key_has_a_form() {
    let open = Open::new().await;
    let long = "k".repeat(256);
    for key in ["", "with space", &long, "ключ"] {
        let answer = post(&open, "/createsendorder", "", key, SEND).await;
        assert!(answer.status == 400 && answer.body.contains("Idempotency-Key"), "{key}: {answer}");
    }
    assert_eq!(open.changes(), 0);
}
