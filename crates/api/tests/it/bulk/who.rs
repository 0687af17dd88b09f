//! Permissions, rate limits and idempotency of keys.

use std::fmt::Write as _;

use api::HttpSettings;
use tokio::io::AsyncWriteExt;

use super::answers::message;
use super::{Acme, PREVIEW, SEND, to};
use crate::client::{answer, connect};
use crate::house::{BY, House, sats};
use domain::account::blocklist::{BlockProof, BlockScope};
use domain::account::sender::SenderEvent;
use domain::id::SenderNumber;
use domain::message::MessageState;
use testkit::clock::NOON;

const ID: &str = "019abcde-0000-7000-8000-000000000000";

#[tokio::test]
async fn keys_that_are_none_and_keys_that_may_not() {
    let house = House::new().await;
    let mail = house.key(sats(1_000), "email:send", None).await;
    let reader = house.key(sats(1_000), "sms:read", None).await;
    let open = house.open_as(HttpSettings::default()).await;
    let mut told = String::new();
    for (method, path) in [
        ("POST", SEND),
        ("POST", PREVIEW),
        ("POST", &format!("/api/v2/sms/{ID}/cancel")),
        ("POST", &format!("/api/v2/sms/{ID}/retry")),
        ("POST", &format!("/api/v2/sms/{ID}/pause")),
        ("POST", &format!("/api/v2/sms/{ID}/resume")),
        ("GET", "/api/v2/sms"),
        ("GET", &format!("/api/v2/sms/{ID}")),
        ("GET", &format!("/api/v2/sms/{ID}/recipients")),
        ("GET", "/api/v2/credits"),
        ("GET", "/api/v2/senders"),
    ] {
        writeln!(told, "{method} {}", path.replace(ID, "…")).unwrap();
        for (name, headers) in [
            ("none", &[][..]),
            ("bad", &[("x-api-key", "bg_nonsense")]),
            ("e-mail only", &[("X-Api-KEY", mail.as_str())]),
            ("reads only", &[("x-api-key", reader.as_str())]),
        ] {
            let answer = open.call(method, path, headers, "").await;
            writeln!(told, "  {name}: {} {}", answer.status, answer.body).unwrap();
        }
    }
    insta::assert_snapshot!(told);
    assert_eq!(open.changes(), 0);
}

/// A key without permission is refused before the body is read.
#[tokio::test]
async fn a_key_is_judged_before_the_body() {
    let house = House::new().await;
    let mail = house.key(sats(1_000), "email:send", None).await;
    let open = house.open_as(HttpSettings::default()).await;
    for (key, status) in [("bg_nonsense", 401), (mail.as_str(), 403)] {
        let mut stream = connect(open.address).await;
        let head = format!(
            "POST {SEND} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Length: 60000000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.status, status);
    }
}

#[tokio::test]
async fn a_key_has_its_rate_here_too() {
    let house = House::new().await;
    let slow = house.key(sats(0), "*", Some(1)).await;
    let open = house.open_as(HttpSettings::default()).await;
    assert_eq!(open.get_with_key("/api/v2/credits", &slow).await.status, 200);
    insta::assert_snapshot!(open.get_with_key("/api/v2/credits", &slow).await);
    let unknown = open.get_with_key("/api/v2/nothing", &slow).await;
    assert_eq!((unknown.status, &unknown.json()["code"]), (429, &"RATE_LIMITED".into()));
}

#[tokio::test]
async fn a_message_of_another_account_is_forbidden_and_one_of_nobody_is_not_there() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Scheduled).await;
    let mail = r#"{"address":"satoshi@example.com","message":"hello","immediate":true}"#;
    assert_eq!(acme.post("/createemailsendorder", mail).await.status, 200);
    let other = acme.open.house.key(sats(0), "*", None).await;
    let (theirs, nobodys) = (message.id.to_string(), ID.to_owned());
    for (method, verb) in [
        ("GET", ""),
        ("GET", "/recipients"),
        ("GET", "/recipients?after=0"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("POST", "/pause"),
        ("POST", "/resume"),
    ] {
        for (id, status, code) in [
            (&theirs, 403, "FORBIDDEN"),
            (&nobodys, 404, "NOT_FOUND"),
            (&"7".to_owned(), 404, "NOT_FOUND"),
        ] {
            let path = format!("/api/v2/sms/{id}{verb}");
            let answer = acme.open.call(method, &path, &[("x-api-key", &other)], "").await;
            let expected = (status, &code.into());
            assert_eq!((answer.status, &answer.json()["code"]), expected, "{method} {path}");
        }
    }
    assert_eq!(acme.stored(message.id).await.state, MessageState::Scheduled, "it is untouched");
}

