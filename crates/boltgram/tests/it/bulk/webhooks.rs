//! The webhooks of campaigns: signed, in order, many recipients in one call.

use std::collections::BTreeSet;

use reqwest::Client;
use serde_json::{Value, json};

use super::campaigner::{Campaigner, SEND};
use super::house::{House, Rows};
use crate::receiver::{Call, Receiver};
use crate::running::{Home, PATIENCE, Running};
use crate::webhooks::verdicts;

on_both_stores! {
    recipients_are_told_by_batches_and_the_end_last
}

/// Calls until the first of this type, that one included.
async fn until(receiver: &Receiver, last: &str) -> Vec<Call> {
    let begun = std::time::Instant::now();
    loop {
        let calls = receiver.calls();
        if let Some(at) = calls.iter().position(|call| call.json()["type"] == last) {
            return calls[..=at].to_vec();
        }
        assert!(begun.elapsed() < PATIENCE, "{} calls without {last}", calls.len());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn recipients_are_told_by_batches_and_the_end_last(rows: Rows) {
    const MANY: u64 = 3_000;
    let receiver = Receiver::open().await;
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 10_000);
    let mut numbers: Vec<_> = (0..MANY).map(|n| format!("+66812{n:05}9")).collect();
    numbers[7] = "0812340002".to_owned();
    numbers.extend(["12".to_owned(), numbers[0].clone()]);
    let body = json!({
        "sender": "ACME", "content": "Hello", "msisdns": numbers,
        "webhookUrl": receiver.url(), "webhookEvents": "recipients",
    });
    // One call fails and is made again before the next.
    receiver.answer_next(&[500]);
    let sent = acme.send(&body).await;
    let counted = ["total", "invalid", "blocked", "duplicates"].map(|name| sent[name].clone());
    assert_eq!(counted, [MANY + 1, 1, 0, 1].map(Value::from), "{sent}");
    let secret = sent["webhookSecret"].as_str().unwrap().to_owned();
    let calls = until(&receiver, "message.finished").await;
    assert_eq!(calls[0].headers["webhook-id"], calls[1].headers["webhook-id"]);
    assert_eq!(calls[0].body, calls[1].body);
    let (mut told, mut failed) = (BTreeSet::new(), Vec::new());
    for call in &calls[1..calls.len() - 1] {
        let body = call.json();
        assert_eq!((&body["type"], &body["uuid"]), (&json!("message.recipients"), &sent["uuid"]));
        let recipients = body["recipients"].as_array().unwrap();
        assert!((1..=1_000).contains(&recipients.len()), "{}", recipients.len());
        for one in recipients {
            assert!(told.insert(one["id"].as_u64().unwrap()), "told twice: {one}");
            if one["status"] != "success" {
                failed.push(one.clone());
            }
        }
    }
    assert!(told.iter().copied().eq(1..=MANY), "{} recipients", told.len());
    assert_eq!(failed, [json!({"id": 8, "msisdn": "66812340002", "status": "failed"})]);
    let end = calls.last().unwrap().json();
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!((&end["status"], &end["uuid"]), (&json!("sent"), &sent["uuid"]));
    assert_eq!((&end["drSummary"], &end["total"]), (&message["drSummary"], &json!(MANY + 1)));
    assert!(verdicts(&secret, &calls).iter().all(|verdict| verdict["ok"] == true));
    server.stop();
    house.assert_sound();
}

async fn set(home: &Home, server: &Running, settings: Value) -> (u16, Value) {
    let key = home.answer(&["operator", "add", "Ida"]);
    let set = Client::new().put(server.url("/admin/v1/accounts/1/settings")).bearer_auth(&key);
    let answer = set.json(&settings).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_webhook_of_the_account_gets_the_end_of_every_campaign() {
    let receiver = Receiver::open().await;
    let home = Home::bare();
    let server = home.serve();
    let acme = Campaigner::new(&home, &server, 100);
    let body = json!({"sender": "ACME", "content": "Hello", "msisdns": ["0812345678"]});
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    for (name, value) in [
        ("webhookEvents", json!("finished")),
        ("webhookUrl", json!("ftp://example.com/")),
        ("webhookUrl", json!("http://10.0.0.1/hook")),
        ("webhookUrl", json!(7)),
        ("webhookEvents", json!("all")),
    ] {
        acme.refused(SEND, &with(name, value), (400, "INVALID_PARAMS")).await;
    }
    acme.assert_untouched(100).await;
    let silent = acme.send(&body).await;
    assert_eq!(silent.get("webhookSecret"), None, "{silent}");

    let (status, told) = set(&home, &server, json!({"webhookUrl": receiver.url()})).await;
    assert_eq!((status, &told["webhookEvents"]), (200, &json!("finished")), "{told}");
    let sent = acme.send(&body).await;
    let told = until(&receiver, "message.finished").await;
    let end = told.last().unwrap().json();
    assert_eq!((told.len(), &end["uuid"]), (1, &sent["uuid"]), "{end}");
    assert_eq!(end["drSummary"]["success"], 1, "{end}");
    let secret = sent["webhookSecret"].as_str().unwrap();
    assert_eq!(verdicts(secret, &told), [json!({"ok": true})]);
    server.stop();
}
