//! What is taken of a body, and what is stored of it.

use std::sync::Arc;

use domain::limits;
use domain::message::Lane;
use domain::message::campaign::NewBulk;
use domain::money::Msat;
use testkit::clock::NOON;

use super::{Acme, SEND, to};

async fn taken(acme: &Acme, body: &str) -> Arc<NewBulk> {
    let answer = acme.post(SEND, body).await;
    assert_eq!(answer.status, 200, "{body}: {answer}");
    acme.script().bulk.added.last().unwrap().clone()
}

fn digits(new: &NewBulk) -> Vec<u64> {
    new.groups.iter().flat_map(|group| &group.numbers).map(|number| number.digits()).collect()
}

#[tokio::test]
async fn numbers_are_read_as_they_are_written_in_thailand() {
    let acme = Acme::new().await;
    let body = r#"{"msisdns": ["0812345678", "66898765432", "+66 81-234-5678", 66800000001, "12",
        812345679, -5, 1.5, "4520123456", "+4520123456"], "content": "Hello", "sender": "ACME"}"#;
    let new = taken(&acme, body).await;
    let read = [66_812_345_678, 66_898_765_432, 66_800_000_001, 66_812_345_679, 4_520_123_456];
    assert_eq!(digits(&new), read);
    let invalid: Vec<_> = new.excluded.iter().map(|excluded| excluded.address.as_str()).collect();
    assert_eq!(invalid, ["12", "-5", "1.5", "4520123456"]);
    assert_eq!(new.price(), Some(Msat::new(5 * 100_000)), "what is no number is free");
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
        assert_eq!(
            (new.content.parts, new.price()),
            (parts, Some(Msat::new(i64::from(parts) * 100_000)))
        );
        assert_eq!(new.content.text.as_str(), text);
    }
    let escaped = to(&["0812345678"]).replace("Hello", &r"\ud83d\ude00".repeat(1_000));
    assert_eq!(taken(&acme, &escaped).await.content.parts, 31);
}

#[tokio::test]
async fn few_recipients_wait_behind_no_campaign() {
    let acme = Acme::new().await;
    for (many, lane) in [(1, Lane::Single), (10, Lane::Single), (11, Lane::Bulk)] {
        let numbers: Vec<_> = (0..many).map(|number| format!("08123456{number:02}")).collect();
        let numbers: Vec<_> = numbers.iter().map(String::as_str).chain(["x", "y", "z"]).collect();
        assert_eq!(taken(&acme, &to(&numbers)).await.content.lane, lane, "{many}");
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
        assert_eq!(
            (new.start_at, new.content.valid_until),
            (None, NOON.after(limits::BULK_VALIDITY))
        );
    }
    let new = taken(&acme, &at(3_600)).await;
    let start = NOON.after(std::time::Duration::from_secs(3_600));
    assert_eq!(new.start_at, Some(start));
    assert_eq!(new.content.valid_until, start.after(limits::BULK_VALIDITY));
    assert_eq!(new.receipts_until, start.after(limits::BULK_RECEIPTS_WITHIN));
}

#[tokio::test]
async fn variables_stand_in_their_places() {
    let acme = Acme::new().await;
    let body = r#"{"sender": "ACME", "msisdns": ["0812345678"],
        "content": "{{name}}, {{ n }} of {{max}} ({{part}}): {{yes}} {{#if}} {{",
        "variables": {"name": "Toon", "n": 7, "max": -8, "part": 0.5, "yes": true, "unused": "x"}}"#;
    let new = taken(&acme, body).await;
    assert_eq!(new.content.text.as_str(), "Toon, 7 of -8 (0.5): true {{#if}} {{");
}

#[tokio::test]
async fn fields_come_in_any_order_and_unknown_ones_are_passed_over() {
    let acme = Acme::new().await;
    let body = r#"{"unknown": [[{"msisdns": ["0899999999"]}]], "msisdns": ["0811111111"],
        "content": null, "templateId": null, "contactGroupId": null, "dryRun": null,
        "scheduledTime": null, "variables": null, "sender": "nobody",
        "content": "Hello", "sender": "ACME", "msisdns": ["0812345678"]}"#;
    let new = taken(&acme, body).await;
    assert_eq!(digits(&new), [66_812_345_678], "of a field given twice the last counts");
}

#[tokio::test]
async fn one_number_is_sent_to_once() {
    let acme = Acme::new().await;
    let new = taken(&acme, &to(&["0812345678", "x", "66812345678", "0898765432", "x"])).await;
    assert_eq!(digits(&new), [66_812_345_678, 66_898_765_432]);
    assert_eq!(new.excluded.len(), 1);
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
