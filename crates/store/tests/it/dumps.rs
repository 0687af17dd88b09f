//! A dump of every released schema, opened and read by the present program.
//!
//! Each dump is written by the program of its release: before a release the latest ones are removed and
//! these tests write them again; after it they do not change. Older ones are migrated.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::account::operator::Actor;
use domain::account::{KeyHash, Scope};
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::{
    AcceptedPart, ChunkEnd, ChunkId, CreditOrder, End, Lease, NewKey, Outcome, Receipt,
    ReceiptScope, ReceiptState, Store, SubmissionKey,
};
use domain::routing::CarrierName;
use domain::sale::ledger::LedgerReport;
use domain::sale::order::{OrderState, Payment};
use rusqlite::Connection;
use store::{OpenError, Options, Vault};
use tempfile::TempDir;
use testkit::clock::NOON;
use testkit::postgres::{PostgresDatabase, PostgresServer};

use crate::fixture::{CAPS, account, credit_order, lightning_order};

const VERSIONS: [&str; 5] = ["0001", "0002", "0003", "0004", NEWEST];
const NEWEST: &str = "0005";
const KEY: KeyHash = KeyHash([5; 32]);
const PRICE: i64 = 1_000;
const CREDIT: i64 = 10_000;

fn vault() -> Vault {
    Vault::new([7; 32])
}

fn path(version: &str, engine: &str) -> PathBuf {
    let manifest = env!("CARGO_MANIFEST_DIR");
    PathBuf::from(format!("{manifest}/migrations/dumps/{version}.{engine}.sql"))
}

/// Stores entities of every kind: three orders from credit (delivered, submitted, queued), one over
/// Lightning, an early receipt.
async fn fill(store: &dyn Store) {
    let payer = account(store, Msat::new(CREDIT)).await;
    let scopes = vec!["sms:send".parse::<Scope>().unwrap()];
    let key = NewKey { account: payer, hash: KEY, scopes, rate: Some(7), description: None };
    store.add_key(key, Actor::CommandLine, NOON).await.unwrap();
    let name = "Acme".parse().unwrap();
    store.add_sender(payer, name, Actor::CommandLine, NOON).await.unwrap();
    let orders = [1, 2].map(|number| {
        let (order, message) = credit_order(payer, number);
        CreditOrder { order, message }
    });
    let lease = Lease { node: "one".to_owned(), until: NOON.after(Duration::from_secs(120)) };
    store.add_credit_orders(orders.to_vec(), Some(lease)).await.unwrap();
    let (order, message) = credit_order(payer, 3);
    store.add_credit_orders(vec![CreditOrder { order, message }], None).await.unwrap();
    let taken = |order: &CreditOrder, id: &str| Outcome {
        key: SubmissionKey { chunk: chunk(order), attempt: 1, recipient: 0 },
        carrier: CarrierName::new("main"),
        link: None,
        parts: 1,
        accepted: vec![AcceptedPart { part: 1, carrier_id: id.to_owned() }],
        end: End::Accepted,
    };
    let outcomes = vec![taken(&orders[0], "a"), taken(&orders[1], "b")];
    let ends = orders.iter().map(|order| (chunk(order), 1, ChunkEnd::Done)).collect();
    store.record_outcomes(outcomes, ends, NOON, None).await.unwrap();
    let said = |id: &str| Receipt {
        carrier: CarrierName::new("main"),
        carrier_id: id.to_owned(),
        state: ReceiptState::Delivered,
        code: Some("000".to_owned()),
        to: None,
        at: NOON,
        unmarked: None,
        scope: ReceiptScope::Part,
    };
    store.record_receipts(vec![said("a"), said("early")], NOON, None).await.unwrap();
    store.add_order(lightning_order(4), CAPS, NOON).await.unwrap();
    store.attach_invoice(lightning_order(4).id, "lnbc1", NOON, NOON).await.unwrap();
}

fn chunk(order: &CreditOrder) -> ChunkId {
    ChunkId { message: order.message.content.message, first: 0 }
}

