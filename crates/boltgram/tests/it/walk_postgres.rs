//! The store on PostgreSQL from the operator's view: configured by a URL, shared by nodes, and
//! temporarily unavailable.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::postgres::{PostgresDatabase, PostgresServer};

use super::customer::Customer;
use super::running::{Home, PATIENCE};

fn url(database: &PostgresDatabase) -> String {
    database.url().replace("postgres@", "postgres:s3cret@")
}

fn config(database: &PostgresDatabase) -> String {
    format!("[store]\nurl = \"{}\"\n", url(database))
}

/// Adds an account with this much credit. Returns its key.
fn buyer(home: &Home, sats: &str) -> String {
    home.answer(&["account", "add", "acme", "--credit-sats", sats]);
    home.answer(&["key", "add", "acme"])
}

#[tokio::test]
async fn an_order_is_delivered_from_a_store_on_postgresql() {
    let database = PostgresDatabase::new(PostgresServer::shared());
    let home = Home::with_config(&config(&database));
    let told = home.complaint(1, &["account", "list"]);
    assert!(told.contains("there is no data directory boltgram-data"), "{told}");
    std::fs::create_dir(home.path("boltgram-data")).unwrap();
    let told = home.complaint(1, &["account", "list"]);
    assert!(told.contains("there is no store at postgres://postgres@127.0.0.1:"), "{told}");
    let key = buyer(&home, "5000");
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let body = json!({"phone": "+4520123456", "message": "Hej", "immediate": true});
    let order = acme.buy("/createsendorder", body).await;
    acme.await_delivered(&order).await;
    let paid = acme.buy_text("+4520123457", "Fra pungen").await;
    acme.pay(&paid).await;
    acme.await_delivered(&paid).await;
    assert_eq!(acme.get("/balance").await["balance"], 4_000);
    assert!(home.answer(&["account", "list"]).contains("acme"));
    server.stop();
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    assert!(home.answer(&["check-config", "boltgram.toml"]).ends_with("is sound"));
    assert!(!home.logs().contains("s3cret") && !told.contains("s3cret"), "{}", home.logs());
}

#[tokio::test]
async fn nodes_share_a_database_and_each_has_its_own_name() {
    let database = PostgresDatabase::new(PostgresServer::shared());
    let (first, second) =
        (Home::with_config(&config(&database)), Home::with_config(&config(&database)));
    let key = buyer(&first, "5000");
    let one = first.serve();
    let told = second.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("copy the vault.key of the node that made it"), "{told}");
    let copy = |name: &str| {
        let from = first.path("boltgram-data").join(name);
        std::fs::copy(from, second.path("boltgram-data").join(name)).unwrap();
    };
    copy("vault.key");
    copy("node.id");
    let told = second.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("another process is the node"), "{told}");
    std::fs::remove_file(second.path("boltgram-data").join("node.id")).unwrap();
    let two = second.serve();

    let here = Customer::of(&one).with_key(&key);
    let there = Customer::of(&two).with_key(&key);
    let body = json!({"phone": "+4520123456", "message": "Hej", "immediate": true});
    let order = here.buy("/createsendorder", body.clone()).await;
    there.await_delivered(&order).await;
    let order = there.buy("/createsendorder", body).await;
    here.await_delivered(&order).await;
    one.stop();
    assert_eq!(there.get("/balance").await["balance"], 3_000);
    two.stop();
    assert!(first.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
}

async fn until_ready(customer: &Customer, ready: bool) {
    let begun = Instant::now();
    while (customer.get("/readyz").await["ready"] == true) != ready {
        assert!(begun.elapsed() < PATIENCE, "{}", customer.get("/readyz").await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_and_comes_back_by_itself() {
    let database = PostgresDatabase::new(PostgresServer::durable());
    let home = Home::with_config(&config(&database));
    let key = buyer(&home, "5000");
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let body = json!({"phone": "+4520123456", "message": "Hej", "immediate": true});
    let before = acme.buy("/createsendorder", body.clone()).await;

    database.server.kill();
    until_ready(&acme, false).await;
    let refused = acme.post("/createsendorder", body.clone()).await;
    assert_eq!(refused["status"], "error", "{refused}");
    assert!(refused["reason"].as_str().unwrap().contains("try again"), "{refused}");

    database.server.revive();
    until_ready(&acme, true).await;
    acme.await_delivered(&before).await;
    let after = acme.buy("/createsendorder", body).await;
    acme.await_delivered(&after).await;
    assert_eq!(acme.get("/balance").await["balance"], 3_000, "refused orders are not charged");
    server.stop();
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
}
