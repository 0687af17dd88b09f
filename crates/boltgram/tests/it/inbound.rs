//! Messages from phones, from a message centre's socket to the webhook receiver: each once, joined,
//! and with a signature that a third-party library accepts.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use domain::text::{Policy, segment};
use serde_json::{Value, json};
use smpp::CommandStatus;

use super::customer::Customer;
use super::phones::{Phones, Sent};
use super::receiver::{Call, Receiver};
use super::running::{Home, Running, SANDBOX_MONEY};
use super::walk_admin::Operator;
use super::webhooks::verdicts;

fn config(port: u16, hook: &str) -> String {
    format!(
        "{SANDBOX_MONEY}[[carriers]]\nname = \"main\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         system_id = \"u\"\npassword = \"p\"\nbinds = 2\nreconnect_ms = 20\n\n\
         [[routes]]\nprefix = \"\"\ncarriers = [\"main\"]\n\n\
         [inbound]\nwebhook_url = \"{hook}\"\n"
    )
}

/// A text from a phone.
fn texted(text: &str, reference: u16) -> Vec<Sent> {
    let parts = segment(text, &Policy::default(), reference).unwrap();
    let sent = |part: &domain::text::Part| Sent {
        from: "4520123456".to_owned(),
        to: "1919".to_owned(),
        data_coding: part.data_coding(),
        user_data: part.user_data().to_vec(),
        is_part: part.udh().is_some(),
    };
    parts.iter().map(sent).collect()
}

