//! The operator adds a phone, gives its SIM card a number, and removes it; the phone calls the running server.

use serde_json::{Value, json};
use testkit::fake_phone::FakePhone;

use super::running::Home;

fn listed(home: &Home) -> Value {
    serde_json::from_str(&home.answer(&["phone", "list", "--json"])).unwrap()
}

#[tokio::test]
async fn a_phone_is_added_called_and_removed() {
    let home = Home::bare();
    let server = home.serve();
    let token = home.answer(&["phone", "token", "desk"]).trim().to_owned();
    assert!(
        token.len() == 24
            && token.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
    );
    assert_eq!(listed(&home)[0]["state"], "never registered");
    let renewed = home.answer(&["phone", "token", "desk"]).trim().to_owned();
    assert_ne!(renewed, token);
    home.complaint(1, &["phone", "token", "desk", "--owner", "acme"]);

    let test = home.answer(&["phone", "number", "desk", "1", "+4520000001", "--country", "DK"]);
    assert!(test.starts_with("BG-"), "{test}");
    home.complaint(1, &["phone", "number", "desk", "1", "+4520000001", "--country", "UK"]);
    home.complaint(1, &["phone", "number", "attic", "1", "+4520000001", "--country", "DK"]);

    let client = reqwest::Client::new();
    let mut status = Vec::new();
    for enrolment in [token, renewed] {
        let call = FakePhone::new(&enrolment).register();
        let mut request = client.post(server.url(&call.path)).body(call.body);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        status.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(status, [401, 201], "the token of before no longer registers");
    let phone = &listed(&home)[0];
    assert_eq!((&phone["state"], &phone["model"]), (&json!("not ready"), &json!("Google/oriole")));
    let sim = &phone["sims"][0];
    assert_eq!((&sim["number"], &sim["provenAt"]), (&json!("4520000001"), &Value::Null));

    let proven = ["phone", "number", "desk", "1", "+4520000001", "--country", "DK", "--proven"];
    home.answer(&proven);
    assert!(home.answer(&["phone", "list"]).contains("1: +4520000001"));
    assert_eq!(home.answer(&["number", "loans", "+4520000001", "--json"]).trim(), "[]");
    home.answer(&["phone", "remove", "desk"]);
    assert_eq!(listed(&home), json!([]));
    home.complaint(1, &["phone", "remove", "desk"]);
    let log = server.log();
    assert!(!log.contains("4520000001") && !log.contains("BG-"), "{log}");
    server.stop();
}
