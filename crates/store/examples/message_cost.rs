//! What a message costs the store: orders paid from credit, on the whole way from accept to the end
//! that was told, in batches as the engine makes them, on a database file.
//!
//! ```text
//! accept (leased) ─> outcome ─> receipt (event leased) ─> told
//! ```
//!
//! `cargo run --release -p store --example message_cost [DIRECTORY [MESSAGES [BATCH]]]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    reason = "an example for the terminal"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::account::AccountId;
use domain::message::{Address, Content, Lane, MessageId, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::order::{NewOrder, OrderId, OrderKind, Payment, Purchase, Wanted, Webhook};
use domain::ports::{
    AcceptedPart, ChunkEnd, ChunkId, CreditOrder, CreditOutcome, End, Lease, NewAccount, Outcome,
    Receipt, ReceiptState, Store, SubmissionKey, WebhookOutcome, WebhookResult,
};
use domain::routing::CarrierName;
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;
use mimalloc::MiMalloc;
use store::Vault;
use tokio::sync::mpsc;
use uuid::Uuid;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const MESSAGES: u64 = 20_000;
const NOW: Timestamp = Timestamp::from_millis(1_793_534_400_000);

#[tokio::main]
async fn main() {
    let args: Vec<_> = std::env::args().collect();
    let parent = args.get(1).map_or(".", String::as_str);
    let messages = args.get(2).map_or(MESSAGES, |count| count.parse().unwrap());
    let batches = args.get(3).map_or(vec![4, 16, 64, 256], |batch| vec![batch.parse().unwrap()]);
    for batch in batches {
        let directory = tempfile::tempdir_in(parent).unwrap();
        measure(directory.path(), messages, batch).await;
    }
}

async fn measure(directory: &Path, messages: u64, batch: u64) {
    let path = directory.join("boltgram.db");
    let url = format!("sqlite:{}", path.display());
    let store = store::open(&url, Vault::beside(&path).unwrap()).await.unwrap();
    let new = NewAccount {
        name: "payer".parse().unwrap(),
        webhook_secret: Secret::new("whsec_c2VjcmV0"),
        credit: Msat::new(1_000_000_000_000),
    };
    let account = store.add_account(new, NOW).await.unwrap().id;
    let (begin, cpu, io) = (Instant::now(), writer_cpu(), written());
    run(&store, account, messages, batch).await;
    let took = begin.elapsed();
    let (cpu, io) = (writer_cpu().saturating_sub(cpu), written() - io);
    assert!(store.check_ledger().await.unwrap().is_sound());
    drop(store);
    let size = fs::metadata(&path).unwrap().len();
    println!(
        "batches of {batch:3}: {:6}/s  writer {:5.1} µs CPU  written {:5.2} KiB  kept {:5.2} KiB",
        u128::from(messages) * 1_000_000 / took.as_micros(),
        cpu.as_secs_f64() * 1e6 / messages as f64,
        io as f64 / 1_024.0 / messages as f64,
        size as f64 / 1_024.0 / messages as f64,
    );
}

/// Two calls of accept at a time, as the engine has; each later step one.
async fn run(store: &Arc<dyn Store>, account: AccountId, messages: u64, batch: u64) {
    let (accepted, mut outcomes) = mpsc::channel(8);
    let (submitted, mut receipts) = mpsc::channel(8);
    let (ended, mut told) = mpsc::channel(8);
    let mut steps = tokio::task::JoinSet::new();
    for caller in 0..2 {
        let (store, accepted) = (store.clone(), accepted.clone());
        steps.spawn(async move {
            for first in (caller * batch..messages).step_by(usize::try_from(2 * batch).unwrap()) {
                let numbers = first..(first + batch).min(messages);
                let orders: Vec<_> = numbers.clone().map(|number| order(account, number)).collect();
                let lease = Lease { node: "one".to_owned(), until: later(120) };
                let outcomes = store.add_credit_orders(orders, Some(lease)).await.unwrap();
                assert!(outcomes.iter().all(|outcome| *outcome == CreditOutcome::Accepted));
                accepted.send(numbers).await.unwrap();
            }
        });
    }
    drop(accepted);
    let at = store.clone();
    steps.spawn(async move {
        while let Some(numbers) = outcomes.recv().await {
            let all: Vec<u64> = numbers.collect();
            let taken = all.iter().map(|number| outcome(*number)).collect();
            let done = |number: &u64| (chunk(*number), 1, ChunkEnd::Done);
            let ends = all.iter().map(done).collect();
            at.record_outcomes(taken, ends, NOW, Some(later(45))).await.unwrap();
            submitted.send(all).await.unwrap();
        }
    });
    let at = store.clone();
    steps.spawn(async move {
        while let Some(numbers) = receipts.recv().await {
            let said = numbers.into_iter().map(receipt).collect();
            let recorded = at.record_receipts(said, NOW, Some(later(45))).await.unwrap();
            ended.send(recorded.webhooks).await.unwrap();
        }
    });
    let at = store.clone();
    steps.spawn(async move {
        let mut count = 0;
        while let Some(calls) = told.recv().await {
            count += calls.len();
            let told = |call: domain::ports::WebhookCall| WebhookResult {
                call: call.id,
                outcome: WebhookOutcome::Told,
                note: "status 200".to_owned(),
            };
            at.record_webhooks(calls.into_iter().map(told).collect(), NOW).await.unwrap();
        }
        assert_eq!(count as u64, messages);
    });
    steps.join_all().await;
}

fn later(secs: u64) -> Timestamp {
    NOW.after(Duration::from_secs(secs))
}

/// Ids as they are made: the time first, then what is random.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn millis(number: u64) -> u64 {
    u64::try_from(NOW.as_millis()).unwrap() + number / 10
}

