//! Webhooks as a customer's program receives and verifies them: each change once, in order, with
//! signatures that a third-party library accepts, and repeated after a failure with the same id.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::customer::Customer;
use super::receiver::{Call, Receiver};
use super::running::Home;

/// Verifies these calls with npm `standardwebhooks`.
pub(crate) fn verdicts(secret: &str, calls: &[Call]) -> Vec<Value> {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers/webhooks/verify.js");
    assert!(script.with_file_name("node_modules").exists(), "run ./scripts/test");
    let mut peer = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = peer.stdin.take().unwrap();
    for call in calls {
        let asked = json!({"secret": secret, "headers": call.headers, "body": call.body});
        writeln!(stdin, "{asked}").unwrap();
    }
    drop(stdin);
    let told = String::from_utf8(peer.wait_with_output().unwrap().stdout).unwrap();
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

// This thread blocks on the peer; a second one notices when an idle connection is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_told_once_and_an_independent_library_verifies_it() {
    let receiver = Receiver::open().await;
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    let body = json!({
        "phone": "+4520123456", "message": "Hej", "webhookUrl": receiver.url(),
    });
    let order = customer.buy("/createsendorder", body).await;
    let secret = order.answer["webhookSecret"].as_str().unwrap().to_owned();
    customer.pay(&order).await;

    let calls = receiver.called(3).await;
    let told: Vec<_> = calls.iter().map(Call::json).collect();
    for (told, progress) in told.iter().zip(["created", "sent", "delivered"]) {
        assert_eq!(told["orderId"], order.id.as_str());
        assert_eq!((&told["paid"], &told["smsStatus"]), (&json!(true), &json!(progress)), "{told}");
    }
    assert_eq!(verdicts(&secret, &calls), vec![json!({"ok": true}); 3]);

    let mut forged = calls[0].clone();
    forged.body = forged.body.replace("true", "false");
    assert_eq!(verdicts(&secret, &[forged])[0]["ok"], false);
    customer.await_ended("settled", 1).await;
    server.stop();
    assert_eq!(receiver.calls().len(), 3, "settling sends no event");
}

/// One call each, whichever events the webhook wants: an order that nobody pays stores none.
#[tokio::test]
async fn the_end_of_an_unpaid_order_is_told_once() {
    let receiver = Receiver::open().await;
    receiver.answer_next(&[500, 500]);
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    for (number, events) in (1..).zip(["all", "final"]) {
        let body = json!({
            "phone": "+4520123456", "message": "Hej", "webhookUrl": receiver.url(),
            "webhookEvents": events,
        });
        let order = customer.buy("/createsendorder", body).await;
        let id = order.answer["orderId"].as_str().unwrap().to_owned();
        assert_eq!(customer.get(&format!("/cancelorder?orderId={id}")).await["status"], "OK");
        let call = receiver.called(number).await[number - 1].clone();
        let told: serde_json::Value = serde_json::from_str(&call.body).unwrap();
        assert_eq!((&told["orderId"], &told["paid"]), (&json!(id), &json!(false)), "{told}");
        assert!(told["error"].is_string(), "{told}");
        for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            assert!(call.headers.contains_key(header), "{call:?}");
        }
    }
    server.stop();
    assert_eq!(receiver.calls().len(), 2, "an answer of 500 is not tried again");
}

#[tokio::test]
async fn a_failed_call_is_made_again_under_the_same_id_even_after_a_kill() {
    let receiver = Receiver::open().await;
    receiver.answer_next(&[500]);
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "1000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    let body = json!({
        "phone": "+4520120003", "message": "Hej", "immediate": true, "webhookUrl": receiver.url(),
    });
    acme.buy("/createsendorder", body).await;
    let first = receiver.called(1).await[0].clone();
    server.kill();

    let server = home.serve();
    let id = |call: &Call| call.headers["webhook-id"].clone();
    let begun = std::time::Instant::now();
    while receiver.calls().iter().filter(|call| id(call) == id(&first)).count() < 2 {
        assert!(begun.elapsed() < super::running::PATIENCE * 3, "not repeated in time");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let again = receiver.calls().into_iter().rfind(|call| id(call) == id(&first)).unwrap();
    assert_eq!(again.body, first.body, "the event as it was when it happened");
    server.stop();
}

#[tokio::test]
async fn an_inside_address_is_refused_when_the_order_is_made() {
    let home = Home::with_config(
        "[[carriers]]\nname = \"sandbox\"\nkind = \"sandbox\"\n\n\
         [[routes]]\nprefix = \"\"\ncarriers = [\"sandbox\"]\n\n\
         [webhooks]\nallow_private_addresses = false\n",
    );
    let server = home.serve();
    let customer = Customer::of(&server);
    for url in ["http://169.254.169.254/latest", "http://10.0.0.1/", "ftp://example.com/", "x"] {
        let body = json!({"phone": "+4520123456", "message": "Hej", "webhookUrl": url});
        let answer = customer.post("/createsendorder", body).await;
        assert_eq!(answer["status"], "error", "{url}: {answer}");
        assert!(answer["reason"].as_str().unwrap().contains("webhook"), "{answer}");
    }
    server.stop();
}
