//! Notifications between nodes, and after a lost connection.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Changed, Store};
use testkit::clock::NOON;
use tokio::time::timeout;

use super::{database, lease, open, orders, rich};

const PATIENCE: Duration = Duration::from_secs(20);

const CHUNKS: Changed =
    Changed { chunks: true, orders: false, events: false, links: false, numbers: false };
const LINKS: Changed = Changed { links: true, chunks: false, ..CHUNKS };

async fn heard(store: &Arc<dyn Store>) -> Changed {
    timeout(PATIENCE, store.changed()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_stored_for_others_is_heard_by_them() {
    let database = database();
    let (here, there) = (open(&database).await, open(&database).await);
    let payer = rich(&*here).await;
    for store in [&here, &there] {
        assert_eq!(heard(store).await, Changed::ALL, "everything after opening");
    }
    here.add_credit_orders(orders(payer, 0..3), None).await.unwrap();
    assert_eq!(heard(&there).await, CHUNKS);
    // Leased chunks send no notification, and a node does not receive its own.
    here.add_credit_orders(orders(payer, 3..6), lease()).await.unwrap();
    here.lease_links("here", vec![], Duration::from_secs(60), NOON).await.unwrap();
    assert_eq!(heard(&there).await, LINKS);
    there.leave_links("here").await.unwrap();
    assert_eq!(heard(&here).await, LINKS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_looked_for_after_the_connection_was_lost() {
    let database = database();
    let store = open(&database).await;
    assert_eq!(heard(&store).await, Changed::ALL);
    let ended = database.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%LISTEN boltgram'",
    );
    assert_eq!(ended, "1");
    assert_eq!(heard(&store).await, Changed::ALL);
}
