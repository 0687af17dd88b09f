//! Commands for the profile and the password of an account.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::running::Home;

fn with_input(home: &Home, input: &str, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_boltgram"));
    program.current_dir(home.path(".")).args(arguments).env_remove("BOLTGRAM_CONFIG");
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    // A command that fails early does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn a_password_is_read_from_standard_input() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    let set = with_input(&home, "correct horse\r\n", &["account", "password", "acme"]);
    let told = String::from_utf8(set.stdout).unwrap();
    assert_eq!(told, "account acme: the password is set\n");
    let set = with_input(&home, "battery staple", &["account", "password", "acme", "--json"]);
    let told: Value = serde_json::from_slice(&set.stdout).unwrap();
    assert_eq!(told, json!({"account": "acme", "hasPassword": true}));
    for (input, name, why) in [
        ("short\n", "acme", "the password must have 8 to 256 characters"),
        ("", "acme", "the password must have 8 to 256 characters"),
        ("long enough\n", "nobody", "there is no account named nobody"),
    ] {
        let refused = with_input(&home, input, &["account", "password", name]);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && told.contains(why), "{told}");
        assert!(!told.contains("long enough"), "{told}");
    }
    home.complaint(2, &["account", "password", "acme", "an argument"]);
}

#[test]
fn a_profile_is_changed_field_by_field() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    let profile = |arguments: &[&str]| -> Value {
        let all = [&["account", "profile", "acme", "--json"], arguments].concat();
        serde_json::from_str(&home.answer(&all)).unwrap()
    };
    let empty = profile(&[]);
    assert_eq!((&empty["companyName"], &empty["twoFactor"]), (&Value::Null, &json!(false)));
    profile(&["--company-name", "Acme ApS", "--phone", "+4520123456", "--zip-code", "5000"]);
    let whole = profile(&["--two-factor", "on", "--email", "ida@example.org", "--zip-code", ""]);
    insta::assert_json_snapshot!(whole);
    let shown = home.answer(&["account", "profile", "acme"]);
    assert!(shown.contains("companyName: Acme ApS\n") && shown.contains("zipCode: –"), "{shown}");
    for (arguments, why) in [
        (["--phone", ""], "needs a phone number"),
        (["--email", "nobody"], "must be an e-mail address"),
    ] {
        let all = [&["account", "profile", "acme"], &arguments[..]].concat();
        let told = home.complaint(1, &all);
        assert!(told.contains(why), "{told}");
    }
    for bad in [["--phone", "20 12"], ["--two-factor", "maybe"]] {
        home.complaint(2, &[&["account", "profile", "acme"], &bad[..]].concat());
    }
    assert_eq!(profile(&[]), whole, "nothing of a refused change was stored");
    home.answer(&["key", "add", "acme", "--description", "the shop"]);
    assert!(home.answer(&["key", "list"]).ends_with("the shop"));
}
