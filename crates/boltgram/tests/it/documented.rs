//! The doors conform to their OpenAPI documents: `schemathesis` reads each document from the running
//! program, and sends requests that it allows and requests that it does not.
//! `scripts/peers/schemathesis/` lists the disabled checks with their reasons.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::running::{Home, Running};
use super::walk_admin::Operator;

/// A fixed seed gives the same requests each time. A finding of another seed becomes its own test.
const SEED: &str = "1";

/// Random examples per operation, besides the cases derived from its schema.
const EXAMPLES: &str = "5";

/// Time limit, ample for a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

fn of_the_house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Runs it against a door; asserts that it finds no issue.
fn check(home: &Home, server: &Running, document: &str, checks: &str, header: &str) {
    let program = of_the_house(".tools/venv/bin/schemathesis");
    assert!(program.exists(), "run ./scripts/test");
    let said = home.path(format!("{checks}.txt"));
    let checks = of_the_house("scripts/peers/schemathesis").join(checks).with_extension("toml");
    let mut peer = Command::new(program)
        // The directory for its files.
        .current_dir(home.path(""))
        .arg("--config-file")
        .arg(checks)
        .args(["run", &server.url(document), "--header", header])
        .args(["--seed", SEED, "--max-examples", EXAMPLES, "--continue-on-failure"])
        .args(["--phases", "examples,coverage,fuzzing", "--warnings", "off", "--no-color"])
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&said).unwrap())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = peer.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = peer.kill();
        }
        sleep(Duration::from_millis(50));
    };
    let said = std::fs::read_to_string(said).unwrap();
    assert!(status.success(), "{said}");
    let (_, tested) = said.split_once("Tested: ").unwrap_or_else(|| panic!("{said}"));
    let tested: usize = tested.lines().next().unwrap().trim().parse().unwrap();
    assert!(tested >= 30 && said.contains("No issues found"), "{said}");
}

/// A program with at least one entity of each kind, and its account's key.
async fn furnished() -> (Home, Running, String, String) {
    let home = Home::bare();
    let operator = home.answer(&["operator", "add", "Ida"]);
    let server = home.serve();
    let ida = Operator::of(&server, operator.clone());
    ida.done("POST", "/accounts", json!({"name": "acme", "creditMsat": 1_000_000_000})).await;
    ida.done("POST", "/senders", json!({"account": 1, "name": "ACME"})).await;
    ida.done("POST", "/senders/1/approve", json!({})).await;
    ida.done("POST", "/accounts/1/templates", json!({"name": "hello", "text": "Hi"})).await;
    ida.done("POST", "/accounts/1/groups", json!({"name": "all"})).await;
    ida.done("PUT", "/prices", json!({"prices": [{"prefix": "", "msat": 1}]})).await;
    let key = ida.done("POST", "/keys", json!({"account": 1})).await["key"].clone();
    let key = Value::as_str(&key).unwrap().to_owned();
    (home, server, operator, key)
}

#[tokio::test]
async fn the_operators_door_does_what_its_document_says() {
    let (home, server, operator, _) = furnished().await;
    let header = format!("Authorization: Bearer {operator}");
    check(&home, &server, "/admin/v1/openapi.json", "admin", &header);
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}

#[tokio::test]
async fn the_customers_doors_do_what_their_document_says() {
    let (home, server, _, key) = furnished().await;
    check(&home, &server, "/openapi.json", "customers", &format!("X-API-Key: {key}"));
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}
