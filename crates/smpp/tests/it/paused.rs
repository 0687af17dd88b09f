//! The driver with tokio's clock paused: timers fire through the same futures as in production, without real waiting.

use std::time::Duration;

use smpp::client::{self, ClientConfig, ConnectError};
use smpp::link::{Events, Handle, Link};
use smpp::server::{self, ServerConfig};
use smpp::session::{CloseReason, Event, Failure, Requests};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::loopback::submit;

/// Client and server on a pipe; the server's side already runs in a task.
async fn pair(
    config: &ClientConfig,
    server: &ServerConfig,
) -> (Link, Handle, Events, JoinHandle<CloseReason>) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let accepting = async {
        let link = server::accept_over(theirs, server).await.unwrap().accept().unwrap();
        (link.handle, link.events, tokio::task::spawn(link.run))
    };
    let (client, (handle, events, run)) =
        tokio::join!(client::connect_over(ours, config), accepting);
    (client.unwrap(), handle, events, run)
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_probed_and_disconnected() {
    let config = ClientConfig::new("", 0, "u", "p");
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let server_config = ServerConfig::new("smsc");
    let accepting = async {
        // Accepts the bind, then stops reading.
        let mut link = server::accept_over(theirs, &server_config).await.unwrap().accept().unwrap();
        let first = tokio::time::timeout(Duration::from_secs(1), &mut link.run).await;
        assert!(first.is_err());
        link
    };
    let (link, server) = tokio::join!(client::connect_over(ours, &config), accepting);
    let started = Instant::now();
    let reason = link.unwrap().run.await;
    drop(server);
    assert_eq!(reason, CloseReason::EnquireLinkTimeout);
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(58) && waited < Duration::from_secs(63), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn two_idle_sides_keep_each_other_alive_for_a_day() {
    let (mut client, _handle, _events, mut server) =
        pair(&ClientConfig::new("", 0, "u", "p"), &ServerConfig::new("smsc")).await;
    let day = Duration::from_secs(86_400);
    let ended = tokio::time::timeout(day, async {
        tokio::select! {
            ours = &mut client.run => ours,
            theirs = &mut server => theirs.unwrap(),
        }
    });
    assert!(ended.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_request_fails_and_frees_its_slot() {
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.session.window = 1;
    let (client, _server, mut theirs, _run) = pair(&config, &ServerConfig::new("smsc")).await;
    let Link { handle, mut events, run, .. } = client;
    let run = tokio::task::spawn(run);
    let mut requests = Requests::new();
    requests.push(7, &submit(b"x")).unwrap();
    handle.submit(requests).await.unwrap();
    assert!(matches!(theirs.next().await.unwrap()[..], [Event::Request { .. }]));
    assert_eq!(handle.room(), 0);
    assert_eq!(
        events.next().await.unwrap(),
        [Event::Failed { token: 7, why: Failure::NoResponse }]
    );
    assert_eq!(handle.wait_room().await.unwrap(), 1);
    handle.set_window(5);
    assert_eq!(handle.room(), 5);
    handle.abort();
    assert_eq!(run.await.unwrap(), CloseReason::Aborted);
    assert!(handle.wait_room().await.is_err());
    assert!(handle.submit(Requests::new()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_sends_nothing_is_a_timeout() {
    let (ours, _theirs) = tokio::io::duplex(1 << 16);
    let started = Instant::now();
    let result = client::connect_over(ours, &ClientConfig::new("", 0, "u", "p")).await;
    assert!(matches!(result, Err(ConnectError::Timeout { during: "binding" })), "{result:?}");
    assert!(started.elapsed() < Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stops_reading_is_disconnected() {
    let mut config = ClientConfig::new("", 0, "u", "p");
    config.session.window = 5_000;
    config.session.enquire_link = None;
    config.session.response = Duration::from_secs(300);
    let server_config = ServerConfig::new("smsc");
    let (ours, theirs) = tokio::io::duplex(1 << 12);
    let accepting = async {
        let mut link = server::accept_over(theirs, &server_config).await.unwrap().accept().unwrap();
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut link.run).await;
        link
    };
    let (link, server) = tokio::join!(client::connect_over(ours, &config), accepting);
    let Link { handle, mut events, run, .. } = link.unwrap();
    let run = tokio::task::spawn(run);
    let mut requests = Requests::new();
    for token in 0..1_000 {
        requests.push(token, &submit(b"x")).unwrap();
    }
    handle.submit(requests).await.unwrap();
    let mut failed = 0;
    while let Some(batch) = events.next().await {
        failed += batch.len();
    }
    assert_eq!((run.await.unwrap(), failed), (CloseReason::WriteStalled, 1_000));
    drop(server);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_events_or_the_handle_unbinds_even_with_a_full_window() {
    for keep_handle in [true, false] {
        let mut config = ClientConfig::new("", 0, "u", "p");
        config.session.window = 1;
        let (client, _server, mut theirs, server) = pair(&config, &ServerConfig::new("smsc")).await;
        let Link { handle, events, run, .. } = client;
        let mut requests = Requests::new();
        requests.push(7, &submit(b"x")).unwrap();
        handle.submit(requests).await.unwrap();
        let run = tokio::task::spawn(run);
        assert_eq!(theirs.next().await.unwrap().len(), 1);
        let (mut handle, mut events) = (Some(handle), Some(events));
        if keep_handle {
            events = None;
        } else {
            handle = None;
        }
        assert_eq!(run.await.unwrap(), CloseReason::Unbound);
        drop((handle, events, server));
    }
}
