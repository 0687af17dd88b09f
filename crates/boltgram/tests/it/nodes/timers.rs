//! Due work is done once, whichever node finds it.

use std::collections::HashMap;

use serde_json::json;
use testkit::postgres::PostgresServer;

use super::cluster::{BINDS, Cluster};
use crate::receiver::Receiver;

const RECIPIENTS: u32 = 3_000;
const ORDERS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_and_a_retry_fall_due_once() {
    let cluster = Cluster::start(PostgresServer::shared()).await;
    let receiver = Receiver::open().await;
    let now: i64 =
        cluster.database.sql("SELECT extract(epoch FROM now())::bigint").parse().unwrap();
    let at = cluster.database.sql(&format!(
        "SELECT to_char(to_timestamp({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
        now + 4
    ));
    cluster.campaign(0, "6684", RECIPIENTS, json!({"scheduledTime": at})).await;
    assert_eq!(cluster.centre.taken_count(), 0, "it is not due yet");
    // Every call fails once, and is due again a few seconds later.
    receiver.answer_next(&[500; ORDERS]);
    for number in 0..ORDERS {
        let body = json!({
            "phone": format!("+45202{number:05}"), "message": "Hej", "immediate": true,
            "webhookUrl": receiver.url(), "webhookEvents": "final",
        });
        cluster.customer(number % 3).buy("/createsendorder", body).await;
    }
    receiver.called(2 * ORDERS).await;
    cluster.all_delivered().await;
    let mut calls: HashMap<String, u32> = HashMap::new();
    for call in receiver.calls() {
        *calls.entry(call.headers["webhook-id"].clone()).or_default() += 1;
    }
    assert_eq!(calls.len(), ORDERS);
    assert!(calls.values().all(|times| *times == 2), "{calls:?}");
    let centre = cluster.centre.clone();
    assert!(centre.sessions_max() <= BINDS);
    let taken = cluster.end(0);
    assert_eq!(taken.len(), ORDERS + usize::try_from(RECIPIENTS).unwrap());
}
