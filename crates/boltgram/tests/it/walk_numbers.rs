//! Numbers on loan through the running program: the sandbox's supplier, wallet and node.

use std::time::{Duration, Instant};

use serde_json::json;

use super::customer::Customer;
use super::running::Home;

/// What the sandbox promises, and as much again for a busy machine.
const NUMBER_WITHIN: Duration = Duration::from_secs(2);
const CODE_WITHIN: Duration = Duration::from_secs(4);

#[tokio::test]
async fn sells_a_number_for_one_code() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    let body = json!({"country": "germany", "service": "telegram", "ref": ""});
    let order = customer.buy("/createorder", body).await;
    assert_eq!(customer.status(&order).await["paid"], false);
    customer.pay(&order).await;
    let paid = Instant::now();
    let status = customer.await_status(&order, |status| status["number"].is_u64()).await;
    assert!(paid.elapsed() < NUMBER_WITHIN, "{:?}", paid.elapsed());
    assert_eq!((&status["paid"], &status["country"]), (&json!(true), &json!("Germany")));
    assert_eq!((&status["service"], status["id"].is_i64()), (&json!("Telegram"), true));
    assert!(status["number"].to_string().starts_with("49"), "{status}");
    let status = customer.await_status(&order, |status| status["code"].is_string()).await;
    assert!(paid.elapsed() < CODE_WITHIN, "{:?}", paid.elapsed());
    let code = status["code"].as_str().unwrap();
    assert!(status["text"].as_str().unwrap().contains(code), "{status}");
    assert_eq!(status["error"], json!(null));
    customer.await_ended("settled", 1).await;
    // A code has come: it is not cancelled any more.
    let answer = customer.get(&format!("/cancelorder?orderId={}", order.id)).await;
    assert_eq!(answer["status"], "error", "{answer}");
    server.stop();
}

#[tokio::test]
async fn rents_a_number_that_gets_messages() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    let countries = customer.get("/getRentalCountries").await;
    let cc = countries[0]["cc"].as_u64().unwrap();
    let body = json!({"country": cc, "service": "full", "isRental": true});
    let order = customer.buy("/createorder", body).await;
    customer.pay(&order).await;
    let paid = Instant::now();
    let status = customer.await_status(&order, |status| status["messages"].is_array()).await;
    assert!(paid.elapsed() < CODE_WITHIN, "{:?}", paid.elapsed());
    assert_eq!(status["country"], countries[0]["country"], "{status}");
    let week = 7 * 24 * 60 * 60 * 1_000;
    let until = status["until"].as_i64().unwrap() - status["timestamp"].as_i64().unwrap();
    assert!((week - 60_000..=week).contains(&until), "{status}");
    assert!(status["messages"][0]["text"].is_string(), "{status}");
    // The first message settles it.
    customer.await_ended("settled", 1).await;
    server.stop();
}

#[tokio::test]
async fn a_number_without_a_code_is_cancelled_after_two_minutes_and_not_before() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    let order = customer.buy("/createorder", json!({"country": 999, "service": "none"})).await;
    customer.pay(&order).await;
    customer.await_status(&order, |status| status["number"].is_u64()).await;
    let answer = customer.post("/cancelorder", json!({"orderId": order.id})).await;
    assert_eq!(answer["status"], "error", "{answer}");
    assert!(answer["reason"].as_str().unwrap().contains("two minutes"), "{answer}");
    server.stop();
}

#[tokio::test]
async fn lists_what_the_sandbox_lends() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    let stock = customer.get("/getnumbersstatus?country=999").await;
    let rows = stock.as_array().unwrap();
    assert!(rows.len() >= 60, "{} services", rows.len());
    for row in rows {
        let count: u64 = row["count"].as_str().unwrap().parse().unwrap();
        assert!(count > 0 && row["key"] == row["value"], "{row}");
        let icon = customer.page(row["image"]["src"].as_str().unwrap()).await;
        assert!(icon.starts_with("<svg"), "{icon}");
    }
    server.stop();
}
