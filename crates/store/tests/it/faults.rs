//! Full disks and locked files: nothing is partly stored, and the store recovers.

use std::time::Duration;

use domain::money::Msat;
use domain::ports::{CreditOutcome, PortError};
use store::Options;
use testkit::clock::NOON;

use crate::fixture::{Database, account, credit_order, spend};

fn patient(busy_timeout: Duration) -> Options {
    Options { busy_timeout, ..Options::default() }
}

#[tokio::test]
async fn a_full_disk_stores_nothing_by_halves() {
    let database = Database::new();
    let payer = account(&*database.open().await, Msat::new(1_000_000_000)).await;
    let pages: u32 =
        database.connect().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let options = Options { pages_max: Some(pages + 24), ..Options::default() };
    let store = database.open_with(options).await.unwrap();
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for number in 0..2_000 {
        let (order, message) = credit_order(payer, number);
        let id = order.id;
        match spend(&*store, order, message).await {
            Ok(CreditOutcome::Accepted) => accepted.push(id),
            Err(PortError::Unavailable(_)) => refused.push(id),
            other => panic!("{other:?}"),
        }
        if refused.len() > 20 {
            break;
        }
    }
    assert!(!accepted.is_empty() && refused.len() > 20, "{} accepted", accepted.len());
    assert!(store.ping().await.is_err(), "a store on a full disk is not ready");
    for id in &accepted {
        assert!(store.order(*id).await.unwrap().is_some(), "acknowledged means stored");
    }
    for id in &refused {
        assert!(store.order(*id).await.unwrap().is_none(), "unavailable means nothing happened");
    }
    let reserved = i64::try_from(accepted.len()).unwrap() * 1_000;
    assert_eq!(store.balance(payer).await.unwrap().reserved, Msat::new(reserved));
    assert!(store.check_ledger().await.unwrap().is_sound());
    drop(store);

    // With a larger disk the store works again.
    let store = database.open().await;
    let (order, message) = credit_order(payer, 9_999);
    let outcome = spend(&*store, order, message).await;
    assert_eq!(outcome, Ok(CreditOutcome::Accepted));
    assert_eq!(store.ping().await, Ok(()));
    assert!(store.check_ledger().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_full_disk_fails_a_whole_group_of_one_commit_or_one_command_of_it() {
    let database = Database::new();
    let payer = account(&*database.open().await, Msat::new(1_000_000_000)).await;
    let pages: u32 =
        database.connect().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let options = Options { pages_max: Some(pages + 40), ..Options::default() };
    let store = database.open_with(options).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let store = store.clone();
        tasks.spawn(async move {
            let (order, message) = credit_order(payer, number);
            let id = order.id;
            (id, spend(&*store, order, message).await)
        });
    }
    let mut accepted = 0;
    for (id, outcome) in tasks.join_all().await {
        let stored = store.order(id).await.unwrap().is_some();
        match outcome {
            Ok(outcome) => assert_eq!((outcome, stored), (CreditOutcome::Accepted, true)),
            Err(error) => {
                assert!(matches!(error, PortError::Unavailable(_)), "{error}");
                assert!(!stored);
            }
        }
        accepted += usize::from(stored);
    }
    // None if all of them shared one group.
    assert!(accepted < 1_000, "{accepted}");
    assert!(store.check_ledger().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_locked_database_is_unavailable_and_then_works_again() {
    let database = Database::new();
    let store = database.open_with(patient(Duration::from_millis(50))).await.unwrap();
    let payer = account(&*store, Msat::new(10_000)).await;
    let other = database.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (order, message) = credit_order(payer, 1);
    let id = order.id;
    let locked = spend(&*store, order.clone(), message.clone()).await;
    assert!(matches!(locked, Err(PortError::Unavailable(_))), "{locked:?}");
    assert!(matches!(store.ping().await, Err(PortError::Unavailable(_))));
    assert!(store.order(id).await.unwrap().is_none(), "reads still work");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(spend(&*store, order, message).await, Ok(CreditOutcome::Accepted));
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_another_process_that_writes() {
    let database = Database::new();
    let store = database.open_with(patient(Duration::from_secs(20))).await.unwrap();
    let other = database.connect();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(200));
        other.execute_batch("COMMIT").unwrap();
    });
    store.ping().await.unwrap();
    waiting.await.unwrap();
    assert_eq!(store.recheck_orders(NOON).await, Ok(0));
}
