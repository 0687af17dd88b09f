//! Law 4: secrets, phone numbers and message texts never reach a log, whatever its level.

use serde_json::json;

use super::customer::Customer;
use super::receiver::Receiver;
use super::running::Home;

const CONFIG: &str = r#"
[log]
format = "json"
level = "trace"

[lightning]
backend = "sandbox"
sandbox_beside_real_carriers = true

[[carriers]]
name = "sandbox"
kind = "sandbox"

# Nobody listens there: it binds in vain, again and again.
[[carriers]]
name = "main"
kind = "smpp"
host = "127.0.0.1"
port = 1
system_id = "boltgram"
password = "hunter27"
reconnect_ms = 50

[[routes]]
prefix = ""
carriers = ["main", "sandbox"]
"#;

const TEXT: &str = "Meet at the old lighthouse";
const EMAIL: &str = "hermit.lighthouse@example.com";

#[tokio::test]
async fn nothing_that_must_not_be_logged_is_logged() {
    let home = Home::with_config(CONFIG);
    let server = home.serve();
    home.answer(&["account", "add", "acme", "--credit-sats", "10000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let anyone = Customer::of(&server);
    let acme = anyone.with_key(&key);
    let receiver = Receiver::open().await;

    let body = json!({"phone": "+4520987654", "message": TEXT, "webhookUrl": receiver.url()});
    let order = anyone.buy("/createsendorder", body).await;
    anyone.pay(&order).await;
    anyone.await_delivered(&order).await;
    let body = json!({"address": EMAIL, "message": TEXT, "immediate": true});
    let mail = acme.buy("/createemailsendorder", body).await;
    acme.await_delivered(&mail).await;
    for number in ["+4520980001", "+4520980002"] {
        let order = anyone.buy_text(number, TEXT).await;
        anyone.pay(&order).await;
        anyone.await_status(&order, |status| status["error"].is_string()).await;
    }
    let fund = acme.buy("/fund", json!({"amount": 5_000})).await;
    acme.pay(&fund).await;
    let funded = acme.await_funded(&fund).await;
    let preimage = funded["preimage"].as_str().unwrap().to_owned();
    acme.with_key("bg_not-a-key-at-all").get("/balance").await;
    acme.post("/createsendorder", json!({"phone": "call 20987654", "message": TEXT})).await;
    acme.get("/orderstatus?orderId=20987654").await;
    acme.get("/20987654").await;
    acme.post("/sandbox/pay", json!({"payreq": TEXT})).await;
    receiver.called(1).await;
    server.stop();

    let secret = order.answer["webhookSecret"].as_str().unwrap().to_owned();
    let vault = std::fs::read_to_string(home.path("boltgram-data/vault.key")).unwrap();
    let logs = home.logs();
    assert!(logs.contains("\"request\""), "the log is there:\n{logs}");
    for (what, word) in [
        ("a phone number", "20987654"),
        ("a phone number", "20980001"),
        ("a phone number", "20980002"),
        ("a text", "lighthouse"),
        ("a text", "old light"),
        ("an e-mail address", EMAIL),
        ("a key", &key),
        ("a key that is none", "not-a-key-at-all"),
        ("a preimage", &preimage),
        ("a webhook secret", &secret),
        ("the vault key", vault.trim()),
        ("a carrier's password", "hunter27"),
    ] {
        let line = logs.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{what} was logged");
    }
}
