//! The operator's endpoints: health, readiness and metrics.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::HttpSettings;
use http::Server;

use crate::house::{House, Open};

#[tokio::test]
async fn is_alive_whatever_else_is_not() {
    let open = Open::new().await;
    open.house.gate.set_down(true);
    insta::assert_snapshot!(open.get("/healthz").await);
}

#[tokio::test]
async fn tells_what_is_missing() {
    let open = Open::new().await;
    insta::assert_snapshot!("ready", open.get("/readyz").await);
    // The engine caches the result for a second.
    open.house.clock.advance(Duration::from_secs(1));
    open.house.node.down.store(true, Ordering::SeqCst);
    open.house.carrier.up.store(false, Ordering::SeqCst);
    open.house.gate.set_down(true);
    insta::assert_snapshot!("not_ready", open.get("/readyz").await);
}

#[tokio::test]
async fn tells_what_it_counted() {
    let open = Open::new().await;
    let send = r#"{"phone":"+4520123456","message":"hi"}"#;
    assert_eq!(open.post("/createsendorder", send).await.status, 200);
    let answer = open.get("/metrics").await;
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.body.contains("boltgram_orders_created_total{kind=\"send\"} 1"), "{answer}");
    assert!(answer.body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn what_is_for_the_operator_moves_to_his_listener() {
    let house = House::new().await;
    let admin = api::admin_router(house.engine.clone(), HttpSettings::default());
    let http = HttpSettings { tells_operator: false, ..HttpSettings::default() };
    let open = house.open_as(http).await;
    assert_eq!(open.get("/metrics").await.status, 404);
    assert_eq!(open.get("/readyz").await.status, 404);
    assert_eq!(open.get("/healthz").await.status, 200);
    let open = open.house.open_with(admin, Server::default()).await;
    for path in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(open.get(path).await.status, 200, "{path}");
    }
    assert_eq!(open.get("/price").await.status, 404, "no public door is served there");
}
