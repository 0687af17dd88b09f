//! Rate limits, order limits per client, and the client's address behind a proxy.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use api::HttpSettings;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Builder;
use domain::limits;
use domain::ports::{OrderAdmission, OrderCaps};
use domain::reason::Reason;
use domain::sale::client::client_at;
use http::{Doors, Rate};
use testkit::clock::NOON;
use tower::ServiceExt;

use crate::house::{House, Open, sats};
use crate::world::{CAPS, text, unpaid};

#[tokio::test]
async fn a_key_has_its_own_rate() {
    let house = House::new().await;
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
    let house = House::new().await;
    let key = house.key(sats(0), "*", Some(1)).await;
    let open = house.open_as(HttpSettings::default()).await;
    assert_eq!(open.get_with_key("/balance", &key).await.status, 200);
    let send = r#"{"phone":"+4520123456","message":"hi"}"#;
    assert_eq!(open.post_with_key("/createsendorder", &key, send).await.status, 429);
    assert_eq!(open.changes(), 0);
}

/// Sends requests with simulated peer addresses, because a test's sockets are all local.
struct Peers(Doors);

impl Peers {
    fn of(house: &House, http: HttpSettings) -> Self {
        Self(api::router(house.engine.clone(), http))
    }

    async fn call(&self, peer: &str, request: Builder, body: &str) -> u16 {
        let peer: SocketAddr = peer.parse().unwrap();
        let request = request.extension(ConnectInfo(peer)).body(Body::from(body.to_owned()));
        let answer = self.0.clone().oneshot(request.unwrap()).await.unwrap();
        answer.status().as_u16()
    }

    async fn get(&self, peer: &str, path: &str) -> u16 {
        self.call(peer, Request::get(path), "").await
    }

    async fn get_with_key(&self, peer: &str, path: &str, key: &str) -> u16 {
        self.call(peer, Request::get(path).header("X-API-Key", key), "").await
    }

    async fn get_through(&self, proxy: &str, forwarded_for: &str) -> u16 {
        self.call(proxy, Request::get("/price").header("X-Forwarded-For", forwarded_for), "").await
    }

    /// Sends nine requests. Returns the number of `200` responses, which must all precede the `429` ones.
    async fn get_many(&self, peer: &str, path: &str) -> usize {
        let mut seen = Vec::new();
        for _ in 0..9 {
            seen.push(self.get(peer, path).await);
        }
        let good = seen.iter().take_while(|status| **status == 200).count();
        assert!(seen.iter().skip(good).all(|status| *status == 429), "{seen:?}");
        good
    }
}

/// A burst of three, then a rate too slow for a test to notice.
fn three() -> HttpSettings {
    let rate = Rate { per_second: 1, burst: 3 };
    HttpSettings { address_rate: Some(rate), ..HttpSettings::default() }
}

fn three_behind(proxies: &[&str]) -> HttpSettings {
    let trusted_proxies = proxies.iter().map(|network| network.parse().unwrap()).collect();
    HttpSettings { trusted_proxies, ..three() }
}

#[tokio::test]
async fn callers_without_a_key_are_limited_by_address() {
    let house = House::new().await;
    let key = house.key(sats(0), "*", None).await;
    let peers = Peers::of(&house, three());
    assert_eq!(peers.get_many("192.0.2.1:1", "/price").await, 3);
    let bad = peers.get_with_key("192.0.2.1:2", "/price", "nonsense").await;
    assert_eq!(bad, 429, "bad keys are limited too");
    let good = peers.get_with_key("192.0.2.1:1", "/price", &key).await;
    assert_eq!(good, 200, "a good key is not");
    assert_eq!(peers.get("192.0.2.2:1", "/price").await, 200);
    for local in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(peers.get_many(local, "/price").await, 9, "{local}");
    }
}

#[tokio::test]
async fn wrong_tokens_of_phones_are_limited_by_address() {
    let house = House::new().await;
    let peers = Peers::of(&house, three());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let wrong = Request::get("/api/mobile/v1/message").header("Authorization", "Bearer wrong");
        statuses.push(peers.call("192.0.2.1:1", wrong, "").await);
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}

