//! The operator's monitoring endpoints and log.

use super::customer::Customer;
use super::running::Home;

#[tokio::test]
async fn what_is_for_the_operator_moves_to_his_listener() {
    let home = Home::with_config("admin_listen = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n");
    let server = home.serve();
    let line = server.log();
    let line = line.lines().find(|line| line.contains("admin address open")).unwrap();
    let (_, rest) = line.split_once("\"address\":\"").unwrap();
    let admin = rest.split('"').next().unwrap();

    let customer = Customer::of(&server);
    for path in ["/metrics", "/readyz"] {
        assert!(customer.page(path).await.contains("no such path"), "{path}");
    }
    assert_eq!(customer.page("/healthz").await, "alive\n");
    let operator = customer.at(&format!("http://{admin}"));
    assert!(operator.page("/metrics").await.contains("boltgram_store_retries"));
    assert_eq!(operator.page("/healthz").await, "alive\n");
    let ready = operator.get("/readyz").await;
    assert_eq!(ready["ready"], true, "{ready}");
    assert_eq!(ready["links"][0]["carrier"], "sandbox");
    server.stop();
}

#[tokio::test]
async fn tells_at_start_what_it_is() {
    let home = Home::bare();
    let server = home.serve();
    let log = server.log();
    for wanted in [
        "sqlite:boltgram-data/boltgram.db",
        "no real money",
        "node=\"sandbox\"",
        "carriers=\"sandbox\"",
    ] {
        assert!(log.contains(wanted), "no {wanted} in\n{log}");
    }
    assert!(!log.contains('\u{1b}'), "no colours in a file");
    server.stop();
}
