//! The server is killed under load and restarts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::id::{AccountId, OrderId};
use domain::ports::{CreditOutcome, PortError, Store};
use store::Options;
use testkit::postgres::{PostgresDatabase, PostgresServer};
use tokio::task::JoinSet;

use super::{open_at, orders, rich};

const KILLS: u64 = 3;
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Accepted,
    Nothing,
    Unknown,
}

/// Buys until stopped, whatever the outcomes are.
async fn buy(
    store: Arc<dyn Store>,
    payer: AccountId,
    next: Arc<AtomicU64>,
    bought: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> BTreeMap<OrderId, Told> {
    let mut told = BTreeMap::new();
    while !stop.load(Ordering::SeqCst) {
        let new = orders(payer, [next.fetch_add(1, Ordering::SeqCst)]);
        let id = new[0].order.id;
        let answer = match store.add_credit_orders(new, None).await {
            Ok(outcomes) => {
                assert_eq!(outcomes, [CreditOutcome::Accepted]);
                bought.fetch_add(1, Ordering::SeqCst);
                Told::Accepted
            }
            Err(PortError::Unavailable(_)) => Told::Nothing,
            Err(PortError::Unknown(_)) => Told::Unknown,
            Err(error) => panic!("{error}"),
        };
        if answer != Told::Accepted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        told.insert(id, answer);
    }
    told
}

async fn until(store: &dyn Store, up: bool) {
    let begun = Instant::now();
    while store.ping().await.is_ok() != up {
        assert!(begun.elapsed() < PATIENCE, "the failure is not noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_acknowledged_outlives_the_server() {
    let database = PostgresDatabase::new(PostgresServer::durable());
    let store = open_at(&database.url(), Options::default()).await;
    let payer = rich(&*store).await;
    let (next, bought) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let stop = Arc::<AtomicBool>::default();
    let mut buyers = JoinSet::new();
    for _ in 0..6 {
        buyers.spawn(buy(store.clone(), payer, next.clone(), bought.clone(), stop.clone()));
    }
    for life in 1..=KILLS {
        let begun = Instant::now();
        while bought.load(Ordering::SeqCst) < life * 100 {
            assert!(begun.elapsed() < PATIENCE, "no order is accepted");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let server = database.server.clone();
        tokio::task::spawn_blocking(move || server.kill()).await.unwrap();
        until(&*store, false).await;
        let server = database.server.clone();
        tokio::task::spawn_blocking(move || server.revive()).await.unwrap();
        until(&*store, true).await;
    }
    stop.store(true, Ordering::SeqCst);
    let told: BTreeMap<_, _> = buyers.join_all().await.into_iter().flatten().collect();
    for (id, told) in &told {
        let stored = store.order(*id).await.unwrap().is_some();
        match told {
            Told::Accepted => assert!(stored, "acknowledged means stored"),
            Told::Nothing => assert!(!stored, "unavailable means nothing happened"),
            Told::Unknown => {}
        }
    }
    let accepted = told.values().filter(|told| **told == Told::Accepted).count();
    assert!(
        accepted as u64 >= KILLS * 100 && accepted < told.len(),
        "{accepted} of {}",
        told.len()
    );
    assert!(store.check_ledger().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_told_at_once() {
    let database = PostgresDatabase::new(PostgresServer::durable());
    let store = open_at(&database.url(), Options::default()).await;
    database.server.kill();
    until(&*store, false).await;
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert!(matches!(store.order_load().await, Err(PortError::Unavailable(_))));
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    database.server.revive();
    until(&*store, true).await;
    store.order_load().await.unwrap();
}
