//! The Lightning node that `serve` runs: started, watched, started again, and stopped last. A script stands in for it; it
//! answers no requests.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use super::customer::Customer;
use super::running::{Home, PATIENCE, Running};

const CONFIG: &str = r#"
[lightning]
backend = "ldk"
[lightning.node]
program = "./boltgram-node"
network = "regtest"
esplora = "http://127.0.0.1:1"
[[carriers]]
name = "main"
kind = "sandbox"
"#;

fn home(plan: &str) -> Home {
    let home = Home::with_config(CONFIG);
    let program = home.path("boltgram-node");
    fs::write(&program, include_str!("stand_in.py")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    fs::write(home.path("plan"), plan).unwrap();
    home
}

fn notes(home: &Home) -> String {
    fs::read_to_string(home.path("notes")).unwrap_or_default()
}

fn await_notes(home: &Home, words: &str) {
    let begun = Instant::now();
    while !notes(home).contains(words) {
        assert!(begun.elapsed() < PATIENCE, "no {words:?} in:\n{}", notes(home));
        sleep(Duration::from_millis(20));
    }
}

/// Waits until the log has these words so many times.
fn await_times(server: &Running, words: &str, times: usize) {
    let begun = Instant::now();
    while server.log().matches(words).count() < times {
        assert!(begun.elapsed() < PATIENCE, "{words:?} not {times} times in:\n{}", server.log());
        sleep(Duration::from_millis(20));
    }
}

/// The process id of the last start.
fn node_id(home: &Home) -> String {
    let notes = notes(home);
    let last = notes.lines().rfind(|line| line.starts_with("start ")).unwrap();
    last.split(' ').nth(1).unwrap().to_owned()
}

async fn restarts(customer: &Customer) -> u64 {
    let page = customer.page("/metrics").await;
    let name = "boltgram_lightning_node_restarts_total ";
    page.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_node_runs_from_the_start_to_the_end_of_the_server() {
    let home = home("ready");
    let server = home.serve();
    let arguments = "run --data=boltgram-data/lightning-node --network=regtest --esplora=http://127.0.0.1:1 \
                     --rest=127.0.0.1:8089 --listen=0.0.0.0:9735 --alias=boltgram --sync-s=30 --exit-with-stdin";
    assert!(notes(&home).contains(arguments), "{}", notes(&home));
    let log = server.log();
    assert!(log.contains("INFO boltgram_node: following the chain"), "{log}");
    assert!(log.contains("WARN boltgram_node: ldk_node::wallet: few coins"), "{log}");
    assert!(!log.contains("unheard"), "{log}");
    assert!(log.find("Lightning node ready") < log.find("listening"), "{log}");

    // As with an LND that is down.
    let customer = Customer::of(&server);
    let ready = customer.get("/readyz").await;
    assert_eq!((&ready["ready"], &ready["node"]["state"]), (&json!(false), &json!("unavailable")));
    let body = json!({"phone": "+4520123456", "message": "Hej"});
    let refused = customer.post("/createsendorder", body).await;
    assert_eq!(refused["status"], "error", "{refused}");
    assert_eq!(restarts(&customer).await, 0);

    server.stop();
    let log = home.logs();
    let order =
        ["stopping: finishing work", "stopping the Lightning node", "Lightning node stopped"];
    let places: Vec<_> = order.iter().map(|words| log.find(words).unwrap()).collect();
    assert!(places.is_sorted(), "{log}");
    assert!(notes(&home).contains("end "), "{}", notes(&home));
}

#[tokio::test]
async fn a_node_that_ends_is_started_again() {
    let home = home("exit 1\nready");
    let server = home.serve();
    let log = server.log();
    assert!(log.contains("ERROR boltgram_node: no chain source"), "{log}");
    assert!(log.contains("no invoices are sold until it answers"), "{log}");
    server.await_log("Lightning node ready");
    let customer = Customer::of(&server);
    assert_eq!(restarts(&customer).await, 1);
    assert!(server.log().contains("status=\"exit status: 1\""), "{}", server.log());

    assert!(Command::new("kill").args(["-KILL", &node_id(&home)]).status().unwrap().success());
    await_times(&server, "Lightning node ready", 2);
    assert!(server.log().contains("status=\"signal: 9 (SIGKILL)\""), "{}", server.log());
    assert_eq!(restarts(&customer).await, 2);
    server.stop();
    assert_eq!(notes(&home).matches("end ").count(), 1, "{}", notes(&home));
}

#[test]
fn a_server_does_not_start_with_a_node_that_cannot_run() {
    let with = home("exit 2");
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let told = with.complaint(1, &serve);
    let last = told.lines().last().unwrap();
    assert_eq!(
        last,
        "boltgram: the Lightning node cannot be started: it exits with 2: error: unexpected argument"
    );
    let without = Home::with_config(CONFIG);
    let told = without.complaint(1, &serve);
    let last = told.lines().last().unwrap();
    assert_eq!(last, "boltgram: the Lightning node cannot be started: there is no ./boltgram-node");
    let told = without.answer(&["check-config", "boltgram.toml"]);
    assert!(told.contains("line 5: warning: program: there is no ./boltgram-node"), "{told}");
}

#[test]
fn a_node_outlives_no_server_and_a_new_server_waits_for_it() {
    let home = home("deaf\nready");
    let server = home.serve();
    server.kill();
    await_notes(&home, "told by stdin");

    let server = home.serve();
    server.await_log("another boltgram-node runs on boltgram-data/lightning-node");
    assert!(!server.log().contains("Lightning node ready"), "{}", server.log());
    fs::write(home.path("go"), "").unwrap();
    server.await_log("Lightning node ready");
    server.stop();
}

#[test]
fn a_second_signal_leaves_the_node_to_end_by_itself() {
    let home = home("deaf");
    let mut server = home.serve();
    server.signal("-TERM");
    await_notes(&home, "told by SIGTERM");
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(1), "{}", server.log());
    assert!(server.log().contains("stopped at once by a second signal"), "{}", server.log());
    assert!(!notes(&home).contains("end "), "{}", notes(&home));
    fs::write(home.path("go"), "").unwrap();
    await_notes(&home, "end ");
}

#[test]
fn a_node_cannot_write_into_the_log_what_it_likes() {
    let home = home("noise");
    let server = home.serve();
    let log = server.log();
    assert!(log.contains("WARN boltgram_node: \\u0000"), "{log}");
    for line in log.lines() {
        assert!(line.len() < 5_000 && !line.contains(char::is_control), "{line:?}");
    }
    server.stop();
}

#[test]
fn a_reload_says_that_the_node_needs_a_restart() {
    let home = home("ready");
    let server = home.serve();
    fs::write(home.path("boltgram.toml"), CONFIG.replace("regtest", "signet")).unwrap();
    server.signal("-HUP");
    server.await_log("these changes need a restart");
    assert!(server.log().contains("keys=\"lightning.node\""), "{}", server.log());
    server.stop();
}