/// Checks that the data of [`fill`] can be read, decrypted and processed.
async fn read(store: &dyn Store) {
    let report: LedgerReport = store.check_ledger().await.unwrap();
    assert!(report.is_sound() && report.transfers == 4, "{report:?}");
    let key = store.key(KEY).await.unwrap().unwrap();
    assert_eq!((key.scopes.len(), key.rate, key.revoked_at), (1, Some(7), None));
    let acme = store.account_named(&"acme".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(acme.webhook_secret.expose(), "whsec_of_the_account");
    assert_eq!(store.senders(acme.id).await.unwrap().len(), 1);
    let balance = store.balance(acme.id).await.unwrap();
    let (available, reserved) = (Msat::new(CREDIT - 3 * PRICE), Msat::new(2 * PRICE));
    assert_eq!((balance.available, balance.reserved), (available, reserved));

    let mut states = Vec::new();
    for number in [1, 2, 3] {
        let (order, _) = credit_order(AccountId(acme.id.0), number);
        states.push(store.order(order.id).await.unwrap().unwrap().state);
    }
    assert_eq!(states, [OrderState::Settled, OrderState::Working, OrderState::Working]);
    let new = lightning_order(4);
    let (Payment::Lightning { preimage: sold, .. }, Payment::Lightning { preimage: kept, .. }) =
        (&new.payment, &store.order(new.id).await.unwrap().unwrap().payment)
    else {
        panic!("an order over Lightning has a preimage");
    };
    assert_eq!(sold.expose(), kept.expose());

    let claimed = store.claim_chunks("two", 9.into(), NOON, NOON.after(Duration::from_secs(120)));
    assert_eq!(claimed.await.unwrap().chunks.len(), 1, "the third is in the queue");
    let later = NOON.after(Duration::from_secs(120));
    let calls = store.claim_deliveries("two", NOON, later, 9).await.unwrap();
    assert!(!calls.is_empty());
    assert_eq!(calls[0].target.secret().unwrap().expose(), "whsec_of_the_order");
    let again = Receipt {
        carrier: CarrierName::new("main"),
        carrier_id: "b".to_owned(),
        state: ReceiptState::Failed,
        code: None,
        to: None,
        at: NOON,
        unmarked: None,
        scope: ReceiptScope::Part,
    };
    let recorded = store.record_receipts(vec![again], NOON, None).await.unwrap();
    assert_eq!((recorded.recipients, recorded.cancelled), (1, 1));
    assert!(store.check_ledger().await.unwrap().is_sound());
}

async fn sqlite(directory: &TempDir) -> Arc<dyn Store> {
    let url = format!("sqlite:{}", directory.path().join("boltgram.db").display());
    store::open(&url, vault()).await.unwrap()
}

#[tokio::test]
async fn reads_what_sqlite_of_every_version_left() {
    if !path(NEWEST, "sqlite").exists() {
        write_sqlite().await;
    }
    for version in VERSIONS {
        let directory = tempfile::tempdir().unwrap();
        let connection = Connection::open(directory.path().join("boltgram.db")).unwrap();
        let dump = std::fs::read_to_string(path(version, "sqlite")).unwrap();
        connection.execute_batch(&dump).unwrap();
        drop(connection);
        read(&*sqlite(&directory).await).await;
        let copy = directory.path().join(format!("boltgram.db.before-{}", VERSIONS.len()));
        assert_eq!(copy.exists(), version != NEWEST, "{version}");
        if version != NEWEST {
            // The copy is a database of its own, as it was.
            let again = tempfile::tempdir().unwrap();
            std::fs::copy(copy, again.path().join("boltgram.db")).unwrap();
            read(&*sqlite(&again).await).await;
        }
    }
}

#[tokio::test]
async fn reads_what_postgres_of_every_version_left() {
    if !path(NEWEST, "postgres").exists() {
        write_postgres().await;
    }
    for version in VERSIONS {
        let database = PostgresDatabase::new(PostgresServer::shared());
        load(&database, version);
        read(&*store::open(&database.url(), vault()).await.unwrap()).await;
    }
}

fn load(database: &PostgresDatabase, version: &str) {
    let loaded = database
        .server
        .program("psql")
        .args(["-Xq", "-v", "ON_ERROR_STOP=1", "-d", &database.name, "-f"])
        .arg(path(version, "postgres"))
        .output()
        .unwrap();
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
}

#[tokio::test]
async fn an_older_database_on_a_server_is_migrated_by_its_only_server() {
    let database = PostgresDatabase::new(PostgresServer::shared());
    load(&database, "0001");
    let open = async |migrate| {
        let options = Options { migrate, ..Options::default() };
        store::open_with(&database.url(), vault(), options).await
    };
    let refused = open(false).await.unwrap_err();
    assert!(matches!(refused, OpenError::Older { found: 1, .. }), "{refused:?}");
    database.sql(
        "INSERT INTO nodes (name, carriers, since, until)
         VALUES ('old', '', 0, CAST(extract(epoch FROM now()) * 1000 AS BIGINT) + 60000)",
    );
    let refused = open(true).await.unwrap_err();
    assert!(matches!(&refused, OpenError::NodesRunning { nodes } if nodes == &["old"]));
    assert_eq!(database.sql("SELECT max(version) FROM schema_version"), "1");
    database.sql("UPDATE nodes SET until = 1");
    read(&*open(true).await.unwrap()).await;
}

/// Writes a missing dump with the present program, and fails so that it is reviewed.
fn written(engine: &str, dump: impl AsRef<[u8]>) -> ! {
    let path = path(NEWEST, engine);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, dump).unwrap();
    panic!("{} was missing; it has been written", path.display());
}

async fn write_sqlite() -> ! {
    let directory = tempfile::tempdir().unwrap();
    fill(&*sqlite(&directory).await).await;
    let connection = Connection::open(directory.path().join("boltgram.db")).unwrap();
    written("sqlite", dump(&connection))
}

async fn write_postgres() -> ! {
    let database = PostgresDatabase::new(PostgresServer::shared());
    fill(&*store::open(&database.url(), vault()).await.unwrap()).await;
    let dumped = database
        .server
        .program("pg_dump")
        .args(["--inserts", "--no-owner", "--no-privileges", "-d", &database.name])
        .output()
        .unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    written("postgres", dumped.stdout)
}

/// A dump in the format of SQLite's shell.
fn dump(connection: &Connection) -> String {
    let texts = |sql: &str| -> Vec<(String, String)> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut out = String::new();
    for (name, sql) in texts(
        "SELECT name, sql FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    ) {
        writeln!(out, "{sql};").unwrap();
        let columns =
            texts(&format!("SELECT 'quote(' || name || ')', '' FROM pragma_table_info('{name}')"));
        let columns: Vec<_> = columns.into_iter().map(|(column, _)| column).collect();
        let values = columns.join(" || ', ' || ");
        for (row, _) in texts(&format!("SELECT {values}, '' FROM {name}")) {
            writeln!(out, "INSERT INTO {name} VALUES ({row});").unwrap();
        }
    }
    for (_, sql) in texts(
        "SELECT name, sql FROM sqlite_schema WHERE type IN ('index', 'view') AND sql IS NOT NULL",
    ) {
        writeln!(out, "{sql};").unwrap();
    }
    out
}
