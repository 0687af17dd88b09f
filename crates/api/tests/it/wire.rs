//! HTTP itself: methods, paths, versions, sizes, and malformed requests.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{answer, connect, exchange, request};
use crate::house::Open;

const SEND: &str = r#"{"phone":"+4520123456","message":"hello"}"#;

#[tokio::test]
async fn answers_the_availability_probe() {
    let open = Open::new().await;
    insta::assert_snapshot!(open.get("/").await);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_the_envelope() {
    let open = Open::new().await;
    insta::assert_snapshot!("unknown_path", open.get("/nothing?x=1").await);
    insta::assert_snapshot!("wrong_method", open.get("/createsendorder").await);
    for (method, path) in [
        ("PUT", "/price"),
        ("DELETE", "/orderstatus"),
        ("POST", "/getCountries"),
        ("POST", "/healthz"),
        ("FROBNICATE", "/price"),
    ] {
        let answer = open.call(method, path, &[], "").await;
        assert_eq!((answer.status, &answer.json()["status"]), (405, &"error".into()), "{path}");
    }
    for path in ["/price/x", "//price", "/api/v3/price", "/.", "/%70rice", "/price%2f"] {
        let answer = open.get(path).await;
        assert_eq!((answer.status, &answer.json()["status"]), (404, &"error".into()), "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let open = Open::new().await;
    let (get, head) = (open.get("/price").await, open.call("HEAD", "/price", &[], "").await);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_it_is_read() {
    let open = Open::new().await;
    let head = b"POST /createsendorder HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n";
    insta::assert_snapshot!("too_large", exchange(open.address, head).await);

    // The server does not read all of it even if the client sends it nevertheless.
    let mut stream = connect(open.address).await;
    stream.write_all(head).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let megabyte = vec![b'x'; 1 << 20];
    let write = async {
        let mut written = 0;
        while written < 64 && writing.write_all(&megabyte).await.is_ok() {
            written += 1;
        }
        written
    };
    let mut got = Vec::new();
    let (written, _) = tokio::join!(write, reading.read_to_end(&mut got));
    assert!(got.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&got));
    assert!(written < 64, "the server read the whole body");
    assert_eq!(open.changes(), 0);
}

/// Closing at once would reset the connection, and many clients would report that instead.
#[tokio::test]
async fn a_client_that_sends_too_much_before_it_reads_has_its_answer() {
    let open = Open::new().await;
    let mut stream = connect(open.address).await;
    let head = "POST /createsendorder HTTP/1.1\r\nHost: x\r\nContent-Length: 524288\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..8 {
        stream.readable().await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        stream.write_all(&[b'x'; 65_536]).await.unwrap();
    }
    let mut got = String::new();
    stream.read_to_string(&mut got).await.unwrap();
    assert!(got.starts_with("HTTP/1.1 413 "), "{got}");
}

#[tokio::test]
async fn sixty_four_kilobytes_are_read_and_a_byte_more_is_not() {
    let open = Open::new().await;
    let padded = |bytes: usize| format!("{SEND}{}", " ".repeat(bytes - SEND.len()));
    assert_eq!(open.post("/createsendorder", &padded(65_536)).await.status, 200);
    assert_eq!(open.post("/createsendorder", &padded(65_537)).await.status, 413);
}

#[tokio::test]
async fn chunks_without_end_are_refused() {
    let open = Open::new().await;
    let mut bytes =
        b"POST /createsendorder HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100 {
        bytes.extend(format!("400\r\n{}\r\n", "x".repeat(1_024)).bytes());
    }
    let answer = exchange(open.address, &bytes).await;
    assert_eq!((answer.status, &answer.json()["status"]), (413, &"error".into()));
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn a_body_in_chunks_is_read() {
    let open = Open::new().await;
    let head = "POST /createsendorder HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let (left, right) = SEND.split_at(9);
    let body = format!("9\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\n\r\n", right.len());
    let bytes = format!("{head}Transfer-Encoding: chunked\r\n\r\n{body}");
    assert_eq!(exchange(open.address, bytes.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn a_chunk_that_is_none_is_refused() {
    let open = Open::new().await;
    let head = "POST /createsendorder HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = exchange(open.address, format!("{head}zz\r\n{SEND}").as_bytes()).await;
    assert_eq!((answer.status, &answer.json()["status"]), (400, &"error".into()));
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn a_body_cut_short_is_no_order() {
    let open = Open::new().await;
    let mut stream = connect(open.address).await;
    let bytes = request("POST", "/createsendorder", &[], SEND);
    stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = crate::client::read_to_end(&mut stream).await;
    assert_eq!(open.changes(), 0);
}

#[tokio::test]
async fn a_client_that_closes_its_half_is_answered() {
    let open = Open::new().await;
    let mut stream = connect(open.address).await;
    stream.write_all(&request("POST", "/createsendorder", &[], SEND)).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(answer(&mut stream).await.status, 200);
}

#[tokio::test]
async fn speaks_http_1_0() {
    let open = Open::new().await;
    let got = exchange(open.address, b"GET /price HTTP/1.0\r\n\r\n").await;
    assert_eq!(got.status, 200);
    let post =
        format!("POST /createsendorder HTTP/1.0\r\nContent-Length: {}\r\n\r\n{SEND}", SEND.len());
    assert_eq!(exchange(open.address, post.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn serves_many_requests_on_one_connection() {
    let open = Open::new().await;
    let mut bytes = b"GET /price HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3);
    bytes.extend(request("GET", "/price", &[], ""));
    let mut stream = connect(open.address).await;
    stream.write_all(&bytes).await.unwrap();
    let got = crate::client::read_to_end(&mut stream).await;
    assert_eq!(String::from_utf8(got).unwrap().matches("HTTP/1.1 200 OK").count(), 4);
}

/// Requests that proxies and servers are known to interpret differently.
#[tokio::test]
async fn requests_that_are_none_are_refused() {
    let open = Open::new().await;
    let length = SEND.len();
    let post = "POST /createsendorder HTTP/1.1\r\nHost: x\r\n";
    let huge = "x".repeat(20_000);
    let mut told = String::new();
    for (name, bytes) in [
        (
            "two lengths that differ",
            format!("{post}Content-Length: {length}\r\nContent-Length: 5\r\n\r\n{SEND}"),
        ),
        ("a list of lengths", format!("{post}Content-Length: {length}, 5\r\n\r\n{SEND}")),
        ("a negative length", format!("{post}Content-Length: -1\r\n\r\n{SEND}")),
        ("a length with a sign", format!("{post}Content-Length: +{length}\r\n\r\n{SEND}")),
        (
            "a length beyond all integers",
            format!("{post}Content-Length: 99999999999999999999\r\n\r\n{SEND}"),
        ),
        ("an unknown coding", format!("{post}Transfer-Encoding: gzip\r\n\r\n{SEND}")),
        ("a space before the colon", format!("{post}Content-Length : {length}\r\n\r\n{SEND}")),
        ("a header without a colon", format!("{post}nonsense\r\n\r\n")),
        ("a control character in a header", format!("{post}X: a\u{1}b\r\n\r\n")),
        ("a head too large", format!("{post}X: {huge}\r\n\r\n")),
        ("a path too long", format!("GET /{huge} HTTP/1.1\r\nHost: x\r\n\r\n")),
        ("another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned()),
        ("another version", "GET /price HTTP/3.0\r\n\r\n".to_owned()),
    ] {
        let answer = exchange(open.address, bytes.as_bytes()).await;
        assert!((400..=505).contains(&answer.status), "{name}: {answer}");
        writeln!(told, "{name}: {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
    assert_eq!(open.changes(), 0);
}
