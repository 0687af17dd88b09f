//! Two nodes on the same rows at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::account::operator::Actor;
use domain::event::{Attempt, AttemptResult};
use domain::money::Msat;
use domain::ports::{
    ChunkEnd, CreditOutcome, Delivery, DeliveryOutcome, DeliveryResult, NewAccount, OrderAdmission,
    OrderCaps, PortError, Store,
};
use domain::secret::Secret;
use testkit::clock::NOON;
use tokio::task::JoinSet;

use super::{LEASE, database, ends, later, lease, open, orders, outcomes, receipts, rich};
use crate::fixture::{account, lightning_order};

async fn nodes(database: &testkit::postgres::PostgresDatabase) -> [Arc<dyn Store>; 2] {
    [open(database).await, open(database).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_credit_is_spent_once() {
    let database = database();
    let nodes = nodes(&database).await;
    let payer = account(&*nodes[0], Msat::new(50_000)).await;
    let mut buyers = JoinSet::new();
    for number in 0..48_u64 {
        let store = nodes[usize::try_from(number % 2).unwrap()].clone();
        // Every third buyer sends one order, the others a batch.
        let count = if number % 3 == 0 { 1 } else { 3 };
        buyers.spawn(async move {
            let orders = orders(payer, number * 10..number * 10 + count);
            store.add_credit_orders(orders, None).await
        });
    }
    let outcomes = buyers.join_all().await.into_iter().flat_map(Result::unwrap);
    let (accepted, refused): (Vec<_>, Vec<_>) =
        outcomes.partition(|outcome| *outcome == CreditOutcome::Accepted);
    assert_eq!((accepted.len(), refused.len()), (50, 62));
    let balance = nodes[1].balance(payer).await.unwrap();
    assert_eq!((balance.available, balance.reserved), (Msat::ZERO, Msat::new(50_000)));
    assert!(nodes[0].check_ledger().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_chunk_is_claimed_by_one_node() {
    let database = database();
    let nodes = nodes(&database).await;
    let payer = rich(&*nodes[0]).await;
    nodes[0].add_credit_orders(orders(payer, 0..300), None).await.unwrap();
    let mut claims = JoinSet::new();
    for (place, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let store = nodes[place % 2].clone();
        claims.spawn(async move {
            let mut claimed = Vec::new();
            let mut idle = 0;
            // A claim skips rows locked by another, so it may find nothing.
            while idle < 3 {
                let found = store.claim_chunks(name, 7.into(), NOON, NOON.after(LEASE)).await;
                let found = found.unwrap().chunks;
                idle = if found.is_empty() { idle + 1 } else { 0 };
                claimed.extend(found.into_iter().map(|chunk| chunk.id));
            }
            claimed
        });
    }
    let claimed: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    let different: BTreeSet<_> = claimed.iter().copied().collect();
    assert_eq!((claimed.len(), different.len()), (300, 300));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_receipt_that_comes_to_both_nodes_is_recorded_once() {
    let database = database();
    let nodes = nodes(&database).await;
    let payer = rich(&*nodes[0]).await;
    let orders = orders(payer, 0..60);
    nodes[0].add_credit_orders(orders.clone(), lease()).await.unwrap();
    nodes[0].record_outcomes(outcomes(&orders), ends(&orders), NOON, None).await.unwrap();
    let mut inboxes = JoinSet::new();
    for (node, store) in nodes.iter().enumerate() {
        for half in 0..3 {
            let store = store.clone();
            let mut said = receipts(&orders[half * 20..(half + 1) * 20]);
            if node == 1 {
                // Requests the locks in reverse order.
                said.reverse();
            }
            inboxes.spawn(async move { store.record_receipts(said, later(), None).await });
        }
    }
    let recorded: Vec<_> = inboxes.join_all().await.into_iter().map(Result::unwrap).collect();
    let sum = |count: fn(&domain::ports::Recorded) -> u32| recorded.iter().map(count).sum::<u32>();
    assert_eq!(sum(|recorded| recorded.recipients), 60);
    assert_eq!(sum(|recorded| recorded.settled), 60);
    assert_eq!(sum(|recorded| recorded.parked), 0);
    assert_eq!(nodes[0].balance(payer).await.unwrap().reserved, Msat::ZERO);
    assert!(nodes[0].check_ledger().await.unwrap().is_sound());
}

/// In either order the receipt finds its submission: nothing stays parked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_receipt_and_its_submission_meet_whichever_is_first() {
    let database = database();
    let nodes = nodes(&database).await;
    let payer = rich(&*nodes[0]).await;
    let orders = orders(payer, 0..200);
    nodes[0].add_credit_orders(orders.clone(), lease()).await.unwrap();
    let mut tasks = JoinSet::new();
    for batch in orders.chunks(4) {
        let (carrier, inbox) = (nodes[0].clone(), nodes[1].clone());
        let (batch, same) = (batch.to_vec(), batch.to_vec());
        tasks.spawn(async move {
            carrier.record_outcomes(outcomes(&batch), ends(&batch), NOON, None).await.map(drop)
        });
        tasks.spawn(async move {
            inbox.record_receipts(receipts(&same), later(), None).await.map(drop)
        });
    }
    let done: Result<Vec<()>, PortError> = tasks.join_all().await.into_iter().collect();
    done.unwrap();
    assert_eq!(database.sql("SELECT count(*) FROM parked_receipts"), "0");
    assert_eq!(database.sql("SELECT count(*) FROM all_recipients WHERE state = 'success'"), "200");
    assert_eq!(nodes[0].balance(payer).await.unwrap().reserved, Msat::ZERO);
}

/// A claim and the buyer's cancel compete for the same rows, and one of them succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_is_either_cancelled_or_handed_out() {
    let database = database();
    let nodes = nodes(&database).await;
    let payer = rich(&*nodes[0]).await;
    let orders = orders(payer, 0..60);
    nodes[0].add_credit_orders(orders.clone(), None).await.unwrap();
    let mut cancels = JoinSet::new();
    for order in &orders {
        let (store, id) = (nodes[1].clone(), order.order.id);
        cancels.spawn(async move {
            let reason = domain::reason::Reason::CancelledByBuyer;
            (id, store.cancel_order(id, reason, NOON).await.unwrap())
        });
    }
    let mut claimed = BTreeSet::new();
    for _ in 0..30 {
        let found =
            nodes[0].claim_chunks("one", 3.into(), NOON, NOON.after(LEASE)).await.unwrap().chunks;
        claimed.extend(found.into_iter().map(|chunk| chunk.id.message));
    }
    for (id, outcome) in cancels.join_all().await {
        let order = orders.iter().find(|order| order.order.id == id).unwrap();
        let handed_out = claimed.contains(&order.message.content.message);
        match outcome {
            domain::ports::CancelOutcome::Cancelled => assert!(!handed_out, "{id} was claimed"),
            domain::ports::CancelOutcome::TooLate => assert!(handed_out, "{id} was not claimed"),
            other => panic!("{other:?}"),
        }
    }
    assert!(nodes[0].check_ledger().await.unwrap().is_sound());
}

/// A receipt is overdue while another change locks the message: the next claim tries another carrier.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_overdue_receipt_that_a_claim_could_not_take_stays_overdue() {
    let database = Arc::new(database());
    let store = open(&database).await;
    let orders = orders(rich(&*store).await, [1]);
    store.add_credit_orders(orders.clone(), lease()).await.unwrap();
    let ends = vec![(ends(&orders)[0].0, 1, ChunkEnd::AwaitReceipts { until: later() })];
    store.record_outcomes(outcomes(&orders), ends, NOON, None).await.unwrap();
    let other = database.clone();
    let holding = tokio::task::spawn_blocking(move || {
        other.sql("SELECT 1 FROM messages FOR UPDATE; SELECT pg_sleep(3)")
    });
    let is_held = || {
        database.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
    };
    while is_held() == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let claim =
        |at: domain::time::Timestamp| store.claim_chunks("one", 9.into(), at, at.after(LEASE));
    assert!(claim(later()).await.unwrap().chunks.is_empty());
    holding.await.unwrap();
    let claimed = claim(later().after(Duration::from_secs(1))).await.unwrap().chunks;
    assert_eq!(claimed.len(), 1, "its carrier sent no receipt");
    assert_eq!(claimed[0].recipients[0].tried, [domain::routing::CarrierName::new("main")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_caps_hold_for_both_nodes_together() {
    let database = database();
    let nodes = nodes(&database).await;
    let caps = OrderCaps {
        open_max: 20,
        open_per_client_max: 20,
        held_max: 9,
        held_per_client_max: 9,
        held_msat_max: Msat::new(i64::MAX),
        held_msat_per_client_max: Msat::new(i64::MAX),
        networks: Vec::new(),
        unpaid_per_day_max: 99,
    };
    let mut buyers = JoinSet::new();
    for number in 0..60_u64 {
        let store = nodes[usize::try_from(number % 2).unwrap()].clone();
        let caps = caps.clone();
        buyers.spawn(async move { store.add_order(lightning_order(number), caps, NOON).await });
    }
    let admitted = buyers.join_all().await.into_iter().map(Result::unwrap);
    let stored = admitted.filter(|admission| *admission == OrderAdmission::Stored).count();
    assert_eq!(stored, 20);
}

/// Batches of many accounts at both nodes, while buyers cancel and webhooks are recorded. All lock rows
/// in one order, so that there are no deadlocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn busy_nodes_do_not_wait_for_each_other_crosswise() {
    let database = database();
    let nodes = nodes(&database).await;
    let mut payers = Vec::new();
    for number in 0..12 {
        let new = NewAccount {
            name: format!("payer-{number}").parse().unwrap(),
            webhook_secret: Secret::new("s"),
            credit: Msat::new(1_000_000),
        };
        payers.push(nodes[0].add_account(new, Actor::CommandLine, NOON).await.unwrap().id);
    }
    let mut work = JoinSet::new();
    for round in 0..24_u64 {
        let [here, there] = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        let (here, there) = (nodes[here].clone(), nodes[there].clone());
        let mut payers = payers.clone();
        payers.rotate_left(usize::try_from(round % 12).unwrap());
        work.spawn(async move {
            let mut batch = Vec::new();
            for (place, payer) in (0..).zip(payers) {
                batch.extend(orders(payer, [round * 100 + place]));
            }
            here.add_credit_orders(batch.clone(), lease()).await.unwrap();
            let cancels = async {
                for order in &batch {
                    let reason = domain::reason::Reason::CancelledByBuyer;
                    here.cancel_order(order.order.id, reason, NOON).await.unwrap();
                }
            };
            let mut backwards = batch.clone();
            backwards.reverse();
            let recorded = async {
                let (outcomes, ends) = (outcomes(&backwards), ends(&backwards));
                there.record_outcomes(outcomes, ends, NOON, None).await.unwrap();
                there.record_receipts(receipts(&backwards), later(), None).await.unwrap();
            };
            let delivered = async {
                let until = later().after(LEASE);
                let due = here.claim_deliveries("here", later(), until, 20).await.unwrap();
                let result = AttemptResult::Status(200);
                let attempt = Attempt { at: later(), took: Duration::ZERO, result };
                let outcome = DeliveryOutcome::Delivered(attempt);
                let end = |delivery: Delivery| DeliveryResult { event: delivery.id, outcome };
                here.record_deliveries(due.into_iter().map(end).collect(), later()).await.unwrap();
            };
            tokio::join!(cancels, recorded, delivered);
        });
    }
    work.join_all().await;
    assert_eq!(database.sql("SELECT count(*) FROM all_orders WHERE state = 'settled'"), "288");
    assert!(nodes[0].check_ledger().await.unwrap().is_sound());
    drop(nodes);
    // Sessions report their counters when they end.
    let counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(database.sql(counted), "0");
}
