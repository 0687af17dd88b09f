//! Many commands in one commit, and the writer thread.

use std::sync::Arc;

use domain::money::Msat;
use domain::ports::{CreditOutcome, PortError, Store};
use domain::sale::order::NewOrder;

use crate::fixture::{Database, account, credit_order, spend};

/// Sends all of them at once, so that they share a group.
async fn send(
    store: &Arc<dyn Store>,
    orders: Vec<(NewOrder, domain::message::NewMessage)>,
) -> Vec<Result<CreditOutcome, PortError>> {
    let mut tasks = tokio::task::JoinSet::new();
    for (order, message) in orders {
        let store = store.clone();
        tasks.spawn(async move { spend(&*store, order, message).await });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_undoes_only_itself() {
    let database = Database::new();
    let store = database.open().await;
    let payer = account(&*store, Msat::new(1_000_000)).await;
    // Every second order repeats an existing message, which fails after its credit was reserved.
    let mut orders: Vec<_> = (0..200).map(|number| credit_order(payer, number)).collect();
    for pair in orders.chunks_mut(2) {
        let message = pair[0].1.clone();
        pair[1].1 = message;
    }
    let outcomes = send(&store, orders).await;
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let conflicts = outcomes.iter().filter(|o| matches!(o, Err(PortError::Conflict(_)))).count();
    assert_eq!((accepted, conflicts), (100, 100));
    assert_eq!(store.balance(payer).await.unwrap().reserved, Msat::new(100_000));
    let report = store.check_ledger().await.unwrap();
    assert!(report.is_sound() && report.transfers == 101, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_queued_is_written_when_the_last_handle_goes() {
    let database = Database::new();
    let store = database.open().await;
    let payer = account(&*store, Msat::new(1_000_000)).await;
    let blocker = database.connect();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..50 {
        let (order, message) = credit_order(payer, number);
        // The caller is dropped as soon as the command is queued.
        let accepted = spend(&*store, order, message);
        let gone = tokio::time::timeout(std::time::Duration::from_millis(1), accepted).await;
        assert!(gone.is_err());
    }
    let dropping = tokio::task::spawn_blocking(move || drop(store));
    blocker.execute_batch("COMMIT").unwrap();
    dropping.await.unwrap();
    let count: u32 = database
        .connect()
        .query_row("SELECT count(*) FROM all_orders", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_callers_than_the_queue_holds_all_get_an_answer() {
    let database = Database::new();
    let store = database.open().await;
    let payer = account(&*store, Msat::new(1_000_000_000)).await;
    let orders = (0..10_000).map(|number| credit_order(payer, number)).collect();
    let outcomes = send(&store, orders).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(CreditOutcome::Accepted)));
    assert!(store.check_ledger().await.unwrap().is_sound());
}
