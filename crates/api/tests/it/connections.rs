//! Who gets a connection, and what a request must have before it is looked at.

use std::sync::Arc;

use api::HttpSettings;
use http::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::{answer, connect, exchange, read_to_end, request};
use crate::fakes::FakeWallet;
use crate::house::{House, Open};

/// Four places, of which an address of this machine may have three.
async fn small() -> Open {
    let house = House::new().await;
    let http = HttpSettings { connections_per_address: Some(1), ..HttpSettings::default() };
    let doors = api::router(house.engine.clone(), http);
    let server = Server { connections_max: 4, standing_max: 2, ..Server::default() };
    house.open_with(doors, server).await
}

async fn connect_from(address: [u8; 4], open: &Open) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    socket.connect(open.address).await.unwrap()
}

/// Sends a request on a connection that stays open, and waits for the beginning of its answer.
async fn get(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = vec![0; 1_024];
    let read = stream.read(&mut head).await.unwrap();
    String::from_utf8_lossy(&head[..read]).into_owned()
}

/// Connections that are certainly served: each has had an answer.
async fn keep(open: &Open, count: usize) -> Vec<TcpStream> {
    let mut kept = Vec::new();
    for _ in 0..count {
        let mut stream = connect(open.address).await;
        assert!(get(&mut stream, "/price").await.starts_with("HTTP/1.1 200"));
        kept.push(stream);
    }
    kept
}

#[tokio::test]
async fn an_address_has_its_share_of_the_connections() {
    let open = small().await;
    let mut kept = keep(&open, 3).await;
    insta::assert_snapshot!(open.get("/price").await);
    insta::assert_snapshot!(open.get("/api/v2/sms").await);
    // It is closed after the answer.
    let mut fourth = connect(open.address).await;
    fourth.write_all(b"GET /price HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut fourth).await.starts_with(b"HTTP/1.1 429"));
    let mut other = connect_from([127, 0, 0, 2], &open).await;
    assert!(get(&mut other, "/price").await.starts_with("HTTP/1.1 200"), "another address");
    drop(kept.pop());
    while open.get("/price").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn when_all_are_taken_requests_are_refused_and_probes_answered() {
    let open = small().await;
    let _kept = keep(&open, 3).await;
    let mut other = connect_from([127, 0, 0, 2], &open).await;
    assert!(get(&mut other, "/price").await.starts_with("HTTP/1.1 200"));
    let mut another = connect_from([127, 0, 0, 3], &open).await;
    another.write_all(b"GET /price HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    insta::assert_snapshot!(answer(&mut another).await);
    assert_eq!(open.get("/healthz").await.status, 200);
    // Others that say nothing do not keep a probe out.
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect(open.address).await);
        assert_eq!(open.get("/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_a_caller_has_its_share_of_the_requests() {
    let http = HttpSettings {
        sandbox: Some(Arc::new(FakeWallet)),
        connections_per_address: Some(1),
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..HttpSettings::default()
    };
    let open = House::new().await.open_as(http).await;
    let pay = |caller: &str, invoice: &str| {
        let body = format!(r#"{{"payreq":"{invoice}"}}"#);
        request("POST", "/sandbox/pay", &[("X-Forwarded-For", caller)], &body)
    };
    let mut slow = connect(open.address).await;
    slow.write_all(&pay("192.0.2.1", "lnbcrt1slow")).await.unwrap();
    let mut refused = exchange(open.address, &pay("192.0.2.1", "lnbcrt1x")).await;
    while refused.status != 429 {
        // The slow one has not been read yet.
        refused = exchange(open.address, &pay("192.0.2.1", "lnbcrt1x")).await;
    }
    insta::assert_snapshot!(refused);
    let unknown_order = format!("/orderstatus?orderId={}", "0".repeat(64));
    for (spared, status) in [("/healthz", 200), (unknown_order.as_str(), 404)] {
        let headers = [("X-Forwarded-For", "192.0.2.1")];
        let answer = exchange(open.address, &request("GET", spared, &headers, "")).await;
        assert_eq!(answer.status, status, "{spared}: {answer}");
    }
    assert_ne!(exchange(open.address, &pay("192.0.2.2", "lnbcrt1x")).await.status, 429);
    assert_eq!(answer(&mut slow).await.status, 200);
    assert_ne!(exchange(open.address, &pay("192.0.2.1", "lnbcrt1x")).await.status, 429);
}

#[tokio::test]
async fn a_request_has_one_host() {
    let open = Open::new().await;
    insta::assert_snapshot!(exchange(open.address, b"GET /price HTTP/1.1\r\n\r\n").await);
    let two = b"GET /api/v2/sms HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
    insta::assert_snapshot!(exchange(open.address, two).await);
    for (head, status) in [
        ("GET /price HTTP/1.0\r\n\r\n", 200),
        ("GET /price HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("OPTIONS /price HTTP/1.1\r\n\r\n", 400),
        ("GET /nowhere HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /price HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        ("GET /price HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 200),
        ("GET /price HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n", 200),
    ] {
        assert_eq!(exchange(open.address, head.as_bytes()).await.status, status, "{head:?}");
    }
}

#[tokio::test]
async fn two_keys_are_none() {
    let house = House::new().await;
    let key = house.key(domain::money::Msat::new(0), "*", None).await;
    let open = house.open_as(HttpSettings::default()).await;
    let twice = [("X-API-Key", key.as_str()), ("X-API-Key", key.as_str())];
    assert_eq!(open.call("GET", "/balance", &twice, "").await.status, 401);
}
