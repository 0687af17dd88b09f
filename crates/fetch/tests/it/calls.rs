//! Requests that are made: what the server receives, what comes back, and timeouts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::ports::{Fetch, FetchError, FetchRequest, RetryAfter};
use fetch::{Guarded, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use url::Url;

use crate::receiver::{Echo, Fixed, get, loopback_allowed, post, raw, say};

#[tokio::test]
async fn carries_headers_and_body() {
    let echo = Echo::start().await;
    let answer = loopback_allowed().fetch(post(echo.url())).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, "POST /hook?a=b|application/json|msg_1|{\"x\":1}");
}

#[tokio::test]
async fn a_get_has_its_query_and_no_body() {
    let echo = Echo::start().await;
    let answer = loopback_allowed().fetch(get(echo.url())).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"GET /hook?a=b|||"[..]));
}

#[tokio::test]
async fn reads_how_long_to_wait_before_a_retry() {
    for (value, expected) in [("120", Some(120)), ("soon", None), ("-1", None)] {
        let (url, _task) = raw(move |mut stream| async move {
            let head = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n";
            say(&mut stream, format!("{head}Retry-After: {value}\r\n\r\n").as_bytes()).await;
        })
        .await;
        let answer = loopback_allowed().fetch(get(url)).await.unwrap();
        assert_eq!(
            (answer.status, answer.retry_after),
            (503, expected.map(|seconds| RetryAfter::After(Duration::from_secs(seconds))))
        );
    }
}

#[tokio::test]
async fn connects_to_the_allowed_address_of_a_name_only() {
    let echo = Echo::start().await;
    let names = Fixed(["10.255.255.1", "127.0.0.1"].map(|ip| ip.parse().unwrap()).to_vec());
    let options = Options { allow_loopback: true, ..Options::default() };
    let guard = Guarded::with_resolver(options, Arc::new(names)).unwrap();
    let url: Url = format!("http://hook.example:{}/", echo.address.port()).parse().unwrap();
    assert_eq!(guard.fetch(post(url)).await.unwrap().status, 200);
    assert_eq!(echo.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn follows_no_redirect() {
    let echo = Echo::start().await;
    let target = echo.url();
    let (url, _task) = raw(move |mut stream| {
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
        );
        async move {
            say(&mut stream, answer.as_bytes()).await;
        }
    })
    .await;
    let answer = loopback_allowed().fetch(post(url)).await.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(echo.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn cuts_off_an_endless_body() {
    let (url, _task) = raw(|mut stream| async move {
        say(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await;
        while say(&mut stream, &[b'x'; 65_536]).await {}
    })
    .await;
    let answer = loopback_allowed().fetch(post(url.clone())).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 1_024));
    let nothing = FetchRequest { body_bytes_max: 0, ..post(url) };
    assert_eq!(loopback_allowed().fetch(nothing).await.unwrap().body.len(), 0);
}

#[tokio::test]
async fn times_out_on_a_slow_body() {
    let (url, _task) = raw(|mut stream| async move {
        say(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await;
        while say(&mut stream, b"x").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let begun = Instant::now();
    let slow = FetchRequest { timeout: Duration::from_millis(300), ..post(url) };
    assert_eq!(loopback_allowed().fetch(slow).await.unwrap_err(), FetchError::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn times_out_without_a_response() {
    let (url, _task) = raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let slow = FetchRequest { timeout: Duration::from_millis(200), ..post(url) };
    assert_eq!(loopback_allowed().fetch(slow).await.unwrap_err(), FetchError::TimedOut);
}

#[tokio::test]
async fn a_closed_port_and_an_invalid_response_are_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    assert!(matches!(
        loopback_allowed().fetch(post(closed)).await.unwrap_err(),
        FetchError::Unreachable(_)
    ));
    let (url, _task) = raw(|mut stream| async move {
        say(&mut stream, b"SSH-2.0-OpenSSH_9.2\r\n").await;
    })
    .await;
    assert!(matches!(
        loopback_allowed().fetch(post(url)).await.unwrap_err(),
        FetchError::Unreachable(_)
    ));
}

#[tokio::test]
async fn keeps_the_connection_for_the_next_request() {
    let connections = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let (url, _task) = raw(move |mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut buffer = [0; 4_096];
            while say(&mut stream, b"HTTP/1.1 204 No Content\r\n\r\n").await {
                if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                    break;
                }
            }
        }
    })
    .await;
    let guard = loopback_allowed();
    for _ in 0..5 {
        assert_eq!(guard.fetch(post(url.clone())).await.unwrap().status, 204);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refuses_a_header_that_would_split_the_request() {
    let echo = Echo::start().await;
    let headers = vec![("webhook-id", "a\r\nHost: evil".into())];
    let split = FetchRequest { headers, ..post(echo.url()) };
    let result = loopback_allowed().fetch(split).await;
    assert!(matches!(result, Err(FetchError::Forbidden(_))), "{result:?}");
}

#[tokio::test]
async fn accepts_https_with_a_trusted_certificate_only() {
    let made = rcgen::generate_simple_self_signed(["hook.example".to_owned()]).unwrap();
    let (cert, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.clone()], key.try_into().unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut buffer = [0; 4_096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    let url: Url = format!("https://hook.example:{port}/").parse().unwrap();
    let names = || Arc::new(Fixed(vec!["127.0.0.1".parse().unwrap()]));
    let options = Options { allow_loopback: true, ..Options::default() };
    let stranger = Guarded::with_resolver(options.clone(), names()).unwrap();
    let result = stranger.fetch(post(url.clone())).await;
    assert!(matches!(result.unwrap_err(), FetchError::Unreachable(_)));
    let friend = Options { extra_roots: vec![cert], ..options };
    let friend = Guarded::with_resolver(friend, names()).unwrap();
    assert_eq!(friend.fetch(post(url)).await.unwrap().status, 202);
}