/// One client polls for all of its users from one address, and gives up on any status but 200.
#[tokio::test]
async fn an_order_that_exists_is_shown_however_often() {
    let house = House::new().await;
    let slow = house.key(sats(0), "*", Some(1)).await;
    let world = house.world();
    let ids = [world.add_order(unpaid([1; 32], text(), "local")).await, {
        world.add_order(unpaid([2; 32], text(), "local")).await
    }];
    let paths = ids.map(|id| format!("/orderstatus?orderId={id}"));
    let peers = Peers::of(&house, three());
    for path in paths.iter().cycle().take(20) {
        assert_eq!(peers.get("192.0.2.1:1", path).await, 200);
        assert_eq!(peers.get_with_key("192.0.2.2:1", path, &slow).await, 200);
    }
    let none = format!("/orderstatus?orderId={}", "0".repeat(64));
    assert_eq!(peers.get("192.0.2.1:1", &none).await, 429, "there is no such order");
    assert_eq!(peers.get("192.0.2.1:1", "/price").await, 429);
    assert_eq!(peers.get("192.0.2.3:1", &none).await, 404);

    // The last answer is at most a second old.
    world.cancel(ids[0], Reason::CancelledByBuyer).await;
    house.clock.advance(std::time::Duration::from_secs(1));
    let request = Request::get(&paths[0])
        .extension(ConnectInfo("192.0.2.1:1".parse::<SocketAddr>().unwrap()));
    let answer = peers.0.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    assert!(str::from_utf8(&body).unwrap().contains("error"), "{body:?}");
}

