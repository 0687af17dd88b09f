//! How long, how many and how much the node may hold, at the orders door.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use api::HttpSettings;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use domain::money::Msat;
use domain::ports::{HoldOrder, HoldOutcome};
use domain::sale::client::client_at;
use http::Doors;
use tower::ServiceExt;

use crate::house::{House, sats};
use crate::world::{text, unpaid};

const SEND: (&str, &str) = ("/createsendorder", r#"{"phone":"+4520123456","message":"hi"}"#);
const MAIL: (&str, &str) = ("/createemailsendorder", r#"{"address":"a@b.com","message":"hi"}"#);

/// A channel of LND.
const CHANNEL: u64 = 483;

struct Door {
    house: House,
    doors: Doors,
    next: u64,
}

impl Door {
    async fn new(channels: u64) -> Self {
        let house = House::new().await;
        house.node.slots.store(channels * CHANNEL, Ordering::SeqCst);
        let http = HttpSettings { address_rate: None, ..HttpSettings::default() };
        let doors = api::router(house.engine.clone(), http);
        Self { house, doors, next: 0 }
    }

    async fn order(&self, peer: &str, (path, body): (&str, &str)) -> (u16, String) {
        let peer: SocketAddr = peer.parse().unwrap();
        let request = Request::post(path).extension(ConnectInfo(peer));
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.doors.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Payments that are held for this client and under way.
    async fn hold(&mut self, client: &str, count: u64) {
        for _ in 0..count {
            self.next += 1;
            let mut id = [0; 32];
            id[..8].copy_from_slice(&self.next.to_be_bytes());
            let order = unpaid(id, text(), client);
            let (order, held) = (self.house.world().add_order(order).await, sats(1_000));
            let hold = HoldOrder { order, held, deadline_height: 800_144, message: None };
            let begun = self.house.store.hold_order(hold, testkit::clock::NOON).await.unwrap();
            assert_eq!(begun, HoldOutcome::Begun);
        }
    }
}

#[tokio::test]
async fn each_product_asks_for_the_blocks_that_its_work_may_take() {
    let door = Door::new(1).await;
    for (order, blocks) in [(SEND, 144), (MAIL, 60)] {
        let (status, answer) = door.order("127.0.0.1:1", order).await;
        assert_eq!(status, 200, "{answer}");
        let hold = door.house.node.holds.lock().unwrap().pop().unwrap();
        assert_eq!(hold.cltv_delta, blocks, "{order:?}");
        let paid_for = [sats(1_000), sats(500)].contains(&hold.amount);
        assert!(paid_for && hold.amount > Msat::ZERO, "{order:?}");
    }
}

#[tokio::test]
async fn long_products_are_refused_before_short_ones() {
    let mut door = Door::new(1).await;
    // Six tenths of the channel's slots, and three quarters of these.
    let (all, long) = (CHANNEL * 6 / 10, CHANNEL * 6 / 10 * 75 / 100);
    door.hold("local", long - 1).await;
    assert_eq!(door.order("127.0.0.1:1", SEND).await.0, 200);
    door.hold("local", 1).await;
    let (status, answer) = door.order("127.0.0.1:1", SEND).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("cannot hold more payments now"), "{answer}");
    assert_eq!(door.order("127.0.0.1:1", MAIL).await.0, 200);
    door.hold("local", all - long).await;
    assert_eq!(door.order("127.0.0.1:1", MAIL).await.0, 503);
    door.house.node.slots.store(2 * CHANNEL, Ordering::SeqCst);
    assert_eq!(door.order("127.0.0.1:1", SEND).await.0, 200, "another channel has room");
}

#[tokio::test]
async fn an_address_has_so_many_payments_under_way() {
    let mut door = Door::new(4).await;
    let peer = "192.0.2.1:1";
    let client = client_at(peer.parse::<SocketAddr>().unwrap().ip());
    door.hold(&client, 49).await;
    assert_eq!(door.order(peer, SEND).await.0, 200);
    door.hold(&client, 1).await;
    let (status, answer) = door.order(peer, SEND).await;
    assert_eq!(status, 429, "{answer}");
    assert!(answer.contains("too many of your orders are under way"), "{answer}");
    assert_eq!(door.order("198.51.100.1:1", SEND).await.0, 200, "others are not concerned");
    let neighbours = ["192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1"];
    for peer in neighbours {
        let client = client_at(peer.parse::<SocketAddr>().unwrap().ip());
        door.hold(&client, 50).await;
    }
    let (status, answer) = door.order("192.0.2.5:1", SEND).await;
    assert_eq!(status, 429, "{answer}");
    assert!(answer.contains("from your network"), "{answer}");
}

#[tokio::test]
async fn an_invoice_is_followed_while_its_buyer_waits() {
    let door = Door::new(1).await;
    let (status, created) = door.order("198.51.100.1:9", SEND).await;
    assert_eq!(status, 200, "{created}");
    let hash = door.house.node.holds.lock().unwrap()[0].hash;
    let followed = || door.house.node.followed.lock().unwrap().clone();
    assert_eq!(followed(), [hash], "when it was created");
    let created: serde_json::Value = serde_json::from_str(&created).unwrap();
    let path = format!("/orderstatus?orderId={}", created["orderId"].as_str().unwrap());
    let read = async || {
        let peer: SocketAddr = "198.51.100.1:9".parse().unwrap();
        let request = Request::get(&path).extension(ConnectInfo(peer)).body(Body::empty());
        let answer = door.doors.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    };
    read().await;
    assert_eq!(followed(), [hash, hash], "when its status was read");
    let order = door.house.store.order_of_payment(hash).await.unwrap().unwrap().id;
    let hold = HoldOrder { order, held: sats(1_000), deadline_height: 800_144, message: None };
    door.house.store.hold_order(hold, testkit::clock::NOON).await.unwrap();
    read().await;
    assert_eq!(followed().len(), 2, "it is paid");
}
