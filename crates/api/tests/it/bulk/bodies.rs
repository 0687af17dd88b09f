//! Parsed bodies and stored messages.

use std::time::Duration;

use domain::limits;
use domain::message::campaign::BulkMessage;
use domain::message::recipient::RecipientState;
use domain::message::{Lane, MessageState};
use domain::money::Msat;
use domain::ports::ClaimRoom;
use testkit::clock::NOON;

use super::answers::named;
use super::{Acme, SEND, to};
use crate::world::Fate;

async fn taken(acme: &Acme, body: &str) -> BulkMessage {
    let answer = acme.post(SEND, body).await;
    assert_eq!(answer.status, 200, "{body}: {answer}");
    acme.stored(named(&answer)).await
}

/// The accepted numbers, and the invalid ones.
async fn addresses(acme: &Acme, message: &BulkMessage) -> (Vec<String>, Vec<String>) {
    let recipients = acme.recipients(message.id).await;
    let (invalid, valid): (Vec<_>, Vec<_>) =
        recipients.into_iter().partition(|one| one.state == RecipientState::Invalid);
    let address = |one: domain::message::campaign::BulkRecipient| one.address;
    (valid.into_iter().map(address).collect(), invalid.into_iter().map(address).collect())
}

#[tokio::test]
async fn numbers_are_read_as_they_are_written_in_thailand() {
    let acme = Acme::new().await;
    let body = r#"{"msisdns": ["0812345678", "66898765432", "+66 81-234-5678", 66800000001, "12",
        812345679, -5, 1.5, "4520123456", "+4520123456"], "content": "Hello", "sender": "ACME"}"#;
    let new = taken(&acme, body).await;
    let (read, invalid) = addresses(&acme, &new).await;
    let expected = ["66812345678", "66898765432", "66800000001", "66812345679", "4520123456"];
    assert_eq!(read, expected);
    assert_eq!(invalid, ["12", "-5", "1.5"], "bare digits of another country are a number too");
    assert_eq!(new.price, Msat::new(5 * 100_000), "invalid numbers are not charged");
}

#[tokio::test]
async fn a_text_costs_its_parts() {
    let acme = Acme::new().await;
    let texts = [
        ("x".repeat(160), 1),
        ("x".repeat(161), 2),
        ("ก".repeat(70), 1),
        ("ก".repeat(71), 2),
        ("x".repeat(1_000), 7),
        ("😀".repeat(1_000), 31),
    ];
    for (text, parts) in texts {
        let body = to(&["0812345678"]).replace("Hello", &text);
        let new = taken(&acme, &body).await;
        assert_eq!((new.parts, new.price), (parts, Msat::new(i64::from(parts) * 100_000)));
        assert_eq!(new.text.as_str(), text);
    }
    let escaped = to(&["0812345678"]).replace("Hello", &r"\ud83d\ude00".repeat(1_000));
    assert_eq!(taken(&acme, &escaped).await.parts, 31);
}

#[tokio::test]
async fn few_recipients_wait_behind_no_campaign() {
    let acme = Acme::new().await;
    for (many, lane) in [(1, Lane::Single), (10, Lane::Single), (11, Lane::Bulk)] {
        let numbers: Vec<_> = (0..many).map(|number| format!("08123456{number:02}")).collect();
        let numbers: Vec<_> = numbers.iter().map(String::as_str).chain(["x", "y", "z"]).collect();
        let new = taken(&acme, &to(&numbers)).await;
        let single = ClaimRoom { chunks: 10, bulk: 0, ..ClaimRoom::default() };
        let claimed = acme.open.house.world().claim(single).await;
        let is_single = claimed.iter().any(|chunk| chunk.id.message == new.id);
        assert_eq!(is_single, lane == Lane::Single, "{many}");
    }
}

#[tokio::test]
async fn a_start_is_later_or_now() {
    let acme = Acme::new().await;
    let noon = jiff::Timestamp::from_millisecond(NOON.as_millis()).unwrap();
    let at = |seconds: i64| {
        let time = noon + jiff::SignedDuration::from_secs(seconds);
        to(&["0812345678"]).replace("{", &format!(r#"{{"scheduledTime": "{time}", "#))
    };
    for seconds in [-60, 0] {
        let new = taken(&acme, &at(seconds)).await;
        assert_eq!((new.start_at, new.valid_until), (None, NOON.after(limits::BULK_VALIDITY)));
    }
    let new = taken(&acme, &at(3_600)).await;
    let start = NOON.after(Duration::from_secs(3_600));
    assert_eq!(new.start_at, Some(start));
    assert_eq!(new.valid_until, start.after(limits::BULK_VALIDITY));
    // The time limit for its receipts.
    acme.carry(Duration::from_secs(3_600), |_| Fate::Submitted).await;
    for (late, state) in [(0, MessageState::Pending), (1, MessageState::Failed)] {
        let end = start.after(limits::BULK_RECEIPTS_WITHIN - Duration::from_millis(1));
        acme.open.house.clock.set(end.after(Duration::from_millis(late)));
        acme.open.house.world().time_out().await;
        assert_eq!(acme.stored(new.id).await.state, state);
    }
}

#[tokio::test]
async fn variables_stand_in_their_places() {
    let acme = Acme::new().await;
    let body = r#"{"sender": "ACME", "msisdns": ["0812345678"],
        "content": "{{name}}, {{ n }} of {{max}} ({{part}}): {{yes}} {{#if}} {{",
        "variables": {"name": "Toon", "n": 7, "max": -8, "part": 0.5, "yes": true, "unused": "x"}}"#;
    let new = taken(&acme, body).await;
    assert_eq!(new.text.as_str(), "Toon, 7 of -8 (0.5): true {{#if}} {{");
}

#[tokio::test]
async fn fields_come_in_any_order_and_unknown_ones_are_passed_over() {
    let acme = Acme::new().await;
    let body = r#"{"unknown": [[{"msisdns": ["0899999999"]}]], "msisdns": ["0811111111"],
        "content": null, "templateId": null, "contactGroupId": null, "dryRun": null,
        "scheduledTime": null, "variables": null, "sender": "nobody",
        "content": "Hello", "sender": "ACME", "msisdns": ["0812345678"]}"#;
    let new = taken(&acme, body).await;
    let read = addresses(&acme, &new).await.0;
    assert_eq!(read, ["66812345678"], "the last of two equal fields counts");
}

#[tokio::test]
async fn one_number_is_sent_to_once() {
    let acme = Acme::new().await;
    let new = taken(&acme, &to(&["0812345678", "x", "66812345678", "0898765432", "x"])).await;
    let (read, invalid) = addresses(&acme, &new).await;
    assert_eq!(read, ["66812345678", "66898765432"]);
    assert_eq!(invalid, ["x"]);
}

#[tokio::test]
async fn a_dry_run_and_a_preview_store_nothing() {
    let acme = Acme::with_credit(1).await;
    let body = to(&["0812345678", "0898765432"]).replace("{", r#"{"dryRun": true, "#);
    for path in [SEND, super::PREVIEW] {
        let answer = acme.post_once(path, "once", &body).await;
        assert_eq!((answer.status, &answer.json()["sufficient"]), (200, &false.into()), "{answer}");
    }
    assert_eq!(acme.open.changes(), 0);
}
