//! Servers that fail at each step of a response. Each request ends in time with the right error, and
//! the next one is not affected.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::ports::{Fetch, FetchError, FetchMethod, FetchRequest, RetryAfter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::receiver::{Echo, get, loopback_allowed, post, raw, say};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn a_response_cut_off_anywhere_is_unreachable() {
    let guard = loopback_allowed();
    for end in 0..OK.len() {
        let (url, _task) = raw(move |mut stream| async move {
            say(&mut stream, &OK[..end]).await;
        })
        .await;
        let cut = guard.fetch(post(url)).await;
        assert!(matches!(cut.unwrap_err(), FetchError::Unreachable(_)), "after {end} bytes");
    }
    let echo = Echo::start().await;
    assert_eq!(guard.fetch(post(echo.url())).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_response_that_stalls_anywhere_times_out() {
    let guard = loopback_allowed();
    for end in [0, 5, 16, 30, OK.len() - 1] {
        let (url, _task) = raw(move |mut stream| async move {
            say(&mut stream, &OK[..end]).await;
            std::future::pending::<()>().await;
        })
        .await;
        let begun = Instant::now();
        let slow = FetchRequest { timeout: Duration::from_millis(100), ..post(url) };
        assert_eq!(guard.fetch(slow).await.unwrap_err(), FetchError::TimedOut, "after {end} bytes");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_replaced() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let (url, _task) = raw(move |mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        // Closes without `Connection: close`.
        async move {
            say(&mut stream, OK).await;
        }
    })
    .await;
    let guard = loopback_allowed();
    for _ in 0..5 {
        assert_eq!(guard.fetch(post(url.clone())).await.unwrap().body, "ok");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

/// The receiver closes a kept connection while the next request is on its way: it reads nothing of it.
#[tokio::test]
async fn a_request_that_a_closing_server_did_not_read_is_sent_again_at_once() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let (url, _task) = raw(move |mut stream| {
        let first = counter.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            say(&mut stream, OK).await;
            if first {
                // The next request is here, and stays unread.
                stream.readable().await.unwrap();
            }
        }
    })
    .await;
    let guard = loopback_allowed();
    for _ in 0..2 {
        assert_eq!(guard.fetch(post(url.clone())).await.unwrap().body, "ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

/// On the kept connection of the first request it could be sent again after a server that read it closed.
#[tokio::test]
async fn a_get_once_is_read_once_whatever_the_server_does() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let kept = Arc::new(tokio::sync::Mutex::new(Vec::new()));
    let (url, _task) = raw(move |mut stream| {
        let (counter, kept) = (Arc::clone(&counter), Arc::clone(&kept));
        async move {
            if counter.fetch_add(1, Ordering::SeqCst) == 0 {
                say(&mut stream, OK).await;
                // It stays open, and what came on it would be read by nobody.
                kept.lock().await.push(stream);
            }
        }
    })
    .await;
    let guard = loopback_allowed();
    assert_eq!(guard.fetch(get(url.clone())).await.unwrap().body, "ok");
    let once = FetchRequest { method: FetchMethod::GetOnce, ..get(url) };
    assert!(matches!(guard.fetch(once).await, Err(FetchError::Unreachable(_))));
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

/// A response that was begun is not asked for twice, and a new connection is not tried twice.
#[tokio::test]
async fn no_other_request_is_sent_again() {
    for partial in [&OK[..20], b""] {
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let (url, _task) = raw(move |mut stream| {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            async move {
                if partial.is_empty() {
                    return;
                }
                say(&mut stream, OK).await;
                let mut buffer = [0; 4_096];
                if number == 0 && stream.read(&mut buffer).await.unwrap_or(0) > 0 {
                    say(&mut stream, partial).await;
                }
            }
        })
        .await;
        let guard = loopback_allowed();
        if !partial.is_empty() {
            assert_eq!(guard.fetch(post(url.clone())).await.unwrap().status, 200);
        }
        assert!(guard.fetch(post(url)).await.is_err());
        assert_eq!(connections.load(Ordering::SeqCst), 1, "{partial:?}");
    }
}

#[tokio::test]
async fn a_date_to_retry_at_is_read() {
    let (url, _task) = raw(|mut stream| async move {
        let busy = b"HTTP/1.1 503 Busy\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
            Retry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\nContent-Length: 0\r\n\r\n";
        say(&mut stream, busy).await;
    })
    .await;
    let answer = loopback_allowed().fetch(post(url)).await.unwrap();
    let wait = RetryAfter::After(Duration::from_secs(120));
    assert_eq!((answer.status, answer.retry_after), (503, Some(wait)));
}

#[tokio::test]
async fn reads_a_response_that_ends_with_a_half_close() {
    let (url, _task) = raw(|mut stream| async move {
        say(&mut stream, b"HTTP/1.1 200 OK\r\n\r\nto the end").await;
        stream.shutdown().await.unwrap();
        let _ = stream.read(&mut [0; 64]).await;
    })
    .await;
    let guard = loopback_allowed();
    for _ in 0..2 {
        let answer = guard.fetch(post(url.clone())).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"to the end"[..]));
    }
}

#[tokio::test]
async fn unread_bytes_are_not_taken_for_the_next_response() {
    let (url, _task) = raw(|mut stream| async move {
        let long = [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n".as_slice(), &[b'x'; 5_000]];
        say(&mut stream, &long.concat()).await;
        say(&mut stream, b"HTTP/1.1 418 Forged\r\nContent-Length: 0\r\n\r\n").await;
        let _ = stream.read(&mut [0; 64]).await;
    })
    .await;
    let guard = loopback_allowed();
    for _ in 0..3 {
        assert_eq!(guard.fetch(post(url.clone())).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn reads_chunked_and_interim_responses_and_keeps_the_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let (url, _task) = raw(move |mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let answer = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 202 Accepted\r\n\
                Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
            let mut buffer = [0; 4_096];
            while say(&mut stream, answer).await {
                if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                    break;
                }
            }
        }
    })
    .await;
    let guard = loopback_allowed();
    for _ in 0..3 {
        let answer = guard.fetch(post(url.clone())).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (202, &b"abcde"[..]));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
