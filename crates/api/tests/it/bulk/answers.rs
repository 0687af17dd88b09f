//! Every response body of the bulk door, and every refusal of a change.

use std::fmt::Write as _;
use std::time::Duration;

use api::HttpSettings;
use domain::account::AccountSettings;
use domain::id::MessageId;
use domain::limits::BULK_RECEIPTS_WITHIN;
use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, RefundPolicy};
use domain::money::Msat;
use testkit::clock::NOON;

use super::{Acme, PREVIEW, SEND, to};
use crate::client::Answer;
use crate::gate::Lost;
use crate::world::Fate;

const THREE: [&str; 3] = ["0812345678", "66898765432", "12"];

/// A message to three numbers in a given state: one is invalid; if it was sent, the second one failed.
pub(super) async fn message(acme: &Acme, state: MessageState) -> BulkMessage {
    let body = match state {
        MessageState::Scheduled | MessageState::Cancelled => later(&to(&THREE)),
        _ => to(&THREE),
    };
    let answer = acme.post(SEND, &body).await;
    assert_eq!(answer.status, 200, "{answer}");
    let id = named(&answer);
    let first = if state == MessageState::Failed { Fate::Failed } else { Fate::Delivered };
    match state {
        MessageState::Scheduled | MessageState::Pending => {}
        MessageState::Cancelled => {
            let answer = acme.post(&format!("/api/v2/sms/{id}/cancel"), "").await;
            assert_eq!(answer.status, 200, "{answer}");
        }
        MessageState::Sent | MessageState::Failed => {
            let fate = |index| if index == 0 { first } else { Fate::Failed };
            acme.carry(Duration::from_millis(1_500), fate).await;
        }
    }
    let message = acme.stored(id).await;
    assert_eq!(message.state, state);
    message
}

/// The message named in the response.
pub(super) fn named(answer: &Answer) -> MessageId {
    MessageId(answer.json()["uuid"].as_str().unwrap().parse().unwrap())
}

pub(super) fn path(message: &BulkMessage, verb: &str) -> String {
    format!("/api/v2/sms/{}{verb}", message.id)
}

