//! The disk fills while a message is stored: all of it is refused, and accepted once when there is
//! room again. The test limits the size of files (`setrlimit(2)`), so that it needs no separate disk.

use std::fs;

use serde_json::{Value, json};

use super::campaigner::{Campaigner, SEND, words};
use super::house::{House, Rows};

const RECIPIENTS: u32 = 20_000;

/// A message takes several times as much space in the log.
const ROOM_BYTES: u64 = 64 * 1_024;

/// None of the numbers has a special outcome in the sandbox.
fn body() -> Value {
    let numbers: Vec<_> = (0..RECIPIENTS).map(|at| format!("081{at:06}7")).collect();
    json!({"sender": "ACME", "content": "Hello", "msisdns": numbers})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_refused_by_a_full_disk_and_taken_once_when_there_is_room() {
    let house = House::new(Rows::Sqlite, "");
    let server = house.home.serve_with_full_disks_told();
    let acme = Campaigner::new(&house.home, &server, RECIPIENTS + 10);
    let small = json!({"sender": "ACME", "content": "Hello", "msisdns": ["0812345678"]});
    let log = house.home.path("boltgram-data/boltgram.db-wal");
    let written = || fs::metadata(&log).unwrap().len();

    let full_at = written() + ROOM_BYTES;
    server.limit_files(Some(full_at));
    for _ in 0..3 {
        let (status, answer) = acme.post(SEND, Some("once"), &body()).await;
        let told = words(status, &answer, (503, "UNAVAILABLE"));
        assert_eq!(told, "it could not be done right now; try again");
        acme.assert_untouched(RECIPIENTS + 10).await;
    }
    assert!(written() > full_at - ROOM_BYTES, "the disk was full while storing");
    server.limit_files(Some(1));
    let told = acme.refused(SEND, &small, (503, "UNAVAILABLE")).await;
    assert_eq!(told, "it could not be done right now; try again");
    acme.assert_untouched(RECIPIENTS + 10).await;

    server.limit_files(None);
    let (status, sent) = acme.post(SEND, Some("once"), &body()).await;
    assert_eq!((status, &sent["credits"]), (200, &json!(RECIPIENTS)), "{sent}");
    assert_eq!(acme.post(SEND, Some("once"), &body()).await, (200, sent.clone()));
    assert_eq!(
        (acme.credits().await, acme.get("/sms").await["total"].clone()),
        (json!(10), json!(1))
    );
    let message = acme.await_end(&sent["uuid"]).await;
    assert_eq!(message["drSummary"]["success"], RECIPIENTS, "{message}");
    acme.send(&small).await;
    house.assert_sound();
    server.stop();
    assert!(house.home.logs().contains("the store could not serve a request"));
}
