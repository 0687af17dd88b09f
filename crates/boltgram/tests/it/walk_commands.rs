//! Commands that need no server: which file they read, lists in JSON, completions and manual pages.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::running::Home;

/// Without `--config`, in a directory of the home.
fn run(home: &Home, named: Option<&str>, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_boltgram"));
    program.current_dir(home.path(".")).args(arguments).env_remove("BOLTGRAM_CONFIG");
    if let Some(named) = named {
        program.env("BOLTGRAM_CONFIG", named);
    }
    program.output().unwrap()
}

#[test]
fn the_configuration_is_looked_for_in_three_places() {
    let home = Home::bare();
    for (file, data) in
        [("boltgram.toml", "here"), ("named.toml", "named"), ("given.toml", "given")]
    {
        fs::write(home.path(file), format!("data = \"{data}\"\n")).unwrap();
    }
    let made = |data: &str| home.path(data).join("boltgram.db").exists();
    let init = |named, arguments: &[&str]| {
        let output = run(&home, named, arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    init(Some("named.toml"), &["init", "--config", "given.toml"]);
    assert_eq!((made("given"), made("named"), made("here")), (true, false, false));
    init(Some("named.toml"), &["init"]);
    assert_eq!((made("given"), made("named"), made("here")), (true, true, false));
    // An empty variable counts as none.
    init(Some(""), &["init"]);
    assert_eq!((made("given"), made("named"), made("here")), (true, true, true));
    assert!(
        !home.path("boltgram-data").exists(),
        "there is one data directory, the configured one"
    );

    init(None, &["account", "add", "acme"]);
    let listed = String::from_utf8(run(&home, None, &["account", "list"]).stdout).unwrap();
    assert!(listed.contains("acme"), "{listed}");
    let missing = run(&home, Some("nowhere.toml"), &["account", "list"]);
    let told = String::from_utf8(missing.stderr).unwrap();
    assert!(told.contains("nowhere.toml cannot be read"), "{told}");
}

#[test]
fn every_list_can_be_read_by_a_program() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "7"]);
    home.answer(&["key", "add", "acme", "--scope", "sms:send", "--rate", "5"]);
    home.answer(&["operator", "add", "Ida"]);
    home.answer(&["sender", "add", "acme", "ACME"]);
    let list = |arguments: &[&str]| -> Value {
        serde_json::from_str(&home.answer(&[arguments, &["--json"]].concat())).unwrap()
    };
    assert_eq!(
        list(&["account", "list"]),
        json!([{"id": 1, "name": "acme", "availableMsat": 7_000, "reservedMsat": 0, "disabled": false}])
    );
    assert_eq!(
        list(&["key", "list"]),
        json!([{"id": 1, "account": "acme", "scopes": ["sms:send"], "rate": 5, "description": null, "revokedAt": null}])
    );
    let operators = list(&["operator", "list"]);
    assert_eq!((&operators[0]["name"], &operators[0]["revokedAt"]), (&json!("Ida"), &Value::Null));
    let made = operators[0]["createdAt"].as_str().unwrap();
    assert!(made.len() == 20 && made.ends_with('Z'), "{made}");
    assert_eq!(list(&["sender", "list", "acme"])[0]["status"], "approved");
    assert_eq!(list(&["inbound", "list"]), json!([]));
    assert_eq!(list(&["carrier", "list"])[0]["up"], Value::Null);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let home = Home::bare();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.answer(&["completions", shell]);
        assert!(script.contains("check-config") && script.contains("reconnect"), "{shell}");
    }
    home.complaint(2, &["completions", "cmd"]);
    assert!(home.answer(&["man"]).contains(".TH boltgram 1"));
    home.answer(&["man", "."]);
    for page in ["boltgram.1", "boltgram-account-add.1", "boltgram-carrier-reconnect.1"] {
        assert!(home.path(page).exists(), "{page}");
    }
}