/// The same request, scheduled in a minute.
pub(super) fn later(body: &str) -> String {
    body.replacen('{', &format!(r#"{{"scheduledTime": "{}", "#, soon()), 1)
}

#[tokio::test]
async fn sends() {
    let acme = Acme::new().await;
    insta::assert_snapshot!(acme.post(SEND, &to(&["0812345678", "66898765432", "12"])).await);
}

#[tokio::test]
async fn reads_numbers_as_people_dial_them_and_as_answers_print_them() {
    let acme = Acme::with_credit(100).await;
    for (written, to) in [
        ("001 65 8212 3456", Some("6582123456")),
        ("001-47-922-12-345", Some("4792212345")),
        ("007 45 2012 3456", Some("4520123456")),
        ("4520123456", Some("4520123456")),
        ("+19871234567", Some("19871234567")),
        ("+5215512345678", Some("525512345678")),
        ("0012025550143", None),
        ("4512345678", None),
        ("+4590123456", None),
        ("+870773111632", None),
    ] {
        let answer = acme.post(SEND, &super::to(&[written, "0812345678"])).await;
        let (Some(to), 200) = (to, answer.status) else {
            assert!(to.is_none(), "{written}: {answer}");
            continue;
        };
        let list = acme.get(&format!("/api/v2/sms/{}/recipients", named(&answer))).await.json();
        let rows = list["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["msisdn"] != "66812345678").unwrap();
        assert_eq!((&row["msisdn"], &row["status"]), (&to.into(), &"pending".into()), "{written}");
    }
}

#[tokio::test]
async fn sends_later() {
    let acme = Acme::new().await;
    let later = serde_json::json!({
        "sender": "ACME",
        "content": "Hello {{name}}",
        "variables": {"name": "Toon"},
        "msisdns": ["0812345678", "66898765432", "12"],
        "scheduledTime": soon(),
    });
    insta::assert_snapshot!(acme.post(SEND, &later.to_string()).await.body);
}

/// A minute after the test's noon, in Bangkok time.
fn soon() -> String {
    let noon = jiff::Timestamp::from_millisecond(NOON.as_millis()).unwrap();
    let soon = noon + jiff::SignedDuration::from_secs(60);
    let offset = jiff::tz::Offset::constant(7);
    soon.display_with_offset(offset).to_string()
}

#[tokio::test]
async fn tells_a_price() {
    let acme = Acme::with_credit(3).await;
    let mut told = String::new();
    let dry = to(&["0812345678"]).replace("{", r#"{"dryRun": true, "#);
    let long = to(&["0812345678", "0898765432", "12"]).replace("Hello", &"ก".repeat(71));
    for (path, body) in [(SEND, &dry), (PREVIEW, &to(&["0812345678"])), (PREVIEW, &long)] {
        let answer = acme.post(path, body).await;
        writeln!(told, "{path}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn tells_messages() {
    let mut told = String::new();
    for &state in MessageState::ALL {
        let acme = Acme::new().await;
        let message = message(&acme, state).await;
        let one = acme.get(&path(&message, "")).await;
        let list = acme.get("/api/v2/sms?page=1&limit=20").await;
        assert_eq!(list.json()["data"][0], one.json());
        writeln!(told, "{}\n  {} {}", state.as_str(), one.status, one.body).unwrap();
    }
    let acme = Acme::new().await;
    acme.post(SEND, &to(&["0812345678"])).await;
    let list = acme.get("/api/v2/sms").await;
    writeln!(told, "list\n  {} {}", list.status, list.body).unwrap();
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn tells_credits_and_senders() {
    let acme = Acme::with_credit(12).await;
    let mut told = String::new();
    let paths = ["/credits", "/credit", "/credits/balance", "/balance", "/senders"];
    for path in paths {
        let answer = acme.get(&format!("/api/v2{path}")).await;
        writeln!(told, "{path}\n  {} {}", answer.status, answer.body).unwrap();
    }
    let acme = Acme::of(Msat::new(1_234_567), HttpSettings::default()).await;
    let answer = acme.get("/api/v2/credits").await;
    writeln!(told, "no whole credits\n  {} {}", answer.status, answer.body).unwrap();
    insta::assert_snapshot!(told);
}

const NOBODYS: &str = "/api/v2/sms/019abcde-0000-7000-8000-000000000000";

fn tell(told: &mut String, name: &str, answer: &Answer) {
    writeln!(told, "{name}\n  {} {}", answer.status, answer.body).unwrap();
}

#[tokio::test]
async fn cancels() {
    let acme = Acme::new().await;
    let mut told = String::new();
    let cancel = async |message: &BulkMessage| acme.post(&path(message, "/cancel"), "").await;
    let scheduled = message(&acme, MessageState::Scheduled).await;
    tell(&mut told, "cancelled", &cancel(&scheduled).await);
    tell(&mut told, "twice", &cancel(&scheduled).await);
    let pending = message(&acme, MessageState::Pending).await;
    tell(&mut told, "never scheduled", &cancel(&pending).await);
    acme.carry(Duration::ZERO, |_| Fate::Delivered).await;
    tell(&mut told, "never scheduled, sent", &cancel(&pending).await);
    let started = message(&acme, MessageState::Scheduled).await;
    let failed = message(&acme, MessageState::Scheduled).await;
    let fate = |index| if index == 0 { Fate::Submitted } else { Fate::Failed };
    acme.carry(Duration::from_secs(60), fate).await;
    tell(&mut told, "started", &cancel(&started).await);
    acme.open.house.clock.advance(BULK_RECEIPTS_WITHIN);
    acme.open.house.world().time_out().await;
    assert_eq!(acme.stored(failed.id).await.state, MessageState::Failed);
    tell(&mut told, "failed", &cancel(&failed).await);
    tell(&mut told, "unknown", &acme.post(&format!("{NOBODYS}/cancel"), "").await);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn tries_again() {
    let acme = Acme::new().await;
    let mut told = String::new();
    let retry = async |message: &BulkMessage| acme.post(&path(message, "/retry"), "").await;
    let sent = message(&acme, MessageState::Sent).await;
    tell(&mut told, "retried", &retry(&sent).await);

    // A text that a carrier accepted is not refunded, and half a credit is left.
    let poor = Acme::of(Msat::new(250_500), HttpSettings::default()).await;
    let keeps = AccountSettings { refunds: RefundPolicy::Unsent, ..AccountSettings::default() };
    poor.agree(keeps.clone()).await;
    let half = message(&poor, MessageState::Sent).await;
    tell(&mut told, "insufficient", &poor.post(&path(&half, "/retry"), "").await);
    let rich = Acme::new().await;
    rich.agree(AccountSettings { spend_per_day: Some(Msat::new(250_500)), ..keeps }).await;
    let half = message(&rich, MessageState::Sent).await;
    tell(&mut told, "limited", &rich.post(&path(&half, "/retry"), "").await);

    let other = message(&acme, MessageState::Sent).await;
    assert_eq!(acme.post_once(SEND, "once", &to(&["0812345678"])).await.status, 200);
    let reused = acme.post_once(&path(&other, "/retry"), "once", "").await;
    tell(&mut told, "key reused", &reused);
    for state in [MessageState::Pending, MessageState::Scheduled, MessageState::Cancelled] {
        tell(&mut told, state.as_str(), &retry(&message(&acme, state).await).await);
    }
    let all = message(&acme, MessageState::Pending).await;
    acme.carry(Duration::ZERO, |_| Fate::Delivered).await;
    tell(&mut told, "nobody", &retry(&all).await);
    tell(&mut told, "unknown", &acme.post(&format!("{NOBODYS}/retry"), "").await);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn holds_up_and_goes_on() {
    let acme = Acme::new().await;
    let pending = message(&acme, MessageState::Pending).await;
    let mut told = String::new();
    for verb in ["/pause", "/resume"] {
        tell(&mut told, verb, &acme.post(&path(&pending, verb), "").await);
    }
    acme.carry(Duration::ZERO, |_| Fate::Delivered).await;
    tell(&mut told, "ended", &acme.post(&path(&pending, "/pause"), "").await);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let acme = Acme::new().await;
    acme.open.house.gate.lose(Lost::Stored);
    let answer = acme.post(SEND, &to(&["0812345678"])).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.json()["uuid"], acme.last().await.id.to_string());
    acme.open.house.gate.lose(Lost::NotStored);
    let answer = acme.post(SEND, &to(&["0812345678"])).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer}");
}
