//! CPU cost of a request, of the client's thread alone. A measurement and no check; run by hand, in release:
//! `cargo test --release -p fetch --test it cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use domain::ports::Fetch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};
use url::Url;

use crate::receiver::{loopback_allowed, post};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";

/// A minimal server on its own thread.
fn receiver() -> Url {
    let (told, hear) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::task::spawn_local(async move {
                    let mut input = [0; 8_192];
                    while stream.read(&mut input).await.is_ok_and(|octets| octets > 0) {
                        stream.write_all(ANSWER).await.unwrap();
                    }
                });
            }
        });
    });
    format!("http://{}/b/7", hear.recv().unwrap()).parse().unwrap()
}

fn thread_cpu() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split_ascii_whitespace().next().unwrap().parse().unwrap())
}

#[test]
#[ignore = "a measurement"]
fn cost_of_a_request_on_an_idle_connection() {
    let url = receiver();
    for in_flight in [1, 32, 128_usize] {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let guard = loopback_allowed();
            let calls = 100_000 / in_flight;
            let (cpu, begun) = (thread_cpu(), Instant::now());
            let mut tasks = JoinSet::new();
            for _ in 0..in_flight {
                let (guard, url) = (guard.clone(), url.clone());
                tasks.spawn(async move {
                    for _ in 0..calls {
                        let answer = guard.fetch(post(url.clone())).await.unwrap();
                        assert_eq!(answer.status, 200);
                    }
                });
            }
            while let Some(done) = tasks.join_next().await {
                done.unwrap();
            }
            let made = u32::try_from(calls * in_flight).unwrap();
            let (cpu, took) = (thread_cpu() - cpu, begun.elapsed());
            println!(
                "{in_flight} in flight: {:?} of CPU per request, {:?} each",
                cpu / made,
                took / made
            );
        });
    }
}
