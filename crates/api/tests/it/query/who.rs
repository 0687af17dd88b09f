//! Who may call, and how often.

use std::fmt::Write as _;
use std::net::SocketAddr;

use api::HttpSettings;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use domain::account::operator::Actor;
use http::{Doors, Rate};
use tower::ServiceExt;

use super::{EXAMPLE, Shop, USER};
use crate::house::{House, sats};

#[tokio::test]
async fn whatever_is_wrong_with_the_login_is_answered_alike() {
    let shop = Shop::new().await;
    let house = &shop.open.house;
    let other = house.key(sats(0), "*", None).await;
    let revoked = house.accounts.add_key(house.account(), &["*"], None, Actor::CommandLine).await;
    let revoked = revoked.unwrap();
    house.accounts.revoke_key(revoked.id, Actor::CommandLine).await.unwrap();
    let disabled = house.key(sats(0), "*", None).await;
    house.accounts.set_disabled(domain::id::AccountId(3), true, Actor::CommandLine).await.unwrap();
    let key = shop.key.as_str();
    let mut transcript = String::new();
    for (what, login) in [
        ("nothing", String::new()),
        ("no key", format!("user={USER}")),
        ("no user", format!("key={key}")),
        ("an unknown user", format!("user=nobody&key={key}")),
        ("another case", format!("user=ACCOUNT-0&key={key}")),
        ("a wrong key", format!("user={USER}&key=bg_wrong")),
        ("a key of another account", format!("user={USER}&key={other}")),
        ("a revoked key", format!("user={USER}&key={}", revoked.text.expose())),
        ("a key of a disabled account", format!("user=account-2&key={disabled}")),
        ("a password", format!("user={USER}&pass=secret")),
        ("bytes", "user=%ff%00%3Cb%3E&key=%ff".to_owned()),
    ] {
        let answer = shop.open.get(&format!("/sms/api.json?{login}&{EXAMPLE}")).await;
        assert_eq!(answer.status, 200);
        writeln!(transcript, "{what}: {}", answer.body).unwrap();
    }
    writeln!(transcript, "{}", shop.open.get("/view/outbox/api.xml?user=me&key=x").await.body)
        .unwrap();
    for secret in [key, &other, &disabled, revoked.text.expose(), "secret"] {
        assert!(!transcript.contains(secret));
    }
    insta::assert_snapshot!(transcript);
    assert_eq!((shop.stored().await, shop.open.changes()), (0, 0));
}

#[tokio::test]
async fn a_key_does_what_its_scope_says() {
    let shop = Shop::new().await;
    let house = &shop.open.house;
    let mut transcript = String::new();
    for scope in ["*", "sms:send", "sms:read", "email:send"] {
        let key = house.key_of(house.account(), scope).await;
        for path in ["sms", "view/outbox", "view/yourprices", "get/dialcodes"] {
            let path = format!("/{path}/api.json?user={USER}&key={key}&{EXAMPLE}");
            let answer = shop.open.get(&path).await.json();
            let error = answer.get("error").map_or("yes", |error| error.as_str().unwrap());
            write!(transcript, "{error} ").unwrap();
        }
        writeln!(transcript, "<- {scope}").unwrap();
    }
    insta::assert_snapshot!(transcript);
    assert_eq!(shop.stored().await, 2);
}

struct Peer(Doors);

impl Peer {
    async fn call(&self, peer: &str, path: &str) -> String {
        let peer: SocketAddr = peer.parse().unwrap();
        let request = Request::get(path).extension(ConnectInfo(peer)).body(Body::empty());
        let answer = self.0.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        let body = to_bytes(answer.into_body(), 100_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        body["error"].as_str().unwrap_or("-").to_owned()
    }
}

#[tokio::test]
async fn bad_keys_are_limited_by_address_and_good_ones_by_their_rate() {
    let house = House::new().await;
    let free = house.key(sats(0), "*", None).await;
    let slow = house.key(sats(0), "*", Some(2)).await;
    let rate = Rate { per_second: 1, burst: 3 };
    let http = HttpSettings { address_rate: Some(rate), ..HttpSettings::default() };
    let peer = Peer(api::router(house.engine.clone(), http));
    let path = |user: &str, key: &str| format!("/view/yourprices/api.json?user={user}&key={key}");
    let bad = path("account-0", "bg_wrong");
    for _ in 0..3 {
        assert_eq!(peer.call("192.0.2.1:1", &bad).await, "USER_NOT_FOUND");
    }
    assert_eq!(peer.call("192.0.2.1:1", &bad).await, "TOO_MANY_REQUESTS");
    assert_eq!(peer.call("192.0.2.1:1", "/sms/nothing").await, "TOO_MANY_REQUESTS");
    for _ in 0..9 {
        assert_eq!(peer.call("192.0.2.1:1", &path("account-0", &free)).await, "-");
        assert_eq!(peer.call("127.0.0.1:1", &bad).await, "USER_NOT_FOUND", "this machine");
    }
    for expected in ["-", "-", "TOO_MANY_REQUESTS"] {
        assert_eq!(peer.call("192.0.2.2:1", &path("account-1", &slow)).await, expected);
    }
    // A good key with a wrong name is a bad one.
    for expected in ["USER_NOT_FOUND", "USER_NOT_FOUND", "USER_NOT_FOUND", "TOO_MANY_REQUESTS"] {
        assert_eq!(peer.call("192.0.2.3:1", &path("account-1", &free)).await, expected);
    }
}
