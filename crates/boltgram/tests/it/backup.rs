//! A backup that is made under load and restored elsewhere: what was acknowledged before it is there, its
//! orders go on, and its ledger is sound.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use testkit::postgres::{PostgresDatabase, PostgresServer};

use super::centre::Centre;
use super::customer::{Bought, Customer};
use super::running::{Home, SANDBOX_MONEY};

const CREDIT_SATS: i64 = 1_000_000;
const WINDOW: u32 = 16;

fn config(port: u16) -> String {
    format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         system_id = \"u\"\npassword = \"p\"\nwindow = {WINDOW}\n\n[[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n"
    )
}

/// Order ids with their numbers, in the order of their acknowledgement.
async fn buy_until(
    customer: Customer,
    stop: Arc<AtomicBool>,
    prefix: u32,
) -> Vec<(String, String)> {
    let mut bought = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let phone = format!("+45201{prefix}{:04}", bought.len());
        let body = json!({"phone": phone, "message": "Din kode er 4711", "immediate": true});
        let answer = customer.post("/createsendorder", body).await;
        assert_eq!(answer["status"], "OK", "{answer}");
        bought.push((answer["orderId"].as_str().unwrap().to_owned(), phone));
    }
    bought
}

fn bought(id: &str) -> Bought {
    Bought { id: id.to_owned(), payreq: String::new(), answer: Value::Null }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the test joins them at its end")]
async fn a_backup_made_under_load_restores_a_sound_house_that_goes_on() {
    let centre = Centre::open().await;
    let home = Home::with_config(&config(centre.port()));
    home.answer(&["account", "add", "acme", "--credit-sats", &CREDIT_SATS.to_string()]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let customer = Customer::of(&server).with_key(&key);
    let unpaid = customer.buy_text("+4521100001", "Ikke betalt endnu").await;

    let stop = Arc::new(AtomicBool::new(false));
    let buyers: Vec<_> = (0..4)
        .map(|prefix| tokio::spawn(buy_until(customer.clone(), stop.clone(), prefix)))
        .collect();
    let begun = std::time::Instant::now();
    while centre.taken_count() < 100 {
        assert!(begun.elapsed() < super::running::PATIENCE, "{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // Sent before the backup began, so it is in it.
    let before = centre.taken();
    let told = home.answer(&["backup", "copy"]);
    assert!(told.contains("the ledger is sound") && told.contains("backed up to copy"), "{told}");
    stop.store(true, Ordering::SeqCst);
    let mut orders = HashMap::new();
    for buyer in buyers {
        orders.extend(buyer.await.unwrap());
    }
    server.kill();

    let mode = |path: &str| fs::metadata(home.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("copy"), 0o700);
    for file in ["boltgram.db", "vault.key", "inbound.secret", "sandbox-node.journal"] {
        assert_eq!(mode(&format!("copy/{file}")), 0o600, "{file}");
    }
    assert!(!home.path("copy/boltgram.db-wal").exists(), "the copy is whole without a log");
    assert!(home.complaint(1, &["backup", "copy"]).contains("copy is not empty"));
    let refused = home.complaint(1, &["restore", "copy"]);
    assert!(refused.contains("only into an empty data directory"), "{refused}");

    let restored = Home::with_config(&config(centre.port()));
    let copy = home.path("copy");
    let told = restored.answer(&["restore", copy.to_str().unwrap()]);
    assert!(
        told.contains("the ledger is sound") && told.contains("restored the backup of"),
        "{told}"
    );
    let server = restored.serve();
    let customer = Customer::of(&server).with_key(&key);
    let mut known = 0;
    for (id, phone) in &orders {
        let status = customer.get(&format!("/orderstatus?orderId={id}")).await;
        let was_before = before.contains_key(phone.trim_start_matches('+'));
        if status["status"] == "error" {
            assert!(!was_before, "sent before the backup, and not in it");
            continue;
        }
        known += 1;
        // The receipt of one that was with the carrier came to the house that is gone.
        let is_sent = |status: &Value| status["smsStatus"] != "created";
        customer.await_status(&bought(id), is_sent).await;
    }
    assert!(known >= before.len(), "{known} of {}", before.len());
    // What the backup knows as sent is not sent again; what was in flight is, as after a crash.
    let taken = centre.taken();
    let repeats: u32 = before.keys().map(|phone| taken[phone] - 1).sum();
    let flush = u32::try_from(domain::limits::OUTCOME_FLUSH_MAX).unwrap();
    assert!(repeats <= WINDOW + flush, "{repeats} of {}", before.len());
    // The invoice of the backup can still be paid.
    customer.pay(&unpaid).await;
    customer.await_delivered(&unpaid).await;
    let spent = 1_000 * i64::from(u32::try_from(known).unwrap());
    assert_eq!(customer.get("/balance").await["balance"], CREDIT_SATS - spent);
    server.stop();
    assert!(restored.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
}

#[tokio::test]
async fn a_backup_without_a_server_has_what_is_only_in_the_log() {
    let home = Home::bare();
    let server = home.serve();
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    server.kill();
    assert!(home.path("boltgram-data/boltgram.db-wal").exists());
    home.answer(&["backup", "copy"]);
    let restored = Home::bare();
    let copy = home.path("copy");
    restored.answer(&["restore", copy.to_str().unwrap()]);
    assert!(restored.answer(&["account", "list"]).contains("acme"));
}

#[test]
fn an_incomplete_or_damaged_backup_is_not_restored() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    home.answer(&["backup", "copy"]);
    let elsewhere = Home::with_config("[store]\nurl = \"sqlite:elsewhere/boltgram.db\"\n");
    for restored in [Home::bare(), elsewhere] {
        assert_only_the_whole_backup_is_restored(&home, &restored);
    }
}

fn assert_only_the_whole_backup_is_restored(home: &Home, restored: &Home) {
    let copy = home.path("copy");
    let restore = ["restore", copy.to_str().unwrap()];

    let vault = fs::read(copy.join("vault.key")).unwrap();
    fs::write(copy.join("vault.key"), format!("{}\n", "07".repeat(32))).unwrap();
    let told = restored.complaint(1, &restore);
    assert!(told.contains("the vault key is not the one"), "{told}");
    fs::write(copy.join("vault.key"), vault).unwrap();

    let database = fs::read(copy.join("boltgram.db")).unwrap();
    let mut damaged = database.clone();
    damaged[4_096..20_000].fill(0xff);
    fs::write(copy.join("boltgram.db"), damaged).unwrap();
    let told = restored.complaint(1, &restore);
    assert!(told.contains("cannot restore the database"), "{told}");
    fs::write(copy.join("boltgram.db"), database).unwrap();

    let manifest = fs::read(copy.join("backup.toml")).unwrap();
    fs::remove_file(copy.join("backup.toml")).unwrap();
    let told = restored.complaint(1, &restore);
    assert!(told.contains("no complete backup"), "{told}");
    fs::write(copy.join("backup.toml"), manifest).unwrap();

    restored.answer(&restore);
    assert!(restored.answer(&["account", "list"]).contains("acme"));
}

/// `pg_dump` of the server's version, which may not be in the path of the system.
fn with_postgres_programs(server: &PostgresServer, home: &Home, arguments: &[&str]) -> String {
    let program = server.program("pg_dump");
    let directory = std::path::Path::new(program.get_program()).parent().unwrap().to_owned();
    let path = format!("{}:{}", directory.display(), std::env!("PATH"));
    let output = Command::new(env!("CARGO_BIN_EXE_boltgram"))
        .args(arguments)
        .args(["--config", "boltgram.toml"])
        .current_dir(home.path("."))
        .env("PATH", path)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_database_on_a_server_is_dumped_and_restored_by_its_own_programs() {
    let config = |database: &PostgresDatabase| format!("[store]\nurl = \"{}\"\n", database.url());
    let database = PostgresDatabase::new(PostgresServer::shared());
    let home = Home::with_config(&config(&database));
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    let told = with_postgres_programs(&database.server, &home, &["backup", "copy"]);
    assert!(told.contains("can be checked only once it is restored"), "{told}");
    assert!(home.path("copy/boltgram.dump").exists());

    let other = PostgresDatabase::new(PostgresServer::shared());
    let restored = Home::with_config(&config(&other));
    let copy = home.path("copy");
    let restore = ["restore", copy.to_str().unwrap()];
    let told = with_postgres_programs(&other.server, &restored, &restore);
    assert!(told.contains("the ledger is sound"), "{told}");
    assert!(restored.answer(&["account", "list"]).contains("5000"));

    let third = Home::with_config(&config(&other));
    let told = third.complaint(1, &restore);
    assert!(told.contains("there is a store at"), "{told}");
}
