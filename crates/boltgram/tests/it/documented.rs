//! The doors hold what their documents say: `schemathesis` reads each from the running program, and
//! sends what the document allows and what it does not. Which checks are left out, and why, stands in
//! `scripts/peers/schemathesis/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::running::{Home, Running};
use super::walk_admin::Operator;

/// The same requests each time. What another seed finds becomes a test of its own.
const SEED: &str = "1";

/// Made up for each operation, beside the cases that are derived from its schema.
const EXAMPLES: &str = "5";

/// For a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

fn of_the_house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// What it says of all requests to a door, which must be nothing.
fn check(home: &Home, server: &Running, document: &str, checks: &str, header: &str) {
    let program = of_the_house(".tools/venv/bin/schemathesis");
    assert!(program.exists(), "run ./scripts/test");
    let said = home.path(format!("{checks}.txt"));
    let checks = of_the_house("scripts/peers/schemathesis").join(checks).with_extension("toml");
    let mut peer = Command::new(program)
        // What it keeps of a run stays there.
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

/// A house with something of each noun, and a key of its account.
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
