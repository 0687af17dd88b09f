//! A first run without configuration: the sandbox wallet, and every number with a special outcome.

use serde_json::json;

use super::customer::Customer;
use super::running::Home;

#[tokio::test]
async fn sells_a_text_and_keeps_the_money_when_it_is_delivered() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);

    let order = customer.buy_text("+4520123456", "Hello from Boltgram").await;
    assert!(order.payreq.starts_with("lnbcrt"), "{}", order.payreq);
    assert_eq!(customer.status(&order).await["paid"], false);
    customer.pay(&order).await;
    let status = customer.await_delivered(&order).await;
    assert_eq!(status["paid"], true);
    assert_eq!(status["error"], json!(null));
    customer.await_ended("settled", 1).await;

    server.stop();
    assert!(home.path("boltgram-data/boltgram.db").exists());
}

#[tokio::test]
async fn gives_the_money_back_when_the_carrier_refuses_or_fails() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);

    for (count, number) in (1..).zip(["+4520120001", "+4520120002"]) {
        let order = customer.buy_text(number, "Nobody reads this").await;
        customer.pay(&order).await;
        let status = customer.await_status(&order, |status| status["error"].is_string()).await;
        assert_eq!(status["smsStatus"], "failed", "{status}");
        customer.await_ended("cancelled", count).await;
    }
    server.stop();
}

#[tokio::test]
async fn holds_the_money_while_no_receipt_comes() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);

    let order = customer.buy_text("+4520120003", "Lost on its way").await;
    customer.pay(&order).await;
    let status = customer.await_status(&order, |status| status["smsStatus"] == "sent").await;
    assert_eq!(status["error"], json!(null), "{status}");
    server.stop();

    let server = home.serve();
    let status = Customer::of(&server).status(&order).await;
    assert_eq!((&status["smsStatus"], &status["paid"]), (&json!("sent"), &json!(true)));
    server.stop();
}

#[tokio::test]
async fn sells_an_email() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);

    let body = json!({"address": "someone@example.com", "message": "Hello by mail"});
    let order = customer.buy("/createemailsendorder", body).await;
    customer.pay(&order).await;
    customer.await_delivered(&order).await;
    customer.await_ended("settled", 1).await;
    server.stop();
}

#[tokio::test]
async fn an_order_survives_a_kill_and_can_be_paid_after_it() {
    let home = Home::bare();
    let server = home.serve();
    let order = Customer::of(&server).buy_text("+4520123456", "Before the kill").await;
    server.kill();

    let server = home.serve();
    let customer = Customer::of(&server);
    customer.pay(&order).await;
    customer.await_delivered(&order).await;
    customer.await_ended("settled", 1).await;
    server.stop();
}
