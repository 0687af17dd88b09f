//! Customers' scenarios on both stores: send, page by cursor, cancel, retry, and the costs of each.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::campaigner::{Campaigner, SEND};
use super::house::{House, Rows};
use crate::customer::Customer;

on_both_stores! {
    what_arrives_is_paid_and_what_does_not_is_given_back
    a_scheduled_message_is_cancelled_before_it_starts_and_not_after
    of_two_who_spend_the_last_credit_one_gets_it
    the_last_credit_is_spent_once_whatever_it_is_spent_on
    the_same_request_is_done_once_whenever_it_comes_again
    those_who_failed_are_tried_again_for_a_new_price
    a_message_is_held_up_and_goes_on
    who_says_stop_before_it_starts_is_not_sent_to
    a_campaign_reaches_everybody
}

fn to(numbers: &[&str]) -> Value {
    json!({"sender": "ACME", "content": "Hello {{name}}", "variables": {"name": "Toon"}, "msisdns": numbers})
}

/// A time this many seconds from now.
fn later(seconds: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string()
}

async fn what_arrives_is_paid_and_what_does_not_is_given_back(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 10);
    let body = to(&["0812345678", "66898765432", "0812340002", "12", "+66 81 234 5678"]);
    let mut dry = body.clone();
    dry["dryRun"] = json!(true);
    let price = acme.send(&dry).await;
    assert_eq!((&price["total"], &price["credits"]), (&json!(4), &json!(3)), "{price}");
    assert_eq!(acme.credits().await, 10);

    let sent = acme.send(&body).await;
    assert_eq!(
        (&sent["total"], &sent["credits"], &sent["status"]),
        (&json!(4), &json!(3), &json!("pending"))
    );
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!((&message["status"], &message["content"]), (&json!("sent"), &json!("Hello Toon")));
    assert_eq!(message["refundedCredits"], 1);
    assert_eq!(
        message["drSummary"],
        json!({"pending": 0, "success": 2, "failed": 1, "invalid": 1, "blocked": 0, "expired": 0, "timeout": 0})
    );
    for limit in [1, 2, 1_000] {
        let recipients = acme.recipients(&sent["uuid"], limit).await;
        let told: Vec<_> = recipients
            .iter()
            .map(|one| {
                (
                    one["id"].as_u64().unwrap(),
                    one["msisdn"].as_str().unwrap(),
                    one["status"].as_str().unwrap(),
                )
            })
            .collect();
        let expected = [
            (1, "66812345678", "success"),
            (2, "66898765432", "success"),
            (3, "66812340002", "failed"),
            (4, "12", "invalid"),
        ];
        assert_eq!(told, expected);
    }
    assert_eq!(acme.credits().await, 8, "failed messages are refunded");
    let list = acme.get("/sms?status=sent").await;
    assert_eq!((&list["total"], &list["data"][0]["uuid"]), (&json!(1), &sent["uuid"]));
    assert_eq!(acme.get("/sms?status=pending").await["total"], 0);
    house.assert_sound();
    server.stop();
}

async fn a_scheduled_message_is_cancelled_before_it_starts_and_not_after(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 10);
    let mut body = to(&["0812345678", "0898765432"]);
    body["scheduledTime"] = json!(later(3_600));
    let sent = acme.send(&body).await;
    assert_eq!((&sent["status"], acme.credits().await), (&json!("scheduled"), json!(8)));
    let (status, cancelled) = acme.change(&sent["uuid"], "cancel").await;
    assert_eq!((status, &cancelled["refundedCredits"]), (200, &json!(2)), "{cancelled}");
    assert_eq!(acme.credits().await, 10);
    assert_eq!(acme.change(&sent["uuid"], "cancel").await, (409, json!("ALREADY_CANCELLED")));
    assert_eq!(acme.change(&sent["uuid"], "retry").await, (409, json!("ALREADY_CANCELLED")));
    assert_eq!(acme.one(&sent["uuid"]).await["status"], "cancelled");

    body["scheduledTime"] = json!(later(2));
    let sent = acme.send(&body).await;
    acme.await_message(&sent["uuid"], |message| message["status"] != "scheduled").await;
    assert_eq!(acme.change(&sent["uuid"], "cancel").await, (409, json!("ALREADY_PROCESSING")));
    assert_eq!(acme.await_end(&sent["uuid"]).await["status"], "sent");

    let sent = acme.send(&to(&["0812345678"])).await;
    assert_eq!(acme.change(&sent["uuid"], "cancel").await, (400, json!("NOT_SCHEDULED")));
    let nobody = json!("019abcde-0000-7000-8000-000000000000");
    assert_eq!(acme.change(&nobody, "cancel").await, (404, json!("NOT_FOUND")));
    house.assert_sound();
    server.stop();
}

async fn of_two_who_spend_the_last_credit_one_gets_it(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 5);
    let body = to(&["0812345678"]);
    let tries = join_all((0..20).map(|_| acme.post(SEND, None, &body))).await;
    let taken = tries.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(taken, 5);
    for (status, answer) in tries.iter().filter(|(status, _)| *status != 200) {
        assert_eq!((*status, &answer["code"]), (402, &json!("INSUFFICIENT_CREDITS")));
    }
    assert_eq!(acme.credits().await, 0);
    house.assert_sound();
    server.stop();
}