#[tokio::test]
async fn a_key_that_reads_sees_what_another_sent_and_changes_nothing() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Scheduled).await;
    let reader = acme.open.house.key_of(acme.open.house.account(), "sms:read").await;
    let headers = [("x-api-key", reader.as_str())];
    for path in ["", "/recipients"] {
        let path = format!("/api/v2/sms/{}{path}", message.id);
        assert_eq!(acme.open.call("GET", &path, &headers, "").await.status, 200);
    }
    let preview = acme.open.call("POST", PREVIEW, &headers, &to(&["0812345678"])).await;
    assert_eq!(preview.status, 200, "{preview}");
    let changes = acme.open.changes();
    for verb in ["cancel", "pause", "resume", "retry"] {
        let path = format!("/api/v2/sms/{}/{verb}", message.id);
        let answer = acme.open.call("POST", &path, &headers, "").await;
        assert_eq!((answer.status, &answer.json()["code"]), (403, &"FORBIDDEN".into()));
    }
    assert_eq!(acme.open.call("POST", SEND, &headers, &to(&["0812345678"])).await.status, 403);
    assert_eq!(acme.open.changes(), changes);
}

#[tokio::test]
async fn the_same_request_is_answered_as_before_and_not_judged_again() {
    let acme = Acme::new().await;
    let body = to(&["0812345678", "12", "+66812345678", "12", "0898765432"]);
    let blocked = vec!["66898765432".parse().unwrap()];
    let (scope, proof) = (BlockScope::Everybody, BlockProof::by(BY));
    acme.open.house.store.block(scope, blocked, proof, NOON).await.unwrap();
    let first = acme.post_once(SEND, "once", &body).await;
    assert_eq!(first.status, 200, "{first}");
    let told = ["total", "invalid", "blocked", "duplicates"].map(|name| first.json()[name].clone());
    assert_eq!(told, [3, 1, 1, 2].map(serde_json::Value::from));
    // The conditions have changed since the first request.
    let withdraw = SenderEvent::Withdraw;
    let store = &acme.open.house.store;
    store.decide_sender(SenderNumber(1), withdraw, None, BY, NOON).await.unwrap().unwrap();
    let again = acme.post_once(SEND, "once", &body).await;
    assert_eq!(first.body, again.body);
    assert_eq!(acme.open.changes(), 1);
    let other = acme.post_once(SEND, "once", &(body.clone() + " ")).await;
    insta::assert_snapshot!(other);
    assert_eq!(acme.post_once(SEND, "twice", &body).await.status, 403, "a new request is checked");
}

#[tokio::test]
async fn a_large_request_is_known_again_too() {
    let acme = Acme::with_credit(100_000).await;
    let numbers: Vec<_> = (0..20_000).map(|number| format!("08123{number:05}")).collect();
    let body = to(&numbers.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(body.len() > 200_000);
    let first = acme.post_once(SEND, "once", &body).await;
    assert_eq!(first.status, 200, "{first}");
    assert_eq!(acme.post_once(SEND, "once", &body).await.body, first.body);
    let other = body.replace("0812300000", "0812399999");
    assert_eq!(acme.post_once(SEND, "once", &other).await.status, 422);
    assert_eq!(acme.open.changes(), 1);
}

#[tokio::test]
async fn an_idempotency_key_is_visible_and_not_too_long() {
    let acme = Acme::new().await;
    let body = to(&["0812345678"]);
    for bad in ["", "a b", "ключ", &"x".repeat(256)] {
        let answer = acme.post_once(SEND, bad, &body).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &"INVALID_PARAMS".into()),
            "{bad}"
        );
    }
    assert_eq!(acme.open.changes(), 0);
    assert_eq!(acme.post_once(SEND, &"x".repeat(255), &body).await.status, 200);
}
