//! Repeated `kill -9` under load: acknowledged orders are delivered or reported failed, charges
//! match deliveries, and the window and one flush bound the repeated submissions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use testkit::postgres::{PostgresDatabase, PostgresServer};

use super::centre::Centre;
use super::customer::{Bought, Customer};
use super::running::{Home, PATIENCE, Running, SANDBOX_MONEY};

const KILLS: u32 = 10;
const KILLS_ON_POSTGRES: u32 = 4;
const KILLS_BY_HAND: u32 = 100;
const WINDOW: u32 = 16;
const CREDIT_SATS: i64 = 50_000_000;
const PRICE_SATS: i64 = 1_000;

/// Orders acknowledged in one run before the kill.
const LOAD_MIN: u32 = 150;

fn config(centre: &Centre) -> String {
    format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
         system_id = \"u\"\npassword = \"p\"\nwindow = {WINDOW}\n\n\
         [[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n",
        centre.port()
    )
}

const CREDIT_PREFIX: &str = "+45201";
const WALLET_PREFIX: &str = "+45211";

/// Numbers that are unique in this test.
struct Numbers {
    prefix: &'static str,
    next: AtomicU32,
}

impl Numbers {
    fn with(prefix: &'static str) -> Arc<Self> {
        Arc::new(Self { prefix, next: AtomicU32::new(0) })
    }

    fn next(&self) -> String {
        format!("{}{:05}", self.prefix, self.next.fetch_add(1, Ordering::SeqCst))
    }
}

/// Acknowledged orders and their numbers.
type Acknowledged = HashMap<String, String>;

/// Buys until the server is killed. A request without a response is not acknowledged.
async fn buy_from_credit(
    customer: Customer,
    numbers: Arc<Numbers>,
    count: Arc<AtomicU32>,
) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    loop {
        let phone = numbers.next();
        let body = json!({"phone": phone, "message": "Din kode er 4711", "immediate": true});
        let Some(answer) = customer.try_post("/createsendorder", body).await else {
            return acknowledged;
        };
        assert_eq!(answer["status"], "OK", "{answer}");
        acknowledged.insert(answer["orderId"].as_str().unwrap().to_owned(), phone);
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Buys by invoice and pays. Only a payment that the wallet reports as held counts as paid.
async fn buy_from_wallet(customer: Customer, numbers: Arc<Numbers>) -> Acknowledged {
    let mut paid = Acknowledged::new();
    loop {
        let phone = numbers.next();
        let body = json!({"phone": phone, "message": "Fra pungen"});
        let Some(answer) = customer.try_post("/createsendorder", body).await else { return paid };
        assert_eq!(answer["status"], "OK", "{answer}");
        let pay = json!({"payreq": answer["payreq"]});
        let Some(state) = customer.try_post("/sandbox/pay", pay).await else { return paid };
        assert!(matches!(state["state"].as_str(), Some("held" | "settled")), "{state}");
        paid.insert(answer["orderId"].as_str().unwrap().to_owned(), phone);
    }
}

/// One run: load from several customers, then the kill. Returns the acknowledged orders.
#[expect(clippy::disallowed_methods, reason = "the test joins them at its end")]
async fn live_and_die(
    server: Running,
    key: &str,
    credit: &Arc<Numbers>,
    wallet: &Arc<Numbers>,
) -> Acknowledged {
    let customer = Customer::of(&server);
    let count = Arc::new(AtomicU32::new(0));
    let mut buyers = Vec::new();
    for _ in 0..8 {
        let buyer = customer.with_key(key);
        buyers.push(tokio::spawn(buy_from_credit(buyer, credit.clone(), count.clone())));
    }
    buyers.push(tokio::spawn(buy_from_wallet(customer, wallet.clone())));
    let begun = Instant::now();
    while count.load(Ordering::SeqCst) < LOAD_MIN {
        assert!(begun.elapsed() < PATIENCE, "too slow: {}", server.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill();
    let mut acknowledged = Acknowledged::new();
    for buyer in buyers {
        acknowledged.extend(buyer.await.unwrap());
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed_under_load() {
    survive("", KILLS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_with_its_store_on_postgresql() {
    let database = PostgresDatabase::new(PostgresServer::shared());
    let store = format!("[store]\nurl = \"{}\"\n", database.url());
    survive(&store, KILLS_ON_POSTGRES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; run it by hand: cargo test -p boltgram --test it -- --ignored kill::"]
async fn a_hundred_kills() {
    survive("", KILLS_BY_HAND).await;
}

/// Runs and kills the program `kills` times with this `[store]` section, then once to the end.
async fn survive(store: &str, kills: u32) {
    let centre = Centre::open().await;
    let home = Home::with_config(&format!("{store}{}", config(&centre)));
    home.answer(&["account", "add", "acme", "--credit-sats", &CREDIT_SATS.to_string()]);
    let key = home.answer(&["key", "add", "acme"]);
    let (credit, wallet) = (Numbers::with(CREDIT_PREFIX), Numbers::with(WALLET_PREFIX));

    let mut acknowledged = Acknowledged::new();
    for _ in 0..kills {
        acknowledged.extend(live_and_die(home.serve(), &key, &credit, &wallet).await);
    }

    let server = home.serve();
    let customer = Customer::of(&server).with_key(&key);
    for id in acknowledged.keys() {
        let order = Bought { id: id.clone(), payreq: String::new(), answer: Value::Null };
        customer.await_delivered(&order).await;
    }
    await_charged_as_delivered(&customer, &centre).await;
    server.stop();
    home.answer(&["ledger", "check"]);

    let taken = centre.taken();
    for phone in acknowledged.values() {
        assert!(taken.contains_key(phone.trim_start_matches('+')), "acknowledged but never sent");
    }
    let repeats: u32 = taken.values().map(|times| times - 1).sum();
    eprintln!("{} acknowledged, {} taken, {repeats} repeats", acknowledged.len(), taken.len());
    let flush = u32::try_from(domain::limits::OUTCOME_FLUSH_MAX).unwrap();
    assert!(repeats <= kills * (WINDOW + flush), "{repeats} repeats in {kills} kills");
}

/// Waits until the charged credit matches the messages that the centre accepted, all of which it
/// delivers. Orders that were stored but not acknowledged are delivered and charged too.
async fn await_charged_as_delivered(customer: &Customer, centre: &Centre) {
    let begun = Instant::now();
    loop {
        let credit = CREDIT_PREFIX.trim_start_matches('+');
        let taken = centre.taken().keys().filter(|to| to.starts_with(credit)).count();
        let expected = CREDIT_SATS - PRICE_SATS * i64::try_from(taken).unwrap();
        let balance = customer.get("/balance").await["balance"].as_i64().unwrap();
        if balance == expected {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "balance {balance}, {taken} delivered");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