/// A campaign and a single order through the other door, for the same price. Sending fails, so that the
/// credit is available again for the next two.
async fn the_last_credit_is_spent_once_whatever_it_is_spent_on(rows: Rows) {
    let house = House::new(rows, "[prices]\nsend = 100\ncredit = 100\n");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 1);
    let customer = Customer::of(&server).with_key(&acme.key);
    let many = to(&["0812340002", "12"]);
    let single = json!({"phone": "+66812340002", "message": "Hello", "immediate": true});
    for round in 0..8 {
        let bulk = || acme.post(SEND, None, &many);
        let (first, second) = if round % 2 == 0 {
            let (one, other) = tokio::join!(bulk(), bulk());
            (one.0 == 200, other.0 == 200)
        } else {
            let order = customer.post("/createsendorder", single.clone());
            let (one, other) = tokio::join!(bulk(), order);
            (one.0 == 200, other["status"] == "OK")
        };
        assert!(first != second, "round {round}: {first}, {second}");
        house.assert_sound();
        acme.await_credits(1).await;
    }
    house.assert_sound();
    server.stop();
}

async fn the_same_request_is_done_once_whenever_it_comes_again(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 10);
    let body = to(&["0812345678", "0898765432", "12"]);
    let answers = join_all((0..10).map(|_| acme.post(SEND, Some("once"), &body))).await;
    let all: HashSet<_> =
        answers.iter().map(|(status, answer)| (*status, answer.to_string())).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    let (status, first) = answers[0].clone();
    assert_eq!((status, &first["total"]), (200, &json!(3)), "{first}");
    assert_eq!(acme.credits().await, 8);
    acme.await_end(&first["uuid"]).await;
    server.kill();

    let server = house.home.serve();
    let acme = Campaigner::with_key(&server, acme.key);
    assert_eq!(acme.post(SEND, Some("once"), &body).await, (200, first));
    let (status, refused) = acme.post(SEND, Some("once"), &to(&["0812345678"])).await;
    assert_eq!((status, &refused["code"]), (422, &json!("IDEMPOTENCY_KEY_REUSED")));
    assert_eq!(acme.credits().await, 8);
    house.assert_sound();
    server.stop();
}

async fn those_who_failed_are_tried_again_for_a_new_price(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 3);
    let sent = acme.send(&to(&["0812345678", "0812340002", "0898760002"])).await;
    acme.await_end(&sent["uuid"]).await;
    assert_eq!(acme.credits().await, 2);
    let path = format!("/api/v2/sms/{}/retry", sent["uuid"].as_str().unwrap());
    let (status, retried) = acme.post(&path, Some("again"), &json!({})).await;
    assert_eq!((status, &retried["total"], &retried["credits"]), (200, &json!(2), &json!(2)));
    assert_eq!(acme.post(&path, Some("again"), &json!({})).await, (200, retried));
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!((&message["credits"], &message["refundedCredits"]), (&json!(5), &json!(4)));
    assert_eq!(acme.credits().await, 2, "they failed again");

    acme.send(&to(&["0812345678", "0898765432"])).await;
    assert_eq!(acme.change(&sent["uuid"], "retry").await, (402, json!("INSUFFICIENT_CREDITS")));
    house.assert_sound();
    server.stop();
}

async fn a_message_is_held_up_and_goes_on(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 10);
    let mut body = to(&["0812345678"]);
    body["scheduledTime"] = json!(later(2));
    let sent = acme.send(&body).await;
    let (status, paused) = acme.change(&sent["uuid"], "pause").await;
    assert_eq!((status, &paused["paused"]), (200, &json!(true)), "{paused}");
    assert_eq!(acme.one(&sent["uuid"]).await["paused"], true);
    // Another message with the same start overtakes it.
    let other = acme.send(&body).await;
    acme.await_end(&other["uuid"]).await;
    let held = acme.one(&sent["uuid"]).await;
    assert!(held["drSummary"].is_null() && held["status"] != "sent", "{held}");
    assert_eq!(acme.change(&sent["uuid"], "resume").await.0, 200);
    assert_eq!(acme.await_end(&sent["uuid"]).await["status"], "sent");
    assert_eq!(acme.change(&sent["uuid"], "pause").await, (409, json!("ALREADY_ENDED")));
    house.assert_sound();
    server.stop();
}

async fn who_says_stop_before_it_starts_is_not_sent_to(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 10);
    let mut body = to(&["0812345678", "0898765432"]);
    body["scheduledTime"] = json!(later(2));
    let sent = acme.send(&body).await;
    let stop = json!({"from": "66898765432", "to": "1919", "text": "Stop"});
    assert_eq!(Customer::of(&server).post("/sandbox/receive", stop).await["state"], "received");
    let message = acme.await_end(&sent["uuid"]).await;
    let summary = &message["drSummary"];
    assert_eq!((&summary["success"], &summary["blocked"]), (&json!(1), &json!(1)), "{message}");
    assert_eq!((&message["refundedCredits"], acme.credits().await), (&json!(1), json!(9)));
    house.assert_sound();
    server.stop();
}

async fn a_campaign_reaches_everybody(rows: Rows) {
    let house = House::new(rows, "");
    let server = house.home.serve();
    let acme = Campaigner::new(&house.home, &server, 5_000);
    let numbers: Vec<_> = (0..3_500).map(|number| format!("081{number:04}777")).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    let sent = acme.send(&to(&numbers)).await;
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!(message["drSummary"]["success"], 3_500, "{message}");
    let recipients = acme.recipients(&sent["uuid"], 999).await;
    let ids: Vec<_> = recipients.iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert!(ids.iter().copied().eq(1..=3_500), "each once, in order");
    assert_eq!(acme.credits().await, 1_500);
    let last = format!(
        "/sms/{}/recipients?status=success&page=36&limit=99",
        message["uuid"].as_str().unwrap()
    );
    let page = acme.get(&last).await;
    assert_eq!((&page["total"], page["data"].as_array().unwrap().len()), (&json!(3_500), 35));
    assert_eq!(page["data"][0]["id"], 3_466);
    house.assert_sound();
    server.stop();
}
