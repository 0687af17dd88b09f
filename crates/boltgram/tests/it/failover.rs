//! Two message centres on one route: failover when the first one refuses a text, is unavailable, or
//! accepts it and sends no receipt.

use std::time::{Duration, Instant};

use smpp::CommandStatus;

use super::centre::Centre;
use super::customer::Customer;
use super::running::{Home, PATIENCE, SANDBOX_MONEY};

/// Vendor-specific status: no route to the destination.
const NO_ROUTE: CommandStatus = CommandStatus(0x401);

fn config(first: &Centre, second: &Centre, route: &str) -> String {
    let carrier = |name: &str, centre: &Centre| {
        format!(
            "[[carriers]]\nname = \"{name}\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\n\
             system_id = \"u\"\npassword = \"p\"\nerrors = {{ \"0x401\" = \"another\" }}\n\n",
            centre.port()
        )
    };
    format!(
        "{SANDBOX_MONEY}{}{}[[routes]]\nprefix = \"\"\n{route}\n",
        carrier("first", first),
        carrier("second", second)
    )
}

const IN_ORDER: &str = "carriers = [\"first\", \"second\"]";

/// Waits until both are bound: otherwise the first one gets everything.
async fn await_both(customer: &Customer) {
    let begun = Instant::now();
    let is_up =
        |page: &str, name| page.contains(&format!("boltgram_carrier_up{{carrier=\"{name}\"}} 1"));
    loop {
        let page = customer.page("/metrics").await;
        if is_up(&page, "first") && is_up(&page, "second") {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "not both bound:\n{page}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_text_that_one_centre_does_not_serve_goes_by_the_other() {
    let (first, second) = (Centre::open().await, Centre::open().await);
    first.refuse(NO_ROUTE);
    let home = Home::with_config(&config(&first, &second, IN_ORDER));
    let server = home.serve();
    let customer = Customer::of(&server);
    await_both(&customer).await;
    let order = customer.buy_text("+4520123456", "Hej").await;
    customer.pay(&order).await;
    customer.await_delivered(&order).await;
    customer.await_ended("settled", 1).await;
    assert_eq!((first.refused(), first.taken().len(), second.taken().len()), (1, 0, 1));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_text_that_no_centre_serves_is_paid_back() {
    let (first, second) = (Centre::open().await, Centre::open().await);
    first.refuse(NO_ROUTE);
    second.refuse(NO_ROUTE);
    let costs = "carriers = [{ name = \"first\", cost = 9 }, { name = \"second\", cost = 2 }]";
    let home = Home::with_config(&config(&first, &second, costs));
    let server = home.serve();
    let customer = Customer::of(&server);
    await_both(&customer).await;
    let order = customer.buy_text("+4520123456", "Hej").await;
    customer.pay(&order).await;
    customer.await_status(&order, |status| status["smsStatus"] == "failed").await;
    customer.await_ended("cancelled", 1).await;
    assert_eq!((first.refused(), second.refused()), (1, 1));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn while_one_centre_is_away_the_other_is_used() {
    let second = Centre::open().await;
    let first = Centre::gone().await;
    let home = Home::with_config(&config(&first, &second, IN_ORDER));
    let server = home.serve();
    let customer = Customer::of(&server);
    let order = customer.buy_text("+4520123456", "Hej").await;
    customer.pay(&order).await;
    customer.await_delivered(&order).await;
    assert_eq!((first.taken().len(), second.taken().len()), (0, 1));
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_text_without_a_receipt_in_time_goes_by_the_other_too() {
    let (first, second) = (Centre::open().await, Centre::open().await);
    first.be_silent();
    let route = format!("{IN_ORDER}\nreceipt_timeout = \"10s\"");
    let home = Home::with_config(&config(&first, &second, &route));
    let server = home.serve();
    let customer = Customer::of(&server);
    await_both(&customer).await;
    let order = customer.buy_text("+4520123456", "Hej").await;
    customer.pay(&order).await;
    customer.await_delivered(&order).await;
    customer.await_ended("settled", 1).await;
    assert_eq!((first.taken().len(), second.taken().len()), (1, 1));
    server.stop();
}
