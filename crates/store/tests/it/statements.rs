//! What a single message costs: statements from its accept to its answered webhook, on both engines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::account::operator::Actor;
use domain::event::{Attempt, AttemptResult};
use domain::money::Msat;
use domain::ports::{
    ChunkEnd, CreditOutcome, DeliveryOutcome, DeliveryResult, NewAccount, Store, StoreObserver,
};
use domain::secret::Secret;
use store::{Options, Vault};

use testkit::postgres::{PostgresDatabase, PostgresServer};

#[path = "../../examples/message_cost/made.rs"]
mod made;

use made::{NOW, chunk, lease, order, outcome, receipt};

/// Beyond the messages' own: the account, and balances and counts once for each call.
const EACH_GROUP_MAX: u64 = 16;

const EACH_MESSAGE: u64 = 8;

#[derive(Debug, Default)]
struct Statements(AtomicU64);

impl StoreObserver for Statements {
    fn committed(&self, _: Duration, statements: u64) {
        self.0.fetch_add(statements, Ordering::SeqCst);
    }

    fn flushed(&self, _: Duration) {}
}

/// Accepts, hands over, delivers and reports these messages, each step in one call.
async fn send(store: &Arc<dyn Store>, numbers: std::ops::Range<u64>) {
    let new = NewAccount {
        name: format!("payer-{}", numbers.start).parse().unwrap(),
        webhook_secret: Secret::new("whsec_c2VjcmV0"),
        credit: Msat::new(1_000_000_000),
    };
    let account = store.add_account(new, Actor::CommandLine, NOW).await.unwrap().id;
    let orders = numbers.clone().map(|number| order(account, number)).collect();
    let accepted = store.add_credit_orders(orders, Some(lease(120))).await.unwrap();
    assert!(accepted.iter().all(|outcome| *outcome == CreditOutcome::Accepted));
    let taken = numbers.clone().map(outcome).collect();
    let ends = numbers.clone().map(|number| (chunk(number), 1, ChunkEnd::Done)).collect();
    store.record_outcomes(taken, ends, NOW, Some(lease(45))).await.unwrap();
    let receipts = numbers.clone().map(receipt).collect();
    let events = store.record_receipts(receipts, NOW, Some(lease(45))).await.unwrap().deliveries;
    assert_eq!(events.len() as u64, numbers.end - numbers.start);
    let answered =
        Attempt { at: NOW, took: Duration::from_millis(7), result: AttemptResult::Status(200) };
    let answered = |event| DeliveryResult { event, outcome: DeliveryOutcome::Delivered(answered) };
    let answers = events.into_iter().map(|delivery| answered(delivery.id)).collect();
    store.record_deliveries(answers, NOW).await.unwrap();
}

async fn a_message_costs_eight_statements(url: &str) {
    let statements = Arc::<Statements>::default();
    let options = Options { observer: Some(statements.clone()), ..Options::default() };
    let store = store::open_with(url, Vault::new([7; 32]), options).await.unwrap();
    let spent = async |numbers: std::ops::Range<u64>| {
        let before = statements.0.load(Ordering::SeqCst);
        send(&store, numbers).await;
        statements.0.load(Ordering::SeqCst) - before
    };
    let (few, many) = (spent(0..10).await, spent(10..50).await);
    assert_eq!(many - few, 30 * EACH_MESSAGE, "for 30 messages more");
    assert!(few <= 10 * EACH_MESSAGE + EACH_GROUP_MAX, "{few} for 10");
}

#[tokio::test]
async fn on_sqlite_a_message_costs_eight_statements() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("boltgram.db").display());
    a_message_costs_eight_statements(&url).await;
}

#[tokio::test]
async fn on_postgresql_a_message_costs_eight_statements() {
    let database = PostgresDatabase::new(PostgresServer::shared());
    a_message_costs_eight_statements(&database.url()).await;
}
