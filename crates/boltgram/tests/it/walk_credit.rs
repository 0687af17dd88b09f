//! An account, a key and prepaid credit, created on the command line while the server runs.

use serde_json::{Value, json};

use super::customer::Customer;
use super::running::Home;

fn immediate(phone: &str) -> Value {
    json!({"phone": phone, "message": "From credit", "immediate": true})
}

#[tokio::test]
async fn sends_from_credit_and_buys_more() {
    let home = Home::bare();
    let server = home.serve();
    home.answer(&["account", "add", "acme", "--credit-sats", "10000"]);
    let key = home.answer(&["key", "add", "acme"]);
    assert!(key.starts_with("bg_") && key.lines().count() == 1, "the key alone");
    let acme = Customer::of(&server).with_key(&key);

    let order = acme.buy("/createsendorder", immediate("+4520123456")).await;
    assert_eq!(order.payreq, "paid");
    acme.await_delivered(&order).await;
    assert_eq!(acme.get("/balance").await, json!({"status": "OK", "balance": 9_000}));

    let refused = acme.buy("/createsendorder", immediate("+4520120001")).await;
    acme.await_status(&refused, |status| status["error"].is_string()).await;
    assert_eq!(acme.get("/balance").await["balance"], 9_000, "failed messages are not charged");

    let fund = acme.buy("/fund", json!({"amount": 5_000})).await;
    acme.pay(&fund).await;
    let funded = acme.await_funded(&fund).await;
    assert_eq!((&funded["amount"], &funded["price"]), (&json!(5_000), &json!(5_000)));
    assert_eq!(acme.get("/balance").await["balance"], 14_000);
    assert_eq!(acme.get("/history").await["totalAmount"], 15_000, "and what was given");

    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    let accounts = home.answer(&["account", "list"]);
    let row: Vec<_> = accounts.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["acme", "14000", "0", "active"], "{accounts}");
    server.stop();
}

#[tokio::test]
async fn a_key_may_what_it_was_given_and_nothing_after_it_is_revoked() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    let key = home.answer(&["key", "add", "acme", "--scope", "sms:send", "--rate", "50"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    acme.buy("/createsendorder", immediate("+4520123456")).await;
    let mail = json!({"address": "a@example.com", "message": "Hej", "immediate": true});
    let answer = acme.post("/createemailsendorder", mail).await;
    assert_eq!(answer["reason"], "the API key may not send", "{answer}");
    assert_eq!(acme.get("/balance").await["balance"], 4_000, "the text was paid, the mail was not");

    let keys = home.answer(&["key", "list", "acme"]);
    assert!(!keys.contains(&key), "a key is shown once");
    let row: Vec<_> = keys.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[1..], ["acme", "sms:send", "50/s", "valid"], "{keys}");

    home.answer(&["key", "revoke", row[0]]);
    let answer = acme.post("/createsendorder", immediate("+4520123456")).await;
    assert_eq!(answer["status"], "error", "{answer}");
    assert!(home.answer(&["key", "list"]).contains("revoked"));
    server.stop();
}

#[test]
fn commands_work_without_a_server() {
    let home = Home::bare();
    let acme = ["account", "add", "acme", "--data", "elsewhere"];
    home.answer(&acme);
    assert!(home.path("elsewhere/boltgram.db").exists());
    assert!(home.complaint(1, &acme).contains("there is an account named acme already"));

    let at = |arguments: &[&'static str]| [arguments, &["--data", "elsewhere"]].concat();
    home.answer(&at(&["sender", "add", "acme", "Boltgram"]));
    assert_eq!(home.answer(&at(&["sender", "list", "acme"])), "Boltgram");
    let told = home.complaint(1, &at(&["key", "add", "nobody"]));
    assert_eq!(told, "boltgram: there is no account named nobody");
    let told = home.complaint(1, &at(&["key", "revoke", "77"]));
    assert!(told.contains("there is no key 77"), "{told}");
    assert!(home.answer(&at(&["ledger", "check"])).ends_with("sound"));
}

#[test]
fn the_operator_gives_and_takes_credit() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme"]);
    assert_eq!(
        home.answer(&["account", "credit", "acme", "150000000"]),
        "account acme may spend 150000000 sats"
    );
    assert_eq!(
        home.answer(&["account", "debit", "acme", "149999000"]),
        "account acme may spend 1000 sats"
    );
    let told = home.complaint(1, &["account", "debit", "acme", "1001"]);
    assert!(told.contains("may spend 1000 sats: no more can be taken back"), "{told}");
    let told = home.complaint(1, &["account", "credit", "acme", "2100000000000000"]);
    assert!(told.contains("more than there is"), "{told}");
    let told = home.complaint(2, &["account", "credit", "acme", "2100000000000001"]);
    assert!(told.contains("2100000000000001"), "{told}");
    home.complaint(1, &["account", "credit", "nobody", "1"]);
    home.complaint(2, &["account", "debit", "acme", "0"]);
    assert_eq!(home.answer(&["account", "list"]).lines().count(), 2);
    home.answer(&["ledger", "check"]);
}

#[tokio::test]
async fn a_disabled_accounts_keys_are_refused() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    let key = home.answer(&["key", "add", "acme"]);
    home.answer(&["account", "disable", "acme"]);
    assert!(home.answer(&["account", "list"]).contains("disabled"));
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let refused = acme.get("/balance").await;
    assert_eq!(refused["reason"], "the account of this API key is disabled");
    home.answer(&["account", "enable", "acme"]);
    assert_eq!(acme.get("/balance").await["balance"], 5_000);
    server.stop();
    home.complaint(1, &["account", "disable", "nobody"]);
}

#[tokio::test]
async fn a_house_without_a_node_sells_for_credit_alone() {
    let home = Home::with_config(
        "[lightning]\nbackend = \"none\"\n[[carriers]]\nname = \"main\"\nkind = \"sandbox\"\n",
    );
    home.answer(&["account", "add", "acme", "--credit-sats", "5000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let stranger = Customer::of(&server);
    let text = json!({"phone": "+4520123456", "message": "Hej"});
    let refused = stranger.post("/createsendorder", text).await;
    let reason = refused["reason"].as_str().unwrap();
    assert!(reason.contains("sells no invoices"), "{refused}");
    let ready = stranger.get("/readyz").await;
    assert_eq!((&ready["ready"], &ready["node"]["state"]), (&json!(true), &json!("none")));

    let acme = stranger.with_key(&key);
    let refused = acme.post("/fund", json!({"amount": 5_000})).await;
    assert!(refused["reason"].as_str().unwrap().contains("sells no invoices"), "{refused}");
    let order = acme.buy("/createsendorder", immediate("+4520123456")).await;
    acme.await_delivered(&order).await;
    server.stop();
}