fn message_id(number: u64) -> MessageId {
    let mut random = [7; 10];
    random[..8].copy_from_slice(&scattered(number).to_be_bytes());
    MessageId(uuid::Builder::from_unix_timestamp_millis(millis(number), &random).into_uuid())
}

fn chunk(number: u64) -> ChunkId {
    ChunkId { message: message_id(number), first: 0 }
}

fn carrier_id(number: u64) -> String {
    Uuid::from_u128(u128::from(number)).to_string()
}

fn order(account: AccountId, number: u64) -> CreditOrder {
    let to = Address::Phone(Msisdn::from_digits(4_520_000_000 + number % 1_000_000).unwrap());
    let text = Text::new("Your code is 123456");
    let mut id = [7; 32];
    id[..6].copy_from_slice(&millis(number).to_be_bytes()[2..]);
    id[6..14].copy_from_slice(&scattered(number).to_be_bytes());
    let order = NewOrder {
        id: OrderId::new(id),
        kind: OrderKind::Send,
        account: Some(account),
        price: Msat::new(1_000),
        payment: Payment::Credit,
        purchase: Purchase::Send { to: to.clone(), text: text.clone() },
        webhook: Some(Webhook {
            url: "https://shop.example/hook".to_owned(),
            secret: Secret::new("whsec_c2VjcmV0"),
            wants: Wanted::Final,
        }),
        referral: None,
        client: "key-1".to_owned(),
        created_at: NOW,
    };
    let content = Content {
        message: message_id(number),
        account: Some(account),
        sender: None,
        text,
        parts: 1,
        lane: Lane::Single,
        valid_until: later(3_600),
    };
    let order_id = Some(order.id);
    let message =
        NewMessage { content, order: order_id, recipients: vec![to], receipts_until: later(7_200) };
    CreditOrder { order, message }
}

fn outcome(number: u64) -> Outcome {
    Outcome {
        key: SubmissionKey { chunk: chunk(number), attempt: 1, recipient: 0 },
        carrier: CarrierName::new("main"),
        parts: 1,
        accepted: vec![AcceptedPart { part: 1, carrier_id: carrier_id(number) }],
        end: End::Accepted,
    }
}

fn receipt(number: u64) -> Receipt {
    Receipt {
        carrier: CarrierName::new("main"),
        carrier_id: carrier_id(number),
        state: ReceiptState::Delivered,
        code: None,
        to: None,
        at: NOW,
    }
}

/// Of the writer's thread; the kernel counts hundredths of a second.
fn writer_cpu() -> Duration {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let stat = fs::read_to_string(task.unwrap().path().join("stat")).unwrap_or_default();
        if let Some((_, after)) = stat.split_once("(store-writer) ") {
            let fields: Vec<u64> = after
                .split_whitespace()
                .skip(11)
                .take(2)
                .map(|field| field.parse().unwrap())
                .collect();
            ticks += fields.iter().sum::<u64>();
        }
    }
    Duration::from_millis(ticks * 10)
}

/// Bytes that this process gave the kernel to write.
fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap();
    line.parse().unwrap()
}
