//! The connection to the server fails at every step of an exchange. The reported outcome is true, the
//! change is stored completely or not at all, and after the connection is restored the same change is
//! applied once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::id::AccountId;
use domain::ports::{PortError, Store};
use store::Options;
use testkit::clock::NOON;
use testkit::faults::{Fault, Proxy, Toward};
use testkit::postgres::PostgresDatabase;

use super::{database, ends, later, lease, open, open_at, orders, outcomes, receipts, rich};

const PATIENCE: Duration = Duration::from_secs(30);

/// Short, so that a stall is detected soon.
const DEADLINE: Duration = Duration::from_millis(500);

/// Orders in one exchange.
const ORDERS: u64 = 3;

/// Octets of a commit, and of its response.
const COMMIT: u64 = 12;
const COMMITTED: u64 = 18;

#[derive(Debug, Clone, Copy)]
enum Exchange {
    Accept,
    Outcomes,
    Receipts,
}

struct Stage {
    exchange: Exchange,
    database: PostgresDatabase,
    proxy: Proxy,
    /// Connected through the proxy, with one writing connection.
    store: Arc<dyn Store>,
    /// Connected directly.
    direct: Arc<dyn Store>,
    payer: AccountId,
    round: u64,
    /// Difference that one exchange makes in the fingerprint.
    change: Vec<i64>,
}

impl Stage {
    async fn new(exchange: Exchange) -> Self {
        let database = database();
        let direct = open(&database).await;
        let payer = rich(&*direct).await;
        let proxy = Proxy::to(database.server.address()).await;
        let options = Options { writers: 1, deadline: DEADLINE, ..Options::default() };
        let store = open_at(&database.url_at(proxy.address()), options).await;
        let (round, change) = (0, Vec::new());
        let mut stage = Self { exchange, database, proxy, store, direct, payer, round, change };
        let before = stage.prepared().await;
        stage.act().await.unwrap();
        stage.change = stage.since(&before);
        assert!(stage.change.iter().any(|change| *change != 0));
        stage
    }

    /// Prepares the next round's exchange. Returns the fingerprint before it.
    async fn prepared(&mut self) -> Vec<i64> {
        self.round += 1;
        let orders = self.orders();
        if matches!(self.exchange, Exchange::Outcomes | Exchange::Receipts) {
            self.direct.add_credit_orders(orders.clone(), lease()).await.unwrap();
        }
        if matches!(self.exchange, Exchange::Receipts) {
            let (outcomes, ends) = (outcomes(&orders), ends(&orders));
            self.direct.record_outcomes(outcomes, ends, NOON, None).await.unwrap();
        }
        self.fingerprint()
    }

    fn orders(&self) -> Vec<domain::ports::CreditOrder> {
        orders(self.payer, self.round * ORDERS..(self.round + 1) * ORDERS)
    }

    async fn act(&self) -> Result<(), PortError> {
        let orders = self.orders();
        match self.exchange {
            Exchange::Accept => self.store.add_credit_orders(orders, lease()).await.map(drop),
            Exchange::Outcomes => {
                let (outcomes, ends) = (outcomes(&orders), ends(&orders));
                self.store.record_outcomes(outcomes, ends, NOON, None).await.map(drop)
            }
            Exchange::Receipts => {
                self.store.record_receipts(receipts(&orders), later(), None).await.map(drop)
            }
        }
    }

    /// Counts and sums of everything that an exchange changes.
    fn fingerprint(&self) -> Vec<i64> {
        let counted = self.database.sql(
            "SELECT (SELECT count(*) FROM all_orders), (SELECT count(*) FROM messages),
                 (SELECT count(*) FROM all_recipients), (SELECT count(*) FROM chunks),
                 (SELECT count(*) FROM transfers), (SELECT count(*) FROM events),
                 (SELECT count(*) FROM all_submissions), (SELECT count(*) FROM parked_receipts),
                 (SELECT count(*) FROM all_recipients WHERE state = 'success'),
                 (SELECT count(*) FROM all_submissions WHERE state = 'delivered'),
                 (SELECT count(*) FROM all_orders WHERE state = 'settled'),
                 (SELECT count(*) FROM transfers WHERE state = 'posted'),
                 (SELECT sum(pending) FROM messages), (SELECT sum(delivered) FROM messages),
                 (SELECT sum(reserved) FROM ledger_accounts),
                 (SELECT balance FROM ledger_accounts WHERE name = 'revenue')",
        );
        let number = |word: &str| if word.is_empty() { 0 } else { word.parse().unwrap() };
        counted.split('|').map(number).collect()
    }

