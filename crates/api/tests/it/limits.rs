//! How often one may call.

use std::net::SocketAddr;

use api::{HttpSettings, Rate};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use tower::ServiceExt;

use crate::house::{House, Open, sats};

#[tokio::test]
async fn a_key_has_its_own_rate() {
    let house = House::new();
    let slow = house.key(sats(0), "*", Some(2)).await;
    let free = house.key(sats(0), "*", None).await;
    let open: Open = house.open_as(HttpSettings::default()).await;
    assert_eq!(open.get_with_key("/balance", &slow).await.status, 200);
    assert_eq!(open.get_with_key("/balance", &slow).await.status, 200);
    insta::assert_snapshot!(open.get_with_key("/balance", &slow).await);
    for _ in 0..20 {
        assert_eq!(open.get_with_key("/balance", &free).await.status, 200);
    }
}

#[tokio::test]
async fn a_refused_order_is_not_stored() {
    let house = House::new();
    let key = house.key(sats(0), "*", Some(1)).await;
    let open = house.open_as(HttpSettings::default()).await;
    assert_eq!(open.get_with_key("/balance", &key).await.status, 200);
    let send = r#"{"phone":"+4520123456","message":"hi"}"#;
    assert_eq!(open.post_with_key("/createsendorder", &key, send).await.status, 429);
    assert_eq!(open.changes(), 0);
}

/// A request as from another machine: the socket of a test is always on this one.
async fn from(router: &Router, peer: &str, path: &str, key: &str) -> u16 {
    let peer: SocketAddr = peer.parse().unwrap();
    let request = Request::get(path).header("X-API-Key", key).extension(ConnectInfo(peer));
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn callers_without_a_key_are_limited_by_address() {
    let house = House::new();
    let key = house.key(sats(0), "*", None).await;
    let rate = Rate { per_second: 1, burst: 3 };
    let http = HttpSettings { address_rate: Some(rate), ..HttpSettings::default() };
    let router = api::router(house.engine.clone(), http);
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(from(&router, "192.0.2.1:1", "/price", "").await);
    }
    assert_eq!(seen, [200, 200, 200, 429, 429]);
    assert_eq!(from(&router, "192.0.2.1:2", "/price", "nonsense").await, 429, "bad keys too");
    assert_eq!(from(&router, "192.0.2.1:1", "/price", &key).await, 200, "a good key is not");
    assert_eq!(from(&router, "192.0.2.1:1", "/healthz", "").await, 200);
    assert_eq!(from(&router, "192.0.2.2:1", "/price", "").await, 200);
    for _ in 0..9 {
        assert_eq!(from(&router, "127.0.0.1:1", "/price", "").await, 200);
        assert_eq!(from(&router, "[::1]:1", "/price", "").await, 200);
        assert_eq!(from(&router, "[::ffff:127.0.0.1]:1", "/price", "").await, 200);
    }
}