#[tokio::test]
async fn what_is_for_the_operator_is_limited_where_everybody_comes() {
    for path in ["/healthz", "/readyz", "/metrics"] {
        let house = House::new().await;
        let peers = Peers::of(&house, three());
        assert_eq!(peers.get_many("192.0.2.1:1", path).await, 3, "{path}");
        assert_eq!(peers.get_many("192.0.2.1:1", "/price").await, 3, "they are counted apart");
        assert_eq!(peers.get("192.0.2.1:1", "/healthz").await, 429);
        assert_eq!(peers.get_many("127.0.0.1:1", path).await, 9, "{path}");
        let http = HttpSettings::default();
        let admin = Peers(api::admin_router(house.engine.clone(), http));
        assert_eq!(admin.get_many("192.0.2.1:1", path).await, 9, "{path}");
    }
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_limited_one_by_one() {
    let house = House::new().await;
    let peers = Peers::of(&house, three_behind(&["127.0.0.1", "10.0.0.0/8"]));
    for _ in 0..3 {
        assert_eq!(peers.get_through("127.0.0.1:1", "203.0.113.9, 198.51.100.7").await, 200);
    }
    assert_eq!(peers.get_through("127.0.0.1:1", "203.0.113.10, 198.51.100.7").await, 429);
    assert_eq!(peers.get_through("10.0.0.1:1", "198.51.100.7, 10.0.0.2").await, 429);
    assert_eq!(peers.get_through("127.0.0.1:1", "198.51.100.8").await, 200);
    assert_eq!(peers.get_many("127.0.0.1:1", "/price").await, 9, "no address is forwarded");
}

#[tokio::test]
async fn a_header_that_cannot_be_read_counts_for_the_proxy() {
    let house = House::new().await;
    let peers = Peers::of(&house, three_behind(&["127.0.0.1"]));
    for text in ["nonsense", "", "198.51.100.7, ?"] {
        assert_eq!(peers.get_through("127.0.0.1:1", text).await, 200);
    }
    assert_eq!(peers.get_through("127.0.0.1:1", "nonsense").await, 429, "it is not exempt");
}

#[tokio::test]
async fn nothing_is_read_of_strangers_headers() {
    for http in [three(), three_behind(&["10.0.0.0/8"])] {
        let house = House::new().await;
        let peers = Peers::of(&house, http);
        for number in 0..3 {
            let claimed = format!("198.51.100.{number}");
            assert_eq!(peers.get_through("192.0.2.1:1", &claimed).await, 200);
        }
        assert_eq!(peers.get_through("192.0.2.1:1", "198.51.100.9").await, 429);
        for _ in 0..9 {
            assert_eq!(peers.get_through("127.0.0.1:1", "198.51.100.9").await, 200);
        }
    }
}

#[tokio::test]
async fn an_order_takes_the_room_of_its_key_or_network() {
    const SEND: &str = r#"{"phone":"+4520123456","message":"hi"}"#;
    const MAIL: &str = r#"{"address":"a@b.com","message":"hi"}"#;
    let house = House::new().await;
    let key = house.key(sats(9_000), "*", None).await;
    let peers = Peers::of(&house, three_behind(&["10.0.0.0/8"]));
    for (peer, path, header, body) in [
        ("192.0.2.1:1", "/createsendorder", None, SEND),
        ("192.0.2.1:2", "/createemailsendorder", None, MAIL),
        ("[2001:db8:1:2::3]:1", "/createsendorder", None, SEND),
        ("10.0.0.1:1", "/createsendorder", Some(("X-Forwarded-For", "198.51.100.7")), SEND),
        ("127.0.0.1:1", "/createsendorder", None, SEND),
        ("192.0.2.1:1", "/createsendorder", Some(("X-API-Key", key.as_str())), SEND),
        ("127.0.0.1:1", "/createemailsendorder", Some(("X-API-Key", key.as_str())), MAIL),
        ("192.0.2.1:1", "/fund", Some(("X-API-Key", key.as_str())), r#"{"amount":1000}"#),
    ] {
        let mut request = Request::post(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        assert_eq!(peers.call(peer, request, body).await, 200, "{peer} {path}");
    }
    let clients = [
        ("net:192.0.2.1", 2),
        ("net:2001:0db8:0001:0002::/64", 1),
        ("net:198.51.100.7", 1),
        ("local", 1),
        ("key:1", 3),
    ];
    for (number, (client, orders)) in (1..).zip(clients) {
        let room = async |open_per_client_max| {
            let caps = OrderCaps { open_per_client_max, ..CAPS };
            let new = unpaid([number; 32], text(), client);
            house.store.add_order(new, caps, NOON).await.unwrap()
        };
        assert_eq!(room(orders).await, OrderAdmission::TooManyOpenForClient, "{client}");
        assert_eq!(room(orders + 1).await, OrderAdmission::Stored, "{client}");
    }
}

/// All /64 networks of an IPv6 /48, and an IPv4 /24, may belong to one attacker.
#[tokio::test]
async fn neighbours_share_the_room_for_unpaid_orders() {
    const SEND: &str = r#"{"phone":"+4520123456","message":"hi"}"#;
    let house = House::new().await;
    let key = house.key(sats(0), "*", None).await;
    let unlimited = HttpSettings { address_rate: None, ..HttpSettings::default() };
    let peers = Peers::of(&house, unlimited);
    let next = AtomicU64::new(0);
    let fill = async |peer: &str, orders: u32| {
        let client = client_at(peer.parse::<SocketAddr>().unwrap().ip());
        for _ in 0..orders {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&next.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            let new = unpaid(id, text(), &client);
            house.store.add_order(new, CAPS, NOON).await.unwrap();
        }
    };
    let order = async |peer: &str| peers.call(peer, Request::post("/createsendorder"), SEND).await;
    for number in 0..2 {
        fill(&format!("[2001:db8:1:{number:x}::1]:1"), 100).await;
    }
    assert_ne!(order("[2001:db8:1:2::1]:1").await, 200, "its /56 is full");
    assert_eq!(order("[2001:db8:1:100::1]:1").await, 200, "its /48 is not");
    for number in [0x200, 0x201] {
        fill(&format!("[2001:db8:1:{number:x}::1]:1"), 100).await;
    }
    assert_ne!(order("[2001:db8:1:300::1]:1").await, 200, "its /48 is full");
    assert_eq!(order("[2001:db8:2::1]:1").await, 200);
    for number in 1..=4 {
        fill(&format!("192.0.2.{number}:1"), 100).await;
    }
    assert_ne!(order("192.0.2.5:1").await, 200, "its /24 is full");
    assert_eq!(order("192.0.3.5:1").await, 200);
    let fund = Request::post("/fund").header("X-API-Key", &key);
    assert_eq!(
        peers.call("192.0.2.5:1", fund, r#"{"amount":1000}"#).await,
        200,
        "a key has its own"
    );
}

#[tokio::test]
async fn strangers_leave_room_for_keys_and_for_this_machine() {
    const SEND: &str = r#"{"phone":"+4520123456","message":"hi"}"#;
    let house = House::new().await;
    let key = house.key(sats(0), "*", None).await;
    let peers = Peers::of(&house, HttpSettings::default());
    for number in 0..limits::ORDERS_OPEN_MAX - limits::ORDERS_OPEN_RESERVED {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let new = unpaid(id, text(), &format!("net:10.{}.{}.1", number / 250, number % 250));
        house.store.add_order(new, CAPS, NOON).await.unwrap();
    }
    let send = || Request::post("/createsendorder");
    assert_ne!(peers.call("192.0.2.5:1", send(), SEND).await, 200);
    let fund = Request::post("/fund").header("X-API-Key", &key);
    assert_eq!(peers.call("192.0.2.5:1", fund, r#"{"amount":1000}"#).await, 200);
    assert_eq!(peers.call("127.0.0.1:1", send(), SEND).await, 200);
}
