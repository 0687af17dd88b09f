//! Every body that this door answers with, and every way in which a change is refused.

use std::fmt::Write as _;

use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, Counts};
use domain::money::Msat;
use domain::ports::{CancelBulk, RetryOutcome, Spent};
use testkit::clock::NOON;

use super::store::stored;
use super::{Acme, PREVIEW, SEND, to};
use crate::house::sats;

/// A message of three, in some state.
pub(super) async fn message(acme: &Acme, state: MessageState) -> BulkMessage {
    let answer = acme.post(SEND, &to(&["0812345678", "66898765432", "12"])).await;
    assert_eq!(answer.status, 200, "{answer}");
    let mut message = stored(acme.script().bulk.added.last().unwrap());
    message.state = state;
    if matches!(state, MessageState::Sent | MessageState::Failed) {
        let ended = Counts { success: 1, failed: 1, invalid: 1, ..Counts::default() };
        let half = Msat::new(message.price.get() / 2);
        (message.counts, message.charged, message.refunded) = (ended, half, half);
        message.ended_at = Some(NOON.after(std::time::Duration::from_millis(1_500)));
    }
    acme.script().bulk.message = Some(message.clone());
    message
}

pub(super) fn path(message: &BulkMessage, verb: &str) -> String {
    format!("/api/v2/sms/{}{verb}", message.id)
}

#[tokio::test]
async fn sends() {
    let acme = Acme::new().await;
    insta::assert_snapshot!(acme.post(SEND, &to(&["0812345678", "66898765432", "12"])).await);
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

/// A minute from the test's noon, as Bangkok writes it.
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
    acme.script().available.values_mut().for_each(|credit| *credit = Msat::new(1_234_567));
    let answer = acme.get("/api/v2/credits").await;
    writeln!(told, "no whole credits\n  {} {}", answer.status, answer.body).unwrap();
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn cancels() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Scheduled).await;
    let not = |state, was_scheduled| CancelBulk::Not { state, was_scheduled };
    let mut told = String::new();
    for (name, outcome) in [
        ("cancelled", CancelBulk::Cancelled { refunded: sats(200) }),
        ("twice", not(MessageState::Cancelled, true)),
        ("never scheduled", not(MessageState::Pending, false)),
        ("never scheduled, sent", not(MessageState::Sent, false)),
        ("started", not(MessageState::Pending, true)),
        ("failed", not(MessageState::Failed, true)),
        ("unknown", CancelBulk::NoSuchMessage),
    ] {
        acme.script().bulk.cancel = Some(outcome);
        let answer = acme.post(&path(&message, "/cancel"), "").await;
        writeln!(told, "{name}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn tries_again() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Failed).await;
    let (id, price) = (message.id, sats(100));
    let spent = |spent| RetryOutcome::Spent(spent);
    let mut told = String::new();
    for (name, outcome) in [
        ("retried", spent(Spent::Done { message: id, recipients: 1, price })),
        ("insufficient", spent(Spent::Insufficient { price, available: Msat::new(50_500) })),
        ("limited", spent(Spent::OverDailyLimit { price, left: Msat::new(50_500) })),
        ("key reused", spent(Spent::KeyReused)),
        ("pending", RetryOutcome::NotEnded(MessageState::Pending)),
        ("scheduled", RetryOutcome::NotEnded(MessageState::Scheduled)),
        ("cancelled", RetryOutcome::NotEnded(MessageState::Cancelled)),
        ("nobody", RetryOutcome::NothingToRetry),
        ("unknown", RetryOutcome::NoSuchMessage),
    ] {
        acme.script().bulk.retry = Some(outcome);
        let answer = acme.post(&path(&message, "/retry"), "").await;
        writeln!(told, "{name}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn holds_up_and_goes_on() {
    let acme = Acme::new().await;
    let message = message(&acme, MessageState::Pending).await;
    acme.script().bulk.pauses = true;
    let mut told = String::new();
    for verb in ["/pause", "/resume"] {
        let answer = acme.post(&path(&message, verb), "").await;
        writeln!(told, "{verb}\n  {} {}", answer.status, answer.body).unwrap();
    }
    acme.script().bulk.pauses = false;
    let answer = acme.post(&path(&message, "/pause"), "").await;
    writeln!(told, "ended\n  {} {}", answer.status, answer.body).unwrap();
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let acme = Acme::new().await;
    acme.script().bulk.lost = Some(true);
    let answer = acme.post(SEND, &to(&["0812345678"])).await;
    assert_eq!(answer.status, 200, "{answer}");
    let id = acme.script().bulk.added[0].content.message.to_string();
    assert_eq!(answer.json()["uuid"], id);
    acme.script().bulk.lost = Some(false);
    let answer = acme.post(SEND, &to(&["0812345678"])).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer}");
}
