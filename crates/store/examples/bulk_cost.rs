//! What a message to many costs the store, step by step: accepted, claimed, taken by a carrier,
//! delivered, looked at, and tried again whole. Outcomes and receipts come in batches of a thousand,
//! those of eight chunks mixed, as carriers answer.
//!
//! `cargo run --release -p store --example bulk_cost [--postgres] [RECIPIENTS [BLOCKED]]`
//!
//! BLOCKED numbers lie among those that are written to, and are none of them.
//!
//! The database is in `TMPDIR`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "an example for the terminal"
)]

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::account::blocklist::{BlockProof, BlockScope};
use domain::account::operator::Actor;
use domain::id::{AccountId, MessageId};
use domain::limits::BLOCKS_BATCH_MAX;
use domain::message::campaign::{NewBulk, PriceGroup, RefundPolicy};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::{Content, Lane};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    AcceptedPart, ChunkEnd, ClaimedChunk, End, NewAccount, Outcome, Receipt, ReceiptScope,
    ReceiptState, RecipientList, Retry, Spent, Store, SubmissionKey,
};
use domain::routing::CarrierName;
use domain::secret::Secret;
use domain::text::Text;
use domain::time::Timestamp;
use mimalloc::MiMalloc;
use store::Vault;
use testkit::postgres::{PostgresDatabase, PostgresServer};
use uuid::Uuid;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const NOW: Timestamp = Timestamp::from_millis(1_793_534_400_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PRICE: Msat = Msat::new(7);
const CHUNKS: u32 = 8;
const BATCH: usize = 1_000;

#[tokio::main]
async fn main() {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let postgres = args.iter().position(|arg| arg == "--postgres").map(|at| args.remove(at));
    let recipients = args.first().map_or(100_000, |count| count.parse().unwrap());
    let blocked = args.get(1).map_or(0, |count| count.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let database = postgres.map(|_| PostgresDatabase::new(PostgresServer::durable()));
    let url = match &database {
        Some(database) => database.url(),
        None => format!("sqlite:{}", directory.path().join("boltgram.db").display()),
    };
    let store = store::open(&url, Vault::new([7; 32])).await.unwrap();
    let new = NewAccount {
        name: "payer".parse().unwrap(),
        webhook_secret: Secret::new("whsec_c2VjcmV0"),
        credit: Msat::new(1_000_000_000_000),
    };
    let account = store.add_account(new, Actor::CommandLine, NOW).await.unwrap().id;
    block(&store, recipients, blocked).await;
    run(&store, account, recipients).await;
}

fn number(index: u32) -> Msisdn {
    Msisdn::from_digits(4_520_000_000 + 2 * u64::from(index)).unwrap()
}

async fn block(store: &Arc<dyn Store>, recipients: u32, blocked: u32) {
    let between = |at: u32| {
        let index = u64::from(at) * u64::from(recipients) / u64::from(blocked);
        Msisdn::from_digits(number(u32::try_from(index).unwrap()).digits() + 1).unwrap()
    };
    let numbers: Vec<_> = (0..blocked).map(between).collect();
    for batch in numbers.chunks(BLOCKS_BATCH_MAX) {
        let proof = BlockProof::by(Actor::CommandLine);
        store.block(BlockScope::Everybody, batch.to_vec(), proof, NOW).await.unwrap();
    }
}

async fn run(store: &Arc<dyn Store>, account: AccountId, recipients: u32) {
    let message = MessageId(Uuid::from_u128(1));
    let mut steps = Steps::new(recipients);
    let new = Arc::new(new(message, account, recipients));
    let spent = steps.time("accept", store.add_bulk(new)).await.unwrap();
    assert!(matches!(spent, Spent::Done { .. }));
    send(store, &mut steps, ReceiptState::Failed).await;
    for first in [0, recipients / 2, recipients.saturating_sub(1_000)] {
        let list = RecipientList { states: vec![], first, limit: 1_000 };
        let begin = Instant::now();
        let page = store.bulk_recipients(message, list).await.unwrap();
        println!("a page of {} from {first}: {:?}", page.recipients.len(), begin.elapsed());
    }
    let retry = Retry {
        account,
        message,
        valid_until: NOW.after(DAY),
        receipts_until: NOW.after(DAY),
        idempotency: None,
    };
    steps.time("retry", store.retry_bulk(retry, NOW)).await.unwrap();
    send(store, &mut steps, ReceiptState::Delivered).await;
    let begin = Instant::now();
    assert!(store.check_ledger().await.unwrap().is_sound());
    println!("ledger check: {:?}", begin.elapsed());
    let stored = store.bulk(account, message).await.unwrap().unwrap();
    assert_eq!(stored.counts.success, recipients);
}

fn new(message: MessageId, account: AccountId, recipients: u32) -> NewBulk {
    NewBulk {
        door: Door::Bulk,
        content: Content {
            message,
            account: Some(account),
            sender: None,
            text: Text::new("hello"),
            form: Form::Text,
            charge: None,
            parts: 1,
            lane: Lane::Bulk,
            valid_until: NOW.after(DAY),
        },
        payer: account,
        groups: vec![PriceGroup { price: PRICE, numbers: (0..recipients).map(number).collect() }],
        excluded: vec![],
        texts: None,
        duplicates: 0,
        at_any_hour: false,
        held_until: None,
        first_sms_id: None,
        start_at: None,
        receipts_until: NOW.after(DAY),
        webhook: None,
        callbacks: Vec::new(),
        refunds: RefundPolicy::Undelivered,
        idempotency: None,
        created_at: NOW,
    }
}

/// Sends all that is queued.
async fn send(store: &Arc<dyn Store>, steps: &mut Steps, state: ReceiptState) {
    loop {
        let claim = store.claim_chunks("one", CHUNKS.into(), NOW, NOW.after(DAY));
        let claimed = steps.time("claim", claim).await.unwrap().chunks;
        if claimed.is_empty() {
            break;
        }
        let taken = mixed(&claimed);
        for batch in taken.chunks(BATCH) {
            let record = store.record_outcomes(batch.to_vec(), vec![], NOW, None);
            steps.time("outcomes", record).await.unwrap();
        }
        let ends = claimed.iter().map(|chunk| (chunk.id, chunk.attempt, ChunkEnd::Done)).collect();
        steps.time("ends", store.record_outcomes(vec![], ends, NOW, None)).await.unwrap();
        for batch in taken.chunks(BATCH) {
            let said = batch.iter().map(|outcome| said(outcome, state)).collect();
            let recorded = steps.time("receipts", store.record_receipts(said, NOW, None)).await;
            assert_eq!(recorded.unwrap().recipients, u32::try_from(batch.len()).unwrap());
        }
    }
    steps.print();
}

/// What a carrier says of these chunks' recipients, of all of them by turns.
fn mixed(claimed: &[ClaimedChunk]) -> Vec<Outcome> {
    let longest = claimed.iter().map(|chunk| chunk.recipients.len()).max().unwrap_or(0);
    let of = |chunk: &ClaimedChunk, at: usize| {
        let recipient = chunk.recipients.get(at)?.index;
        let attempt = chunk.attempt;
        Some(Outcome {
            key: SubmissionKey { chunk: chunk.id, attempt, recipient },
            carrier: CarrierName::new("main"),
            link: None,
            parts: 1,
            accepted: vec![AcceptedPart {
                part: 1,
                carrier_id: format!("{attempt:x}-{recipient:x}"),
            }],
            end: End::Accepted,
        })
    };
    (0..longest).flat_map(|at| claimed.iter().filter_map(move |chunk| of(chunk, at))).collect()
}

fn said(outcome: &Outcome, state: ReceiptState) -> Receipt {
    Receipt {
        carrier: outcome.carrier.clone(),
        carrier_id: outcome.accepted[0].carrier_id.clone(),
        state,
        code: Some("000".to_owned()),
        to: Some(number(outcome.key.recipient)),
        at: NOW,
        unmarked: None,
        scope: ReceiptScope::Part,
    }
}

/// How long each step took in all: on the clock, and of SQLite's writer; and its longest change.
struct Steps {
    recipients: u32,
    took: Vec<(&'static str, Duration, Duration, Duration)>,
}

impl Steps {
    const fn new(recipients: u32) -> Self {
        Self { recipients, took: Vec::new() }
    }

    async fn time<T>(&mut self, step: &'static str, work: impl Future<Output = T>) -> T {
        let (begin, cpu) = (Instant::now(), of_writer());
        let done = work.await;
        let (took, cpu) = (begin.elapsed(), of_writer().saturating_sub(cpu));
        match self.took.iter_mut().find(|(name, ..)| *name == step) {
            Some((_, all, writer, longest)) => {
                (*all, *writer, *longest) = (*all + took, *writer + cpu, took.max(*longest));
            }
            None => self.took.push((step, took, cpu, took)),
        }
        done
    }

    fn print(&mut self) {
        for (step, took, cpu, longest) in self.took.drain(..) {
            let each = |time: Duration| time.as_nanos() / u128::from(self.recipients);
            println!(
                "{step:9} {:5} ns each, {:5} ns of the writer: {took:.0?}, the longest {longest:.1?}",
                each(took),
                each(cpu)
            );
        }
    }
}

/// Processor time, by the scheduler's own count.
fn of_writer() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let writer = tasks.map(|task| task.path()).find(|path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "store-writer")
    });
    let stat = writer.and_then(|path| fs::read_to_string(path.join("schedstat")).ok());
    let nanos = stat.and_then(|stat| stat.split(' ').next().and_then(|word| word.parse().ok()));
    Duration::from_nanos(nanos.unwrap_or(0))
}
