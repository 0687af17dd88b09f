//! PyPI `smsactivate` 1.5, the official client of the protocol: every method that it has.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};

use super::caller::Caller;
use crate::running::Home;

fn of_the_house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Keys of times.
const TIMES: [&str; 4] = ["activationTime", "activationEndTime", "endDate", "date"];

/// Tables of everything: one entry is shown, and how many there are.
const SHOWN: [&str; 5] = ["tg_0", "43", "full", "0", "any"];

/// Numbers, codes and times are shown as `#`.
fn redact(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if TIMES.contains(&key) => *text = "#".to_owned(),
        Value::String(text) => *text = hide_digits(text),
        Value::Number(number) if number.to_string().len() > 7 => *value = Value::from("#"),
        Value::Array(list) => list.iter_mut().for_each(|entry| redact(entry, key)),
        Value::Object(fields) => {
            if fields.len() > 20 {
                let all = fields.len();
                fields.retain(|name, _| SHOWN.contains(&name.as_str()));
                fields.insert("entries".to_owned(), Value::from(all > 40));
            }
            fields.iter_mut().for_each(|(name, field)| redact(field, name));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Six digits and more.
fn hide_digits(text: &str) -> String {
    let (mut shown, mut run) = (String::new(), String::new());
    for char in text.chars().chain([' ']) {
        if char.is_ascii_digit() {
            run.push(char);
            continue;
        }
        shown.push_str(if run.len() >= 6 { "#" } else { &run });
        run.clear();
        shown.push(char);
    }
    shown.pop();
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_of_the_official_client_works() {
    let python = of_the_house(".tools/venv/bin/python");
    assert!(python.exists(), "run ./scripts/test");
    let home = Home::bare();
    let server = home.serve();
    let shop = Caller::new(&home, &server, 100_000);
    let mut peer = Command::new(python);
    peer.arg(of_the_house("scripts/peers/smsactivate/client.py"))
        .args([shop.url(), shop.key.clone()]);
    let output = tokio::task::spawn_blocking(move || peer.output().unwrap()).await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut transcript = Map::new();
    for line in lines.lines() {
        let mut entry: Value = serde_json::from_str(line).unwrap();
        redact(&mut entry["answer"], "");
        transcript.insert(entry["method"].as_str().unwrap().to_owned(), entry["answer"].take());
    }
    assert!(output.status.success(), "{errors}\n{lines}");
    insta::assert_json_snapshot!("smsactivate", Value::Object(transcript));
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}
