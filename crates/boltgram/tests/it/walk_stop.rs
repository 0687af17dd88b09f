//! Stopping: gracefully, at once, and under load.

use std::time::{Duration, Instant};

use serde_json::json;

use super::customer::Customer;
use super::running::Home;

#[tokio::test]
async fn finishes_in_order_what_is_in_work() {
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "100000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);

    let mut orders = Vec::new();
    for number in 0..60 {
        let phone = format!("+45201234{number:02}");
        let body = json!({"phone": phone, "message": "On its way", "immediate": true});
        orders.push(acme.buy("/createsendorder", body).await);
    }
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());

    let server = home.serve();
    let acme = Customer::of(&server).with_key(&key);
    for order in &orders {
        acme.await_delivered(order).await;
    }
    assert_eq!(acme.get("/balance").await["balance"], 40_000);
    assert!(home.answer(&["ledger", "check"]).ends_with("the ledger is sound"));
    server.stop();
}

#[tokio::test]
async fn answers_what_was_asked_before_the_stop() {
    let home = Home::bare();
    let server = home.serve();
    let customer = Customer::of(&server);
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let customer = customer.clone();
            async move { customer.buy_text("+4520123456", "Just before the end").await }
        })
        .collect();
    let mut answers = tokio::task::JoinSet::new();
    for buying in asked {
        answers.spawn(buying);
    }
    // At least one request is in progress; later ones find the listener closed.
    answers.join_next().await.unwrap().unwrap();
    server.stop();
    let mut bought = 1;
    while let Some(answer) = answers.join_next().await {
        bought += u32::from(answer.is_ok());
    }
    assert!(bought > 0);

    let server = home.serve();
    assert!(server.log().contains("taking up what an earlier run left"));
    server.stop();
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let home = Home::bare();
    let mut server = home.serve();
    // A request that never ends delays the graceful stop.
    let stream = std::net::TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(
        &mut &stream,
        b"POST /createsendorder HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{",
    )
    .unwrap();
    await_log(&server, "listening");
    std::thread::sleep(Duration::from_millis(200));
    server.signal("-INT");
    await_log(&server, "stopping");
    let begun = Instant::now();
    server.signal("-TERM");
    let status = server.ended();
    assert_eq!(status.code(), Some(1), "{}", server.log());
    assert!(server.log().contains("stopped at once by a second signal"));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

fn await_log(server: &super::running::Running, words: &str) {
    let begun = Instant::now();
    while !server.log().contains(words) {
        assert!(begun.elapsed() < super::running::PATIENCE, "never {words}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
