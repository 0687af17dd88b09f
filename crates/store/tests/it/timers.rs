//! Timers of many open numbers: each is claimed as soon as its time is up, however many wait.

use std::time::{Duration, Instant};

use domain::activation::NumberRequest;
use domain::money::Msat;
use domain::ports::{LoanNews, LoanReport};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::NewOrder;
use domain::time::Timestamp;
use testkit::clock::NOON;

use crate::fixture::{Database, account, credit_order};

const OPEN: i64 = 100_000;

/// Between the ends of two of them.
const APART_MS: i64 = 10;

/// Far more than a claim among so many takes, also in a debug build on a busy machine.
const CLAIM_MAX: Duration = Duration::from_secs(2);

const ACTIVATIONS: &str = "
    WITH RECURSIVE nth (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM nth WHERE n < ?1)
    INSERT INTO activations (order_id, loan, service, network, price, state, number, paid_at,
        assigned_at, until, updated_at, due_at)
    SELECT randomblob(32), randomblob(16), service, network, 0, 'waiting', 4915100000000 + n, paid_at,
        paid_at, until + n * ?2, updated_at, until + n * ?2
    FROM activations, nth WHERE id = 1";

const ORDERS: &str = "
    INSERT INTO orders (id, kind, door, state, account, price, payment, service, client, created_at,
        paid_at, updated_at)
    SELECT a.order_id, o.kind, o.door, o.state, o.account, 0, o.payment, o.service, o.client,
        o.created_at, o.paid_at, o.updated_at
    FROM activations a, orders o WHERE a.id > 1";

#[tokio::test]
async fn a_hundred_thousand_open_numbers_end_on_time() {
    let database = Database::new();
    let store = database.open().await;
    let payer = account(&*store, Msat::ZERO).await;
    let wanted = NumberRequest::for_code("tg".parse().unwrap(), None);
    let (order, _) = credit_order(payer, 1);
    let fulfilment = Fulfilment::number(wanted);
    let first = NewOrder { fulfilment, webhook: None, price: Msat::ZERO, ..order };
    store.add_credit_activations(vec![first]).await.unwrap();
    let connection = database.connect();
    connection.execute(ACTIVATIONS, [OPEN, APART_MS]).unwrap();
    connection.execute(ORDERS, []).unwrap();
    drop(connection);

    // The first one waits for a supplier since noon.
    let never = Timestamp::from_millis(i64::MAX);
    let due = store.claim_activations("one", NOON, never, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    let end = NOON.after(Duration::from_secs(21 * 60));
    let (mut ended, mut slowest) = (0, Duration::ZERO);
    for second in 1..=10 {
        let now = end.after(Duration::from_secs(second));
        loop {
            let begun = Instant::now();
            let lease = now.after(Duration::from_secs(90));
            let due = store.claim_activations("one", now, lease, 500).await.unwrap();
            slowest = slowest.max(begun.elapsed());
            if due.is_empty() {
                break;
            }
            assert!(due.iter().all(|due| due.activation.until <= now), "too early");
            let report = |loan| LoanReport {
                loan,
                node: Some("one".to_owned()),
                supplier: None,
                news: LoanNews::Unchanged,
                messages: Vec::new(),
                due_at: never,
            };
            let reports = due.iter().map(|due| report(due.activation.loan)).collect();
            ended += store.record_loans(reports, now).await.unwrap().cancelled;
        }
        let due_by_now = i64::try_from(second).unwrap() * 1_000 / APART_MS;
        assert_eq!(i64::from(ended), due_by_now, "late by more than a second");
    }
    assert!(slowest < CLAIM_MAX, "a claim took {slowest:?}");
}