    fn since(&self, before: &[i64]) -> Vec<i64> {
        self.fingerprint().iter().zip(before).map(|(now, then)| now - then).collect()
    }

    /// Whether the change is stored; asserts that it is not partly stored.
    fn is_there(&self, before: &[i64], told: &str) -> bool {
        let since = self.since(before);
        let nothing = since.iter().all(|change| *change == 0);
        assert!(nothing || since == self.change, "{told}: partly stored: {since:?}");
        !nothing
    }

    /// Waits until no session of the store is in a transaction.
    async fn settled(&self) {
        let begun = Instant::now();
        let busy = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND application_name = 'boltgram' AND state <> 'idle'";
        while self.database.sql(busy) != "0" {
            assert!(begun.elapsed() < PATIENCE, "a session is still in a transaction");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn fail(&mut self, octets: u64, toward: Toward, fault: Fault) {
        let told = format!("{:?}, {fault:?} after {octets} octets to {toward:?}", self.exchange);
        let before = self.prepared().await;
        self.proxy.after(octets, toward, fault);
        let answer = self.act().await;
        let there = self.is_there(&before, &told);
        match &answer {
            Ok(()) => assert!(there, "{told}: acknowledged but not stored"),
            Err(PortError::Unknown(_)) => {}
            Err(PortError::Unavailable(_)) => {
                assert!(!there, "{told}: {answer:?}, but stored");
            }
            Err(error) => panic!("{told}: {error}"),
        }
        self.proxy.mend();
        self.settled().await;
        if !matches!(answer, Err(PortError::Unknown(_))) {
            let now = self.is_there(&before, &told);
            assert_eq!(now, there, "{told}: {answer:?}, and changed later");
        }
        self.again(&before, &told).await;
        // The next fault hits a connection with prepared statements.
        self.prepared().await;
        self.act().await.unwrap();
    }

    async fn again(&self, before: &[i64], told: &str) {
        let begun = Instant::now();
        while let Err(error) = self.act().await {
            assert!(begun.elapsed() < PATIENCE, "{told}: no recovery: {error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(self.is_there(before, told), "{told}: repeated but not stored");
    }

    /// Octets of an exchange in each direction.
    async fn length(&mut self) -> (u64, u64) {
        self.prepared().await;
        let passed = || (self.proxy.passed(Toward::Server), self.proxy.passed(Toward::Client));
        let before = passed();
        self.act().await.unwrap();
        let after = passed();
        (after.0 - before.0, after.1 - before.1)
    }
}

/// Fault positions: `steps` points over the exchange, and more around its commit.
fn points(length: u64, steps: u64, end: u64) -> Vec<u64> {
    let spread = (0..steps).map(|step| length * step / steps);
    let near = length.saturating_sub(end + 1)..=length;
    spread.chain(near.step_by(usize::try_from(end / 4).unwrap())).collect()
}

async fn sweep(exchange: Exchange, fault: Fault, steps: u64) {
    let mut stage = Stage::new(exchange).await;
    let (to_server, to_client) = stage.length().await;
    for octets in points(to_server, steps, COMMIT) {
        stage.fail(octets, Toward::Server, fault).await;
    }
    for octets in points(to_client, steps, COMMITTED) {
        stage.fail(octets, Toward::Client, fault).await;
    }
    assert!(stage.direct.check_ledger().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_accepted_whole_wherever_the_way_is_cut() {
    sweep(Exchange::Accept, Fault::Cut, 16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_are_recorded_whole_wherever_the_way_is_cut() {
    sweep(Exchange::Outcomes, Fault::Cut, 16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_are_recorded_whole_wherever_the_way_is_cut() {
    sweep(Exchange::Receipts, Fault::Cut, 16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_stored_by_halves_wherever_one_way_is_closed() {
    for exchange in [Exchange::Accept, Exchange::Outcomes, Exchange::Receipts] {
        sweep(exchange, Fault::HalfClose, 5).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_stored_by_halves_wherever_the_way_stalls() {
    for exchange in [Exchange::Accept, Exchange::Outcomes, Exchange::Receipts] {
        sweep(exchange, Fault::Stall, 2).await;
    }
}
