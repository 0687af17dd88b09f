//! Lists and pages.

use std::fmt::Write as _;
use std::time::Duration;

use domain::message::MessageState;
use domain::message::campaign::BulkMessage;
use serde_json::{Value, json};

use super::answers::{later, message, path};
use super::{Acme, SEND, to};
use crate::world::Fate;

/// A processed message to this many numbers.
async fn carried(acme: &Acme, many: u32, fate: impl Fn(u32) -> Fate) -> BulkMessage {
    let numbers: Vec<_> = (0..many).map(|number| format!("0812{number:06}")).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    assert_eq!(acme.post(SEND, &to(&numbers)).await.status, 200);
    acme.carry(Duration::ZERO, fate).await;
    acme.last().await
}

fn ids(page: &Value) -> Vec<u64> {
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn recipients_are_told_from_cursor_to_cursor_or_by_page() {
    let acme = Acme::new().await;
    let body = to(&["0812345670", "0812345671", "0812345672", "12"]);
    assert_eq!(acme.post(SEND, &body).await.status, 200);
    let fates = [Fate::Delivered, Fate::Submitted, Fate::Failed];
    acme.carry(Duration::ZERO, |index| fates[index as usize]).await;
    let message = acme.last().await;
    let mut told = String::new();
    for query in ["?after=0&limit=3", "?page=1&limit=3", "?after=0&status=pending", "?after=3"] {
        let answer = acme.get(&path(&message, &format!("/recipients{query}"))).await;
        writeln!(told, "{query}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_cursor_is_where_the_list_goes_on() {
    let acme = Acme::with_credit(2_000).await;
    let fate = |index| if index == 5 { Fate::Failed } else { Fate::Submitted };
    let message = carried(&acme, 1_100, fate).await;
    let all = |from: u64, to: u64| (from..=to).collect::<Vec<_>>();
    for (query, expected) in [
        ("after=0", all(1, 100)),
        ("after=17&limit=5", all(18, 22)),
        ("after=17&limit=5000", all(18, 1_017)),
        ("after=4294967295", vec![]),
        ("after=2&page=7&status=failed", vec![6]),
        ("after=2&limit=4&status=pending", vec![3, 4, 5, 7]),
        ("page=2&limit=2", vec![3, 4]),
    ] {
        let answer = acme.get(&path(&message, &format!("/recipients?{query}"))).await;
        assert_eq!((answer.status, ids(&answer.json())), (200, expected), "{query}");
    }
}

#[tokio::test]
async fn a_page_of_a_status_leaves_out_those_before_it() {
    let acme = Acme::new().await;
    let failed = |index| matches!(index, 2 | 4 | 6);
    let fate = |index| if failed(index) { Fate::Failed } else { Fate::Delivered };
    let message = carried(&acme, 12, fate).await;
    let page = async |number: u32| {
        let query = format!("/recipients?status=failed&page={number}&limit=1");
        acme.get(&path(&message, &query)).await.json()
    };
    let third = page(3).await;
    assert_eq!((&third["total"], ids(&third)), (&3.into(), vec![7]));
    assert_eq!(page(4).await["data"], json!([]));
}

#[tokio::test]
async fn messages_are_told_by_page_and_status() {
    let acme = Acme::new().await;
    let mut sent = Vec::new();
    for number in 0..22 {
        let body = to(&["0812345678"]);
        let body = if number == 21 { later(&body) } else { body };
        // Messages of the same millisecond have no defined order.
        acme.open.house.clock.advance(Duration::from_millis(1));
        sent.insert(0, acme.post(SEND, &body).await.json()["uuid"].clone());
    }
    for (query, limit, expected) in [
        ("", 20, &sent[..20]),
        ("?page=3&limit=7", 7, &sent[14..21]),
        ("?limit=5000", 100, &sent[..]),
        ("?page=4294967295&limit=100", 100, &[]),
        ("?status=scheduled", 20, &sent[..1]),
    ] {
        let answer = acme.get(&format!("/api/v2/sms{query}")).await;
        assert_eq!(answer.status, 200, "{answer}");
        let page = answer.json();
        assert_eq!(page["limit"], limit);
        let told: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|one| &one["uuid"]).collect();
        assert_eq!(told, expected.iter().collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn queries_that_ask_for_nothing_are_refused() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Sent).await;
    let recipients = path(&message, "/recipients");
    let mut told = String::new();
    for (name, path) in [
        ("messages", "/api/v2/sms?status=success".to_owned()),
        ("messages", "/api/v2/sms?status=Sent".to_owned()),
        ("messages", "/api/v2/sms?page=0".to_owned()),
        ("messages", "/api/v2/sms?limit=0".to_owned()),
        ("messages", "/api/v2/sms?limit=-1".to_owned()),
        ("messages", "/api/v2/sms?page=4294967296".to_owned()),
        ("recipients", format!("{recipients}?after=-1")),
        ("recipients", format!("{recipients}?after=%2B1")),
        ("recipients", format!("{recipients}?after=x")),
        ("recipients", format!("{recipients}?after=99999999999")),
        ("recipients", format!("{recipients}?status=sent")),
        ("recipients", format!("{recipients}?limit=x")),
    ] {
        let answer = acme.get(&path).await;
        let query = path.split('?').nth(1).unwrap();
        writeln!(told, "{name}?{query}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}
