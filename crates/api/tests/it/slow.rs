//! Slow clients, and a server that stops.

use std::sync::Arc;
use std::time::Duration;

use api::HttpSettings;
use http::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{answer, connect, exchange, read_to_end, request};
use crate::fakes::FakeWallet;
use crate::house::{House, Open};

const SHORT: Duration = Duration::from_millis(200);

async fn impatient() -> Open {
    let house = House::new().await;
    let http = HttpSettings { read_timeout: SHORT, ..HttpSettings::default() };
    let router = api::router(house.engine.clone(), http);
    house
        .open_with(
            router,
            Server { head_timeout: SHORT, write_timeout: SHORT, ..Server::default() },
        )
        .await
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_408() {
    let open = impatient().await;
    let mut stream = connect(open.address).await;
    stream
        .write_all(b"POST /createsendorder HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"ph")
        .await
        .unwrap();
    insta::assert_snapshot!(answer(&mut stream).await);
    assert_eq!(open.changes(), 0);
}

/// Sends a piece repeatedly until the server stops reading.
async fn drip(stream: &mut TcpStream, piece: &[u8]) -> String {
    let mut got = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return String::from_utf8(got).unwrap(),
                Ok(count) => got.extend_from_slice(&buffer[..count]),
            },
            () = tokio::time::sleep(SHORT / 10) => {
                let _ = stream.write_all(piece).await;
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_comes_by_the_byte_is_answered_408() {
    let open = impatient().await;
    let mut stream = connect(open.address).await;
    let head = b"POST /createsendorder HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let got = drip(&mut stream, b"1\r\nx\r\n").await;
    assert!(got.starts_with("HTTP/1.1 408 "), "{got}");
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn a_head_that_comes_by_the_byte_is_cut_off() {
    let open = impatient().await;
    let mut stream = connect(open.address).await;
    stream.write_all(b"GET /price HTTP/1.1\r\n").await.unwrap();
    let got = drip(&mut stream, b"X: y\r\n").await;
    assert!(!got.contains("200 OK"), "{got}");
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let open = impatient().await;
    let mut stream = connect(open.address).await;
    assert_eq!(read_to_end(&mut stream).await, b"");
    let mut stream = connect(open.address).await;
    stream.write_all(b"GET /price HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let got = answer(&mut stream).await;
    assert_eq!(got.status, 200, "it was served, and closed when idle");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let open = impatient().await;
    let mut stream = connect(open.address).await;
    let asks = b"GET /getCountries HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let asking = async { while stream.write_all(&asks).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), asking).await.expect("it never ends");
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_takes_no_more() {
    let http = HttpSettings { sandbox: Some(Arc::new(FakeWallet)), ..HttpSettings::default() };
    let mut open = House::new().await.open_as(http).await;
    let mut idle = connect(open.address).await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_ne!(idle.read(&mut [0; 1_024]).await.unwrap(), 0);

    let slow = request("POST", "/sandbox/pay", &[], r#"{"payreq":"lnbcrt1slow"}"#);
    let mut under_way = connect(open.address).await;
    under_way.write_all(&slow).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    open.stop.take().unwrap().send(()).unwrap();
    assert_eq!(read_to_end(&mut idle).await, b"", "closed without a response");
    drop(idle);
    assert_eq!(answer(&mut under_way).await.body, r#"{"state":"held"}"#);
    drop(under_way);
    tokio::time::timeout(Duration::from_secs(5), open.server.join_next()).await.unwrap();
    assert!(TcpStream::connect(open.address).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let house = House::new().await;
    let router = api::router(house.engine.clone(), HttpSettings::default());
    let mut open = house.open_with(router, Server { grace: SHORT, ..Server::default() }).await;
    let mut stuck = connect(open.address).await;
    stuck.write_all(b"POST /fund HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n").await.unwrap();
    exchange(open.address, &request("GET", "/", &[], "")).await;
    open.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), open.server.join_next()).await.unwrap();
}