fn texts(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().map(|call| call.json()["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn long_texts_over_two_binds_out_of_order_and_twice_are_told_once() {
    let (phones, receiver) = (Phones::open().await, Receiver::open().await);
    let home = Home::with_config(&config(phones.port(), &receiver.url()));
    let server = home.serve();
    phones.bound(2).await;

    let danish = "stop Rødgrød med fløde på en ø. ".repeat(13);
    let smiling = "Tillykke 🎉 med dagen 😀 ".repeat(7);
    let (danish_parts, smiling_parts) = (texted(&danish, 7), texted(&smiling, 8));
    assert_eq!(danish_parts.len(), 3);
    assert_eq!(smiling_parts.len(), 3);
    let mut tokens = Vec::new();
    for (session, place) in [2, 0, 2, 1, 0].into_iter().enumerate() {
        tokens.push(phones.send(session, &danish_parts[place]).await);
        tokens.push(phones.send(session + 1, &smiling_parts[2 - place]).await);
    }
    for token in tokens {
        assert_eq!(phones.answer(token).await, CommandStatus::ROK);
    }

    let calls = receiver.called(2).await;
    assert_eq!(texts(&calls), BTreeSet::from([danish.clone(), smiling]));
    let secret = fs::read_to_string(home.path("boltgram-data/inbound.secret")).unwrap();
    assert_eq!(verdicts(secret.trim(), &calls), vec![json!({"ok": true}); 2]);
    let told = calls.iter().map(Call::json).find(|told| told["text"] == danish.as_str()).unwrap();
    assert_eq!((&told["from"], &told["to"]), (&json!("4520123456"), &json!("1919")));
    assert_eq!((&told["complete"], &told["parts"]), (&json!(true), &json!(3)), "{told}");
    assert_eq!((&told["missing"], &told["keyword"]), (&json!([]), &json!("STOP")));
    assert_eq!((&told["carrier"], &told["type"]), (&json!("main"), &json!("inbound")));

    // A part that the centre repeats after a lost response has no effect.
    let token = phones.send(0, &danish_parts[1]).await;
    assert_eq!(phones.answer(token).await, CommandStatus::ROK);
    server.stop();
    assert_eq!(receiver.calls().len(), 2);
    assert_eq!(home.answer(&["inbound", "list"]).lines().count(), 3, "with a heading");
    let logs = home.logs();
    assert!(!logs.contains("Rødgrød") && !logs.contains("4520123456"), "{logs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_the_centre_sends_again_after_a_lost_answer_is_told_once() {
    let (phones, receiver) = (Phones::open().await, Receiver::open().await);
    let home = Home::with_config(&config(phones.port(), &receiver.url()));
    let server = home.serve();
    phones.bound(2).await;

    // Two separate messages.
    let yes = texted("JA", 1).remove(0);
    for session in [0, 1] {
        let token = phones.send(session, &yes).await;
        assert_eq!(phones.answer(token).await, CommandStatus::ROK);
    }
    receiver.called(2).await;

    // The connection breaks before the response arrives.
    let no = texted("NEJ", 1).remove(0);
    phones.send(0, &no).await;
    receiver.called(3).await;
    phones.cut().await;
    phones.bound(2).await;
    let token = phones.send(1, &no).await;
    assert_eq!(phones.answer(token).await, CommandStatus::ROK);

    // The process is killed after the commit.
    let maybe = texted("MÅSKE", 1).remove(0);
    phones.send(0, &maybe).await;
    receiver.called(4).await;
    server.kill();
    phones.bound(0).await;
    let server = home.serve();
    phones.bound(2).await;
    let token = phones.send(0, &maybe).await;
    assert_eq!(phones.answer(token).await, CommandStatus::ROK);

    let last = texted("FARVEL", 1).remove(0);
    phones.send(1, &last).await;
    tokio::time::timeout(Duration::from_secs(30), async {
        while !texts(&receiver.calls()).contains("FARVEL") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    server.stop();
    // After a kill a call may be repeated with the same id.
    let ids: BTreeSet<_> =
        receiver.calls().iter().map(|call| call.headers["webhook-id"].clone()).collect();
    assert_eq!(ids.len(), 5);
    let listed = home.answer(&["inbound", "list"]);
    for (text, times) in [("JA", 2), ("NEJ", 1), ("MÅSKE", 1), ("FARVEL", 1)] {
        assert_eq!(listed.lines().filter(|line| line.ends_with(text)).count(), times, "{listed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_newcomer_plays_a_phone_in_the_sandbox() {
    let receiver = Receiver::open().await;
    let home = Home::with_config(&format!(
        "[inbound]\nwebhook_url = \"http://127.0.0.1:1/nobody\"\n\n\
         [[numbers]]\nnumber = \"+4512345678\"\nwebhook_url = \"{}\"\naccount = \"acme\"\n",
        receiver.url()
    ));
    home.answer(&["account", "add", "acme"]);
    let server = home.serve();
    let customer = Customer::of(&server);
    let body = json!({"from": "+4520123456", "to": "4512345678", "text": "Hej dér 😀"});
    let answer: Value = customer.post("/sandbox/receive", body).await;
    assert_eq!(answer, json!({"state": "received"}));
    let call = receiver.called(1).await.remove(0).json();
    assert_eq!((&call["text"], &call["carrier"]), (&json!("Hej dér 😀"), &json!("sandbox")));
    assert_eq!((&call["from"], &call["to"]), (&json!("4520123456"), &json!("4512345678")));
    let wrong = customer.post("/sandbox/receive", json!({"from": "1", "to": "2"})).await;
    assert_eq!(wrong["status"], "error", "{wrong}");
    server.stop();
    assert!(home.answer(&["inbound", "list"]).contains("Hej dér 😀"));
}

/// Another process reads the store; this one sees its own changes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_number_that_an_operator_adds_receives_at_once() {
    let (acme, rest) = (Receiver::open().await, Receiver::open().await);
    let home = Home::with_config(&format!("[inbound]\nwebhook_url = \"{}\"\n", rest.url()));
    home.answer(&["account", "add", "acme"]);
    let key = home.answer(&["operator", "add", "Ida"]);
    let server = home.serve();
    let (ida, phone) = (Operator::of(&server, key), Customer::of(&server));
    let says = async |text: &str| {
        let body = json!({"from": "4520123456", "to": "1919", "text": text});
        phone.post("/sandbox/receive", body).await;
    };
    says("before").await;
    let number = json!({"number": "1919", "account": 1, "webhookUrl": acme.url()});
    ida.done("POST", "/numbers", number).await;
    says("added").await;
    ida.done("POST", "/numbers/1919/disable", Value::Null).await;
    says("disabled").await;
    ida.done("POST", "/numbers/1919/enable", Value::Null).await;
    says("enabled").await;
    ida.done("DELETE", "/numbers/1919", Value::Null).await;
    says("removed").await;
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(texts(&acme.called(2).await), set(&["added", "enabled"]));
    assert_eq!(texts(&rest.called(3).await), set(&["before", "disabled", "removed"]));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_number_of_the_file_is_updated_at_a_start_and_stays_when_it_leaves_the_file() {
    let home = Home::with_config("[[numbers]]\nnumber = \"1919\"\ncountry = \"DK\"\n");
    let key = home.answer(&["operator", "add", "Ida"]);
    let row = async |server: &Running| {
        let ida = Operator::of(server, key.clone());
        let refused = ida.call("DELETE", "/numbers/1919", Value::Null).await;
        let row = ida.call("GET", "/numbers/1919", Value::Null).await.1;
        (refused.0, row["origin"].clone(), row["country"].clone(), row["status"].clone())
    };
    let server = home.serve();
    let ida = Operator::of(&server, key.clone());
    assert_eq!(ida.call("PUT", "/numbers/1919", json!({})).await.1["code"], "OF_FILE");
    ida.done("POST", "/numbers/1919/disable", Value::Null).await;
    let file = json!("file");
    assert_eq!(row(&server).await, (409, file.clone(), json!("DK"), json!("disabled")));
    server.stop();
    fs::write(home.path("boltgram.toml"), "[[numbers]]\nnumber = \"+1919\"\ncountry = \"SE\"\n")
        .unwrap();
    let server = home.serve();
    assert_eq!(row(&server).await, (409, file, json!("SE"), json!("disabled")));
    server.stop();
    fs::write(home.path("boltgram.toml"), "").unwrap();
    let server = home.serve();
    assert!(server.log().contains("numbers left the configuration file"), "{}", server.log());
    assert_eq!(row(&server).await, (204, Value::Null, Value::Null, Value::Null));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn help_is_answered_by_the_number_that_was_asked_once_a_day() {
    let phones = Phones::open().await;
    let home = Home::with_config(&format!(
        "{}help_words = [\"hjælp\"]\n\n\
         [[numbers]]\nnumber = \"1919\"\naccount = \"acme\"\nhelp_text = \"ACME: acme.example\"\n",
        config(phones.port(), "http://127.0.0.1:1/nobody")
    ));
    home.answer(&["account", "add", "acme", "--credit-sats", "10000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    phones.bound(2).await;
    let says = async |from: &str, text: &str| {
        let sent = Sent { from: from.to_owned(), ..texted(text, 1).remove(0) };
        let token = phones.send(0, &sent).await;
        assert_eq!(phones.answer(token).await, CommandStatus::ROK);
    };
    says("4520123456", "what?").await;
    says("4520123456", "help me out").await;
    says("4520123456", "Help!").await;
    phones.got(1).await;
    says("4520123456", "help").await;
    says("4520123457", "HJÆLP").await;
    let told = |to: &str| ("1919".to_owned(), to.to_owned(), "ACME: acme.example".to_owned());
    assert_eq!(phones.got(2).await, [told("4520123456"), told("4520123457")]);
    let acme = Customer::of(&server).with_key(&key);
    assert_eq!(acme.get("/balance").await["balance"], 8_000, "the account pays");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_may_be_helped_is_said_at_the_start() {
    for (number, help, why) in [
        ("1919", "help_text = \"x\"", "account that pays"),
        ("1", "account = \"acme\"\nhelp_text = \"x\"", "cannot come from"),
        ("1919", "account = \"acme\"\nhelp_text = \" \"", "characters"),
    ] {
        let home = Home::with_config(&format!("[[numbers]]\nnumber = \"{number}\"\n{help}\n"));
        let told = home.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
        assert!(told.contains(why), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_number_of_nobody_is_refused_at_the_start() {
    let home = Home::with_config("[[numbers]]\nnumber = \"1919\"\naccount = \"nobody\"\n");
    let told = home.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("[[numbers]] 1919") && told.contains("nobody"), "{told}");
    for (number, why) in [("\"19 19\"", "digits"), ("\"\"", "digits"), ("\"+\"", "digits")] {
        let home = Home::with_config(&format!("[[numbers]]\nnumber = {number}\n"));
        let told = home.complaint(1, &["serve", "--listen", "127.0.0.1:0"]);
        assert!(told.contains(why), "{told}");
    }
}
