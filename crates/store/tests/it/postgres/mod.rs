//! Failures specific to PostgreSQL: the network, a killed server, other nodes on the same rows.

mod crowd;
mod kill;
mod notify;
mod opening;
mod pooler;
mod schema;
mod secure;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::{
    AcceptedPart, ChunkEnd, ChunkId, CreditOrder, End, Lease, Outcome, Receipt, ReceiptScope,
    ReceiptState, Store, SubmissionKey,
};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use store::{Options, Vault};
use testkit::clock::NOON;
use testkit::postgres::{PostgresDatabase, PostgresServer};

use crate::fixture::{account, credit_order};

const LEASE: Duration = Duration::from_secs(120);

fn database() -> PostgresDatabase {
    PostgresDatabase::new(PostgresServer::shared())
}

async fn open(database: &PostgresDatabase) -> Arc<dyn Store> {
    open_at(&database.url(), Options::default()).await
}

async fn open_at(url: &str, options: Options) -> Arc<dyn Store> {
    store::open_with(url, Vault::new([7; 32]), options).await.unwrap()
}

async fn rich(store: &dyn Store) -> AccountId {
    account(store, Msat::new(1_000_000_000)).await
}

/// Orders to these numbers, paid by one account.
fn orders(payer: AccountId, numbers: impl IntoIterator<Item = u64>) -> Vec<CreditOrder> {
    let order = |number| {
        let (order, message) = credit_order(payer, number);
        CreditOrder { order, message }
    };
    numbers.into_iter().map(order).collect()
}

fn lease() -> Option<Lease> {
    Some(Lease { node: "one".to_owned(), until: NOON.after(LEASE) })
}

/// The carrier accepted each, in one part.
fn outcomes(orders: &[CreditOrder]) -> Vec<Outcome> {
    let outcome = |order: &CreditOrder| {
        let chunk = ChunkId { message: order.message.content.message, first: 0 };
        Outcome {
            key: SubmissionKey { chunk, attempt: 1, recipient: 0 },
            carrier: CarrierName::new("main"),
            link: None,
            parts: 1,
            accepted: vec![AcceptedPart { part: 1, carrier_id: carrier_id(order) }],
            end: End::Accepted,
        }
    };
    orders.iter().map(outcome).collect()
}

fn ends(orders: &[CreditOrder]) -> Vec<(ChunkId, u32, ChunkEnd)> {
    let end = |outcome: Outcome| (outcome.key.chunk, 1, ChunkEnd::Done);
    outcomes(orders).into_iter().map(end).collect()
}

fn receipts(orders: &[CreditOrder]) -> Vec<Receipt> {
    let receipt = |order: &CreditOrder| Receipt {
        carrier: CarrierName::new("main"),
        carrier_id: carrier_id(order),
        state: ReceiptState::Delivered,
        code: None,
        to: None,
        at: later(),
        unmarked: None,
        scope: ReceiptScope::Part,
    };
    orders.iter().map(receipt).collect()
}

fn later() -> Timestamp {
    NOON.after(Duration::from_secs(1))
}

fn carrier_id(order: &CreditOrder) -> String {
    format!("id-{:08}", order.message.content.message.0.as_u128())
}
