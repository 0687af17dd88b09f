//! Invalid, oversized and incomplete requests: a clear error, and no effect on either store.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::campaigner::{Campaigner, SEND, words};
use super::house::{House, Rows};
use crate::running::Running;

on_both_stores! {
    what_is_wrong_leaves_no_trace
    a_body_that_is_cut_leaves_no_trace
}

const CREDITS: u32 = 3;

fn body(sender: &str, numbers: impl Iterator<Item = u64>, last: &str) -> String {
    let mut body = format!(r#"{{"sender":"{sender}","content":"Hello","msisdns":["#);
    for number in numbers {
        write!(body, "\"{number}\",").unwrap();
    }
    body + last + "]}"
}

/// Sends with an idempotency key. Returns status and response.
async fn send(acme: &Campaigner, body: String) -> (u16, Value) {
    acme.post_text(SEND, Some("once"), body).await
}

async fn what_is_wrong_leaves_no_trace(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, CREDITS);
    let from = 66_810_000_100_u64;
    let some = || from..from + 20_000;
    let valid = "\"0812345678\"";
    for (body, with, why) in [
        (
            body("ACME", some(), r#"{"number":"0812345678"}"#),
            (400, "INVALID_PARAMS"),
            "`msisdns` must be a list of strings",
        ),
        (
            body("Nobody", some(), valid),
            (403, "SENDER_NOT_APPROVED"),
            "the sender is not approved for this account",
        ),
        (
            body("ACME", some(), valid),
            (402, "INSUFFICIENT_CREDITS"),
            "insufficient credits: the price is 20001, 3 are available",
        ),
    ] {
        let (status, answer) = send(&acme, body).await;
        assert_eq!(words(status, &answer, with), why);
        acme.assert_untouched(CREDITS).await;
        house.assert_sound();
    }
    // None of them has used the idempotency key.
    let (status, sent) = send(&acme, body("ACME", from..from + 2, valid)).await;
    assert_eq!((status, &sent["total"]), (200, &json!(3)), "{sent}");
    acme.await_end(&sent["uuid"]).await;
    assert_eq!(acme.credits().await, 0);
    house.assert_sound();
    server.stop();
}

/// Sends a request that ends after `at` octets of `body`. Returns the response.
async fn cut(server: &Running, key: &str, body: &[u8], at: usize) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST {SEND} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nIdempotency-Key: once\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..at]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn a_body_that_is_cut_leaves_no_trace(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 50_000);
    // Scheduled and cancelled at the end, because this test sends nothing.
    let start = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let whole = body("ACME", 66_810_000_000..66_810_049_999, "\"0812345678\"");
    let whole = whole.replacen('{', &format!(r#"{{"scheduledTime":"{start}","#), 1);
    for at in [0, 10, 60_000, whole.len() / 2, whole.len() - 1] {
        let answer = cut(&server, &acme.key, whole.as_bytes(), at).await;
        let (head, told) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 "), "{at}: {answer}");
        let told = serde_json::from_str(told).unwrap();
        assert_eq!(words(400, &told, (400, "INVALID_PARAMS")), "the request body broke off");
        acme.assert_untouched(50_000).await;
    }
    house.assert_sound();
    let (status, sent) = send(&acme, whole).await;
    assert_eq!((status, &sent["credits"]), (200, &json!(50_000)), "{sent}");
    assert_eq!(acme.credits().await, 0);
    assert_eq!(acme.change(&sent["uuid"], "cancel").await.0, 200);
    assert_eq!(acme.credits().await, 50_000);
    house.assert_sound();
    server.stop();
}

/// On one store: to the other these are ordinary recipients.
#[tokio::test]
async fn two_million_times_one_number_is_one_recipient() {
    let house = House::new(Rows::Sqlite, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, CREDITS);
    let same = std::iter::repeat_n(66_812_345_678, 1_999_999);
    let (status, sent) = send(&acme, body("ACME", same, "\"0812345678\"")).await;
    assert_eq!((status, &sent["total"], &sent["credits"]), (200, &json!(1), &json!(1)), "{sent}");
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!((&message["total"], &message["credits"]), (&json!(1), &json!(1)), "{message}");
    assert_eq!(acme.recipients(&sent["uuid"], 10).await.len(), 1);
    assert_eq!(acme.credits().await, CREDITS - 1);
    house.assert_sound();
    server.stop();
}

/// On one store: it is refused before the store is accessed.
#[tokio::test]
async fn one_number_more_than_two_million_leaves_no_trace() {
    let house = House::new(Rows::Sqlite, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, CREDITS);
    let numbers = 66_810_000_000..66_812_000_000;
    let (status, answer) = send(&acme, body("ACME", numbers, "\"0822345678\"")).await;
    let told = words(status, &answer, (400, "INVALID_PARAMS"));
    assert_eq!(told, "at most 2000000 numbers are allowed");
    acme.assert_untouched(CREDITS).await;
    house.assert_sound();
    server.stop();
}
