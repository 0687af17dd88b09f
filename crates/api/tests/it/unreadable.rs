//! Requests that no handler sees, refused in the form of the door that their path belongs to.

use std::fmt::Write as _;
use std::time::Duration;

use api::HttpSettings;
use http::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Answer, answer, connect, read_to_end};
use crate::house::{House, Open};

const SHORT: Duration = Duration::from_millis(200);

async fn impatient() -> Open {
    let house = House::new().await;
    let router = api::router(house.engine.clone(), HttpSettings::default());
    house.open_with(router, Server { head_timeout: SHORT, ..Server::default() }).await
}

async fn told(open: &Open, bytes: &[u8]) -> Answer {
    let mut stream = connect(open.address).await;
    let _ = stream.write_all(bytes).await;
    answer(&mut stream).await
}

#[tokio::test]
async fn each_door_refuses_in_its_own_form() {
    let open = impatient().await;
    let long = "x".repeat(20_000);
    let mut all = String::new();
    for path in [
        "/api/v2/sms",
        "/admin/v1/accounts",
        "/price",
        "/healthz",
        "/api/4/sms/api.json",
        "/sms/api.xml",
    ] {
        for (what, request) in [
            ("a bad header", format!("GET {path} HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n")),
            ("a bad version", format!("GET {path} HTTP/7.1\r\nHost: x\r\n\r\n")),
            (
                "a bad length",
                format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"),
            ),
            ("a long line", format!("GET {path}?{long} HTTP/1.1\r\nHost: x\r\n\r\n")),
            ("a long header", format!("GET {path} HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n")),
            ("half a head", format!("GET {path} HTTP/1.1\r\nHost: x\r\n")),
            ("half a line", format!("GET {path}?")),
        ] {
            writeln!(all, "{path}, {what}: {}\n", told(&open, request.as_bytes()).await).unwrap();
        }
    }
    insta::assert_snapshot!(all);
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn what_is_no_http_at_all_is_refused_too() {
    let open = impatient().await;
    let tls = told(&open, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").await;
    assert_eq!((tls.status, &tls.json()["status"]), (400, &"error".into()));
    // What was answered before is not lost, and the connection ends.
    let mut stream = connect(open.address).await;
    let good = b"GET /api/v2/nothing HTTP/1.1\r\nHost: x\r\n\r\n".as_slice();
    stream.write_all(&[good, b"nonsense\r\n\r\n"].concat()).await.unwrap();
    let both = String::from_utf8(read_to_end(&mut stream).await).unwrap();
    assert_eq!(both.matches("HTTP/1.1 ").count(), 2, "{both}");
    assert!(both.contains("HTTP/1.1 404 ") && both.contains("HTTP/1.1 400 "), "{both}");
    assert_eq!(both.matches("\"code\":").count(), 2, "{both}");
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let open = impatient().await;
    let mut stream = connect(open.address).await;
    assert_eq!(read_to_end(&mut stream).await, b"");
    let mut stream = connect(open.address).await;
    stream.write_all(b"GET /api/v2/nothing HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let all = String::from_utf8(read_to_end(&mut stream).await).unwrap();
    assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{all}");
    // A second head that does not end.
    let mut stream = connect(open.address).await;
    stream.write_all(b"GET /price HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = vec![0; 4_096];
    let read = stream.read(&mut first).await.unwrap();
    assert!(first[..read].starts_with(b"HTTP/1.1 200 "));
    stream.write_all(b"GET /api/v2/sms HTTP/1.1\r\n").await.unwrap();
    let slow = answer(&mut stream).await;
    assert_eq!((slow.status, &slow.json()["code"]), (408, &"REQUEST_TIMEOUT".into()));
}
