//! What a call costs that looks for a number nobody was sent to: through orders, through a message to
//! many in packs, and through one in rows.
//!
//! `cargo run --release -p store --example search_cost [--postgres] [RECIPIENTS [ORDERS]]`
//!
//! The database is in `TMPDIR`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example for the terminal")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::account::operator::Actor;
use domain::id::{AccountId, MessageId, OrderId};
use domain::message::campaign::{NewBulk, PriceGroup, RefundPolicy};
use domain::message::door::Door;
use domain::message::form::Form;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{CreditOrder, NewAccount, Period, RecipientSearch, Store};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment};
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

const NOW: i64 = 1_793_534_400_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const BATCH: u32 = 500;
const NOBODY: u64 = 6_699_999_999;

#[tokio::main]
async fn main() {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let postgres = args.iter().position(|arg| arg == "--postgres").map(|at| args.remove(at));
    let recipients = args.first().map_or(1_000_000, |count| count.parse().unwrap());
    let orders = args.get(1).map_or(300_000, |count| count.parse().unwrap());
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
    let account = store.add_account(new, Actor::CommandLine, at(0)).await.unwrap().id;
    let packed = bulk(account, 2_000, recipients);
    let opened = bulk(account, 3_000, recipients);
    let (packs, rows) = (packed.content.message, opened.content.message);
    store.add_bulk(Arc::new(opened)).await.unwrap();
    let lease = at(4_000).after(DAY);
    while !store.claim_chunks("one", 50.into(), at(4_000), lease).await.unwrap().chunks.is_empty() {
    }
    for first in (0..orders).step_by(BATCH as usize) {
        let new = (first..first + BATCH).map(|number| order(account, number)).collect();
        store.add_credit_orders(new, None).await.unwrap();
    }
    store.add_bulk(Arc::new(packed)).await.unwrap();
    let all = RecipientSearch {
        number: Some(Msisdn::from_digits(NOBODY).unwrap()),
        limit: 50,
        ..RecipientSearch::default()
    };
    let until = Period { from: None, until: Some(at(2_000)) };
    search(&store, "orders", RecipientSearch { period: until, ..all }).await;
    search(&store, "packs", RecipientSearch { message: Some(packs), ..all }).await;
    search(&store, "rows", RecipientSearch { message: Some(rows), ..all }).await;
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW + seconds * 1_000)
}

fn id(seconds: i64, number: u32) -> MessageId {
    let millis = u128::from((NOW + seconds * 1_000).unsigned_abs());
    MessageId(Uuid::from_u128(millis << 80 | u128::from(number)))
}

fn number(index: u32) -> Msisdn {
    Msisdn::from_digits(4_520_000_000 + u64::from(index)).unwrap()
}

fn content(account: AccountId, message: MessageId, lane: Lane) -> Content {
    Content {
        message,
        account: Some(account),
        sender: None,
        text: Text::new("Your code is 123456. Tell it to nobody."),
        form: Form::Text,
        charge: None,
        parts: 1,
        lane,
        valid_until: at(0).after(DAY),
    }
}

fn order(account: AccountId, index: u32) -> CreditOrder {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&index.to_be_bytes());
    let (order, to) = (OrderId::new(bytes), Address::Phone(number(index)));
    let message = NewMessage {
        content: content(account, id(1_000, index), Lane::Single),
        order: Some(order),
        recipients: vec![to.clone()],
        receipts_until: at(0).after(DAY),
    };
    let order = NewOrder {
        door: Door::Orders,
        id: order,
        account: Some(account),
        price: Msat::new(7),
        payment: Payment::Credit,
        fulfilment: Fulfilment::message(to, message.content.text.clone()),
        webhook: None,
        referral: None,
        client: "key-1".to_owned(),
        idempotency: None,
        created_at: at(0),
    };
    CreditOrder { order, message }
}

fn bulk(account: AccountId, seconds: i64, recipients: u32) -> NewBulk {
    NewBulk {
        door: Door::Bulk,
        content: content(account, id(seconds, 0), Lane::Bulk),
        payer: account,
        groups: vec![PriceGroup {
            price: Msat::new(7),
            numbers: (0..recipients).map(number).collect(),
        }],
        excluded: vec![],
        texts: None,
        duplicates: 0,
        at_any_hour: false,
        held_until: None,
        start_at: None,
        receipts_until: at(0).after(DAY),
        webhook: None,
        callbacks: Vec::new(),
        refunds: RefundPolicy::Undelivered,
        idempotency: None,
        first_sms_id: None,
        created_at: at(seconds),
    }
}

/// Call after call, to the end.
async fn search(store: &Arc<dyn Store>, what: &str, search: RecipientSearch) {
    let (mut calls, mut longest, begun) = (0, Duration::ZERO, Instant::now());
    let mut at = None;
    loop {
        let call = Instant::now();
        let found = store.find_recipients(RecipientSearch { at, ..search }).await.unwrap();
        assert_eq!(found.recipients, []);
        (calls, longest) = (calls + 1, longest.max(call.elapsed()));
        at = found.next;
        if at.is_none() {
            break;
        }
    }
    let (all, longest) = (begun.elapsed().as_millis(), longest.as_millis());
    println!("{what:8} {calls:3} calls {all:6} ms, the longest {longest:5} ms");
}
