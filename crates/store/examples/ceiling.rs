//! How many durable, acknowledged accepts a second the store makes: each is an order paid from
//! credit with its reservation, message, queue row and event, and is answered after its commit.
//!
//! `cargo run --release -p store --example ceiling`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example for the terminal")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::account::AccountId;
use domain::message::{Address, Content, Lane, MessageId, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::order::{NewOrder, OrderId, OrderKind, Payment, Purchase, Webhook};
use domain::ports::{CreditOutcome, NewAccount, Store};
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;
use store::Vault;
use uuid::Uuid;

const RUN: Duration = Duration::from_secs(5);
const NOW: Timestamp = Timestamp::from_millis(1_793_534_400_000);

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boltgram.db");
    let url = format!("sqlite:{}", path.display());
    let store = store::open(&url, Vault::beside(&path).unwrap()).await.unwrap();
    let new = NewAccount {
        name: "payer".parse().unwrap(),
        webhook_secret: Secret::new("s"),
        credit: Msat::new(1_000_000_000_000),
    };
    let account = store.add_account(new, NOW).await.unwrap().id;
    let next = Arc::new(AtomicU64::new(0));
    for (tasks, webhook) in [(1, true), (64, true), (1_000, true), (1_000, false)] {
        measure(&store, account, &next, tasks, webhook).await;
    }
}

async fn measure(
    store: &Arc<dyn Store>,
    account: AccountId,
    next: &Arc<AtomicU64>,
    tasks: usize,
    webhook: bool,
) {
    let begin = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (store, next) = (store.clone(), next.clone());
        set.spawn(async move {
            let mut waits = Vec::new();
            while begin.elapsed() < RUN {
                let (order, message) =
                    accept(account, next.fetch_add(1, Ordering::Relaxed), webhook);
                let asked = Instant::now();
                let outcome = store.add_credit_order(order, message).await;
                assert_eq!(outcome, Ok(CreditOutcome::Accepted));
                waits.push(asked.elapsed());
            }
            waits
        });
    }
    let mut waits: Vec<_> = set.join_all().await.into_iter().flatten().collect();
    let took = begin.elapsed();
    waits.sort_unstable();
    let per_sec = waits.len() as u128 * 1_000 / took.as_millis();
    let (p50, p99) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    println!("{tasks:5} tasks, webhook {webhook:5}: {per_sec:7}/s  p50 {p50:9.2?}  p99 {p99:9.2?}");
}

fn accept(account: AccountId, number: u64, webhook: bool) -> (NewOrder, NewMessage) {
    let to = Address::Phone(Msisdn::from_digits(4_520_123_456).unwrap());
    let text = Text::new("Your code is 123456");
    // Scattered as real ids are.
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut id = [7; 32];
    id[..8].copy_from_slice(&scattered.to_be_bytes());
    let webhook = webhook
        .then(|| Webhook { url: "https://example.com/hook".to_owned(), secret: Secret::new("s") });
    let order = NewOrder {
        id: OrderId::new(id),
        kind: OrderKind::Send,
        account: Some(account),
        price: Msat::new(1_000),
        payment: Payment::Credit,
        purchase: Purchase::Send { to: to.clone(), text: text.clone() },
        webhook,
        referral: None,
        client: "key-1".to_owned(),
        created_at: NOW,
    };
    let content = Content {
        message: MessageId(Uuid::from_u128(u128::from(number) << 64)),
        account: Some(account),
        sender: None,
        text,
        parts: 1,
        lane: Lane::Single,
        valid_until: NOW.after(Duration::from_secs(3_600)),
    };
    let receipts_until = NOW.after(Duration::from_secs(7_200));
    (order, NewMessage { content, order: None, recipients: vec![to], receipts_until })
}
