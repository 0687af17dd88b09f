//! Refused requests, with their error texts. None of them changes the store.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::HttpSettings;
use domain::account::KeyHash;
use domain::id::{KeyId, MessageId};
use domain::ports::NewKey;
use serde_json::json;
use sha2::{Digest, Sha256};
use testkit::clock::NOON;

use crate::house::{BY, House, Open, sats};
use crate::world::{text, unpaid};

/// Posts each body and returns all responses, one per line; nothing may be stored.
async fn refusals(open: &Open, path: &str, key: Option<&str>, bodies: &[&str]) -> String {
    let mut told = String::new();
    for body in bodies {
        let headers: Vec<_> = key.iter().map(|key| ("X-API-Key", *key)).collect();
        let answer = open.call("POST", path, &headers, body).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{body}");
        assert_eq!(answer.json()["status"], "error", "{body}");
        let shown: String = body.chars().take(100).collect();
        writeln!(told, "{}\n  {} {}", shown.escape_debug(), answer.status, answer.body).unwrap();
    }
    assert_eq!(open.changes(), 0);
    told
}

#[tokio::test]
async fn texts_and_numbers_that_cannot_be_sent() {
    let open = Open::new().await;
    let long = format!(r#"{{"phone":"+4520123456","message":"{}"}}"#, "x".repeat(141));
    let bodies = [
        long.as_str(),
        r#"{"phone":"+4520123456","message":""}"#,
        r#"{"phone":"+4520123456","message":" \n\t "}"#,
        r#"{"phone":"+4520123456","message":"a\u0000b"}"#,
        r#"{"phone":"+4520123456","message":"bell \u0007"}"#,
        r#"{"phone":"","message":"hi"}"#,
        r#"{"phone":"+","message":"hi"}"#,
        r#"{"phone":"12","message":"hi"}"#,
        r#"{"phone":"+4520123456x","message":"hi"}"#,
        r#"{"phone":"+452012345678901234","message":"hi"}"#,
        r#"{"phone":"0800 FLOWERS","message":"hi"}"#,
        r#"{"phone":"+45 2012 3456 2012 3456 2012 3456 2012 3456 2012","message":"hi"}"#,
        r#"{"phone":"+299221234","message":"hi"}"#,
        r#"{"phone":-4520123456,"message":"hi"}"#,
        r#"{"phone":4520123456.5,"message":"hi"}"#,
        r#"{"phone":"+4520123456","message":"hi","webhookUrl":"ftp://x.example"}"#,
        r#"{"phone":"+4520123456","message":"hi","webhookUrl":"not a url"}"#,
    ];
    insta::assert_snapshot!(refusals(&open, "/createsendorder", None, &bodies).await);
}

#[tokio::test]
async fn a_text_of_140_characters_is_taken_up_to_three_parts() {
    let open = Open::new().await;
    let body = |letter: &str, count: usize| {
        format!(r#"{{"phone":"+4520123456","message":"{}"}}"#, letter.repeat(count))
    };
    // 67 units of UCS-2 are a part of a long text (3GPP TS 23.040 §9.2.3.24.1), and an emoji is two.
    for (letter, count) in [("x", 140), ("æ", 140), ("ย", 140), ("😀", 99)] {
        let answer = open.post("/createsendorder", &body(letter, count)).await;
        assert_eq!(answer.status, 200, "{letter}: {answer}");
    }
    let changes = open.changes();
    for (count, parts) in [(100, 4), (140, 5)] {
        let answer = open.post("/createsendorder", &body("😀", count)).await;
        let reason = format!("takes {parts} parts, at most 3 are allowed");
        assert!(answer.status == 400 && answer.body.contains(&reason), "{answer}");
    }
    assert_eq!(open.changes(), changes, "nothing was stored");
}

#[tokio::test]
async fn the_operator_says_how_many_parts_a_price_buys() {
    let http = HttpSettings { order_parts_max: 5, ..HttpSettings::default() };
    let open = House::new().await.open_as(http).await;
    let emoji = "😀".repeat(140);
    let body = format!(r#"{{"phone":"+4520123456","message":"{emoji}"}}"#);
    assert_eq!(open.post("/createsendorder", &body).await.status, 200);
}

#[tokio::test]
async fn half_a_surrogate_pair_is_named() {
    let open = Open::new().await;
    for message in [r"cut \ud83d", r"\ude00 alone", r"\ud83d\ud83d\ude00"] {
        let body = format!(r#"{{"phone":"+4520123456","message":"{message}"}}"#);
        let answer = open.post("/createsendorder", &body).await;
        assert!(answer.status == 400 && answer.body.contains("half of a surrogate"), "{answer}");
    }
    assert_eq!(open.changes(), 0);
    let whole = r#"{"phone":"+4520123456","message":"whole \ud83d\ude00"}"#;
    assert_eq!(open.post("/createsendorder", whole).await.status, 200);
}

#[tokio::test]
async fn mail_that_cannot_be_sent() {
    let open = Open::new().await;
    let bodies = [
        r#"{"address":"","message":"hi"}"#,
        r#"{"address":"nobody","message":"hi"}"#,
        r#"{"address":"a@b.com\r\nBcc: c@d.com","message":"hi"}"#,
        r#"{"address":"a@b.com","message":""}"#,
        r#"{"address":"a@b.com","message":"a\u0000b"}"#,
        r#"{"address":"a@b.com","message":"a\u009bb"}"#,
        r#"{"address":["a@b.com"],"message":"hi"}"#,
        r#"{"message":"hi"}"#,
    ];
    insta::assert_snapshot!(refusals(&open, "/createemailsendorder", None, &bodies).await);
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let open = Open::new().await;
    let deep = "[".repeat(100_000 / 2);
    let deep_object = format!(r#"{{"phone":{}"#, r#"{"a":"#.repeat(1_000));
    let long_referral =
        format!(r#"{{"phone":"+4520123456","message":"hi","ref":"{}"}}"#, "x".repeat(300));
    let bodies = [
        "",
        " ",
        "{",
        "nonsense +4520123456",
        r#"{"phone":"+4520123456","message":"secret"#,
        r#"{"phone":"+4520123456" "message":"secret"}"#,
        "[]",
        r#"[{"phone":"+4520123456","message":"hi"}]"#,
        r#""text""#,
        "null",
        "42",
        "{}",
        r#"{"phone":"+4520123456"}"#,
        r#"{"phone":null,"message":"hi"}"#,
        r#"{"phone":true,"message":"hi"}"#,
        r#"{"phone":{"a":1},"message":"hi"}"#,
        r#"{"phone":"+4520123456","message":5}"#,
        r#"{"phone":"+4520123456","message":["hi"]}"#,
        r#"{"phone":"+4520123456","message":"hi","immediate":1}"#,
        r#"{"phone":"+4520123456","message":"hi","immediate":"yes"}"#,
        r#"{"phone":"+4520123456","message":"hi","webhookUrl":7}"#,
        r#"{"phone":"+4520123456","message":"hi","webhookEvents":true}"#,
        r#"{"phone":"+4520123456","message":"hi","webhookEvents":"some"}"#,
        r#"{"phone":"+4520123456","message":"hi","ref":{}}"#,
        r#"{"phone":"+4520123456","message":"hi","ref":"a\u0000@b.com"}"#,
        r#"{"phone":"+4520123456","message":"hi","ref":"getalby.com"}"#,
        r#"{"phone":"+4520123456","message":"hi","ref":"me@localhost"}"#,
        r#"{"phone":"+4520123456","message":"hi","ref":"me+tag@getalby.com"}"#,
        r#"{"phone":"+4520123456","message":"hi","ref":"lnurl1dp68gurn8ghj7"}"#,
        r#"{"phone":"+4520123456","message":"\ud800"}"#,
        r#"{"phone":1e999,"message":"hi"}"#,
        &long_referral,
        &deep_object,
        &deep,
    ];
    insta::assert_snapshot!(refusals(&open, "/createsendorder", None, &bodies).await);
}

#[tokio::test]
async fn a_webhook_url_has_2048_characters_at_most() {
    let open = Open::new().await;
    let of = |length: usize| {
        let url = format!("{:x<length$}", "https://shop.example/");
        json!({"phone": "+4520123456", "message": "hi", "webhookUrl": url}).to_string()
    };
    let answer = open.post("/createsendorder", &of(2_049)).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("it is too long"), "{}", answer.body);
    assert_eq!(open.changes(), 0);
    let answer = open.post("/createsendorder", &of(2_048)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn bytes_that_are_no_text() {
    let open = Open::new().await;
    let mut bytes = b"POST /createsendorder HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".to_vec();
    bytes.extend(b"Content-Length: 13\r\n\r\n{\"phone\":\"\xff\xfe\"");
    let answer = crate::client::exchange(open.address, &bytes).await;
    insta::assert_snapshot!(answer.body);
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn keys_that_are_none() {
    let house = House::new().await;
    let revoked = house.key(sats(9_000), "*", None).await;
    assert!(house.store.revoke_key(KeyId(1), BY, NOON).await.unwrap());
    let open = house.open_as(Default::default()).await;
    let long = "k".repeat(4_000);
    let mut told = String::new();
    let send = r#"{"phone":"+4520123456","message":"hi"}"#;
    let immediate = r#"{"phone":"+4520123456","message":"hi","immediate":true}"#;
    for (method, path, body) in [
        ("POST", "/createsendorder", send),
        ("POST", "/createsendorder", immediate),
        ("POST", "/createemailsendorder", r#"{"address":"a@b.com","message":"hi"}"#),
        ("POST", "/fund", r#"{"amount":1000}"#),
        ("GET", "/balance", ""),
        ("GET", "/history", ""),
    ] {
        for key in ["bg_nonsense", revoked.as_str(), "ключ", &long] {
            let answer = open.call(method, path, &[("x-api-key", key)], body).await;
            let shown: String = key.chars().take(11).collect();
            let (status, body) = (answer.status, answer.body);
            writeln!(told, "{method} {path} {shown}\n  {status} {body}").unwrap();
        }
    }
    for (method, path, body) in [
        ("POST", "/createsendorder", immediate),
        ("POST", "/fund", r#"{"amount":1000}"#),
        ("GET", "/balance", ""),
        ("GET", "/history", ""),
    ] {
        for headers in [&[][..], &[("X-API-Key", "")]] {
            let answer = open.call(method, path, headers, body).await;
            let (status, body) = (answer.status, answer.body);
            writeln!(told, "{method} {path} {headers:?}\n  {status} {body}").unwrap();
        }
    }
    insta::assert_snapshot!(told);
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn amounts_that_cannot_be_funded() {
    let house = House::new().await;
    let key = house.key(sats(0), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let bodies = [
        "{}",
        r#"{"amount":null}"#,
        r#"{"amount":0}"#,
        r#"{"amount":-5000}"#,
        r#"{"amount":10000001}"#,
        r#"{"amount":1000.5}"#,
        r#"{"amount":1e30}"#,
        r#"{"amount":99999999999999999999}"#,
        r#"{"amount":"1000 sats"}"#,
        r#"{"amount":".0"}"#,
        r#"{"amount":"1.0.0"}"#,
        r#"{"amount":true}"#,
        r#"{"amount":[1000]}"#,
    ];
    insta::assert_snapshot!(refusals(&open, "/fund", Some(&key), &bodies).await);
}

#[tokio::test]
async fn orders_that_are_unknown() {
    let open = Open::new().await;
    let nobody = "0".repeat(64);
    let mut told = String::new();
    for path in ["/orderstatus", "/cancelorder"] {
        for query in [
            String::new(),
            "?orderId=".into(),
            "?orderId=7".into(),
            format!("?orderId={nobody}"),
            format!("?orderId={nobody}00"),
            format!("?orderId={}", "z".repeat(64)),
            "?orderId=%00%ff".into(),
            "?%".into(),
        ] {
            let answer = open.get(&format!("{path}{query}")).await;
            let (status, body) = (answer.status, answer.body);
            writeln!(told, "{path}{query}\n  {status} {body}").unwrap();
        }
    }
    for body in ["", "{}", r#"{"orderId":7}"#, r#"{"orderId":"7"}"#] {
        let answer = open.post("/cancelorder", body).await;
        writeln!(told, "POST {body}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
    assert_eq!(open.changes(), 0);
}

/// A server with this many orders, and a key.
async fn full(orders: u64, held: bool, client: &str) -> (Open, String) {
    let house = House::new().await;
    let key = house.key(sats(9_000), "sms:send", None).await;
    let world = house.world();
    let add = async |number: u64| {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let order = world.add_order(unpaid(id, text(), client)).await;
        if held {
            let mut new = world.message(1);
            new.content.message = MessageId(uuid::Uuid::from_u128(number.into()));
            world.hold(order, sats(1_000), Some(new)).await;
        }
    };
    futures_util::future::join_all((0..orders).map(add)).await;
    (house.open_as(Default::default()).await, key)
}

#[tokio::test]
async fn what_the_house_cannot_do_now() {
    let house = House::new().await;
    let narrow = house.key(sats(9_000), "sms:send", None).await;
    let open = house.open_as(Default::default()).await;
    let send = r#"{"phone":"+4520123456","message":"hi"}"#;
    let mut told = String::new();
    let mut tell = |what: &str, answer: crate::client::Answer| {
        writeln!(told, "{what}\n  {} {}", answer.status, answer.body).unwrap();
    };
    let house = &open.house;

    house.node.down.store(true, Ordering::SeqCst);
    tell("node down", open.post("/createsendorder", send).await);
    house.node.down.store(false, Ordering::SeqCst);

    for (what, orders, held, client) in [
        ("too many open", 10_000, false, "others"),
        ("node full", 60, true, "others"),
        // With a key, because the limits per client do not apply to this machine.
        ("too many open of yours", 100, false, "key:1"),
        ("too many held of yours", 50, true, "key:1"),
    ] {
        let (full, key) = full(orders, held, client).await;
        let answer = match client {
            "key:1" => full.post_with_key("/createsendorder", &key, send).await,
            _ => full.post("/createsendorder", send).await,
        };
        tell(what, answer);
        assert_eq!(full.changes(), 0);
    }
    assert_eq!(open.changes(), 0);

    // Before, the key is still cached.
    house.clock.advance(Duration::from_secs(1));
    house.gate.set_down(true);
    let id = "0".repeat(64);
    tell("store down, create", open.post("/createsendorder", send).await);
    tell(
        "store down, create with key",
        open.post_with_key("/createsendorder", &narrow, send).await,
    );
    tell("store down, status", open.get(&format!("/orderstatus?orderId={id}")).await);
    tell("store down, cancel", open.get(&format!("/cancelorder?orderId={id}")).await);
    tell("store down, balance", open.get_with_key("/balance", &narrow).await);
    tell("store down, price with key", open.get_with_key("/price", &narrow).await);
    house.gate.set_down(false);

    let hash = KeyHash(Sha256::digest(b"bg_powerless").into());
    let new =
        NewKey { account: house.account(), hash, scopes: vec![], rate: None, description: None };
    house.store.add_key(new, BY, NOON).await.unwrap();
    let answer = open.post_with_key("/createsendorder", "bg_powerless", send).await;
    tell("a key without scopes", answer);
    insta::assert_snapshot!(told);
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn a_panic_is_answered_and_the_next_request_served() {
    let open = Open::new().await;
    open.house.gate.set_panics(true);
    let path = format!("/orderstatus?orderId={}", "0".repeat(64));
    insta::assert_snapshot!(open.get(&path).await);
    open.house.gate.set_panics(false);
    assert_eq!(open.get("/").await.status, 200);
}
