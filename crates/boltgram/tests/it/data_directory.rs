//! The data directory is removed, or its disk is full: nothing is acknowledged that would be lost.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::customer::Customer;
use super::running::{Home, PATIENCE, Running};

fn body() -> Value {
    json!({"phone": "+4520123456", "message": "Hej", "immediate": true})
}

/// Status and body of a request with a JSON body, or without one.
async fn ask(server: &Running, path: &str, key: &str, body: Option<&Value>) -> (u16, Value) {
    // Creating a customer chooses the TLS library.
    let _ = Customer::of(server);
    let client = reqwest::Client::new();
    let request = match body {
        Some(body) => client.post(server.url(path)).body(body.to_string()),
        None => client.get(server.url(path)),
    };
    let answer = request.header("X-API-Key", key).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn assert_refused(server: &Running, key: &str, why: &str) {
    let begun = Instant::now();
    let readiness = loop {
        let (status, readiness) = ask(server, "/readyz", key, None).await;
        if status == 503 {
            break readiness;
        }
        // The last check may be a second old.
        assert!(begun.elapsed() < PATIENCE, "{readiness}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(readiness["store"], "unavailable", "{readiness}");
    assert!(readiness["reason"].as_str().unwrap().contains(why), "{readiness}");
    for order in [body(), json!({"phone": "+4520123456", "message": "Hej"})] {
        let (status, refused) = ask(server, "/createsendorder", key, Some(&order)).await;
        assert_eq!(status, 503, "{refused}");
        assert!(refused["reason"].as_str().unwrap().contains("try again"), "{refused}");
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_data_directory_is_removed() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let order = acme.buy("/createsendorder", body()).await;
    acme.await_delivered(&order).await;

    fs::remove_dir_all(home.path("boltgram-data")).unwrap();
    assert_refused(&server, &key, "was removed or replaced while the program runs").await;
    server.kill();
}

#[tokio::test]
async fn nothing_is_acknowledged_once_the_vault_key_is_removed() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let vault = home.path("boltgram-data/vault.key");
    let away = home.path("away.key");
    fs::rename(&vault, &away).unwrap();
    assert_refused(&server, &key, "vault.key was removed or replaced").await;
    fs::rename(&away, &vault).unwrap();
    let acme = Customer::of(&server).with_key(&key);
    let order = acme.buy("/createsendorder", body()).await;
    acme.await_delivered(&order).await;
    server.stop();
}

/// The log of the database is as long as the limit when the server starts.
#[tokio::test]
async fn a_start_on_a_full_disk_is_not_ready_until_there_is_room() {
    let home = Home::bare();
    let first = home.serve();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "acme"] {
        home.answer(&["account", "add", name, "--credit-sats", "5000"]);
    }
    let key = home.answer(&["key", "add", "acme"]);
    first.kill();
    let log = fs::metadata(home.path("boltgram-data/boltgram.db-wal")).unwrap().len();
    assert!(log > 64 * 1_024, "other files are smaller than this one: {log}");

    let server = home.serve_on_full_disk(log, "not ready");
    assert_refused(&server, &key, "").await;
    assert!(!server.log().contains("listening"), "{}", server.log());
    server.limit_files(None);
    server.await_log("listening");
    let acme = Customer::of(&server).with_key(&key);
    let order = acme.buy("/createsendorder", body()).await;
    acme.await_delivered(&order).await;
    assert_eq!(acme.get("/balance").await["balance"], 4_000, "refused orders are not charged");
    server.stop();
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
}
