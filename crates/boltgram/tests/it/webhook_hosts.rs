//! Receivers that take calls and answer none, on very many ports of one host: they take few of the places
//! for calls, and another customer's webhooks arrive while they hang.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::limits::{WEBHOOKS_IN_FLIGHT_MAX, WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX};
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::customer::Customer;
use super::receiver::Receiver;
use super::running::{Home, PATIENCE};

const PAUSE: Duration = Duration::from_millis(20);

/// More than there are places.
const PORTS: usize = WEBHOOKS_IN_FLIGHT_MAX + 44;

/// Another address of this machine than that of the good receiver.
const HOST: &str = "127.0.0.2";

/// Orders that are placed at the same time.
const AT_ONCE: usize = 20;

#[derive(Default)]
struct Open {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Open {
    /// Holds a connection until the caller closes it.
    async fn hold(self: Arc<Self>, mut stream: TcpStream) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let mut buffer = [0; 1_024];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

struct SlowHost {
    urls: Vec<String>,
    open: Arc<Open>,
}

impl SlowHost {
    #[expect(clippy::disallowed_methods, reason = "a test's own server, gone with its runtime")]
    async fn open() -> Self {
        let (mut urls, open) = (Vec::new(), Arc::<Open>::default());
        for _ in 0..PORTS {
            let listener = TcpListener::bind((HOST, 0)).await.unwrap();
            urls.push(format!("http://{}/hook", listener.local_addr().unwrap()));
            let open = open.clone();
            tokio::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(open.clone().hold(stream));
                }
            });
        }
        Self { urls, open }
    }
}

/// Waits until so many events wait for their delivery.
async fn await_waiting(customer: &Customer, events: usize) {
    let begun = Instant::now();
    loop {
        let page = customer.page("/metrics").await;
        let waiting = page.lines().find_map(|line| line.strip_prefix("boltgram_webhooks_waiting "));
        let waiting: usize = waiting.map_or(0, |waiting| waiting.parse().unwrap());
        if waiting >= events {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{waiting} of {events} events wait");
        tokio::time::sleep(PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_host_with_very_many_ports_takes_few_places_and_delays_no_other() {
    let (slow, good) = (SlowHost::open().await, Receiver::open().await);
    let home = Home::bare();
    home.answer(&["account", "add", "acme", "--credit-sats", "1000000"]);
    let key = home.answer(&["key", "add", "acme"]);
    let server = home.serve();
    let stranger = &Customer::of(&server);
    for urls in slow.urls.chunks(AT_ONCE) {
        join_all(urls.iter().map(|url| async move {
            // The carrier refuses this number, so that the order costs nothing.
            let body = json!({"phone": "+4520120001", "message": "Hej", "webhookUrl": url});
            let order = stranger.buy("/createsendorder", body).await;
            stranger.pay(&order).await;
        }))
        .await;
    }
    await_waiting(stranger, PORTS).await;

    let customer = stranger.with_key(&key);
    let body = json!({
        "phone": "+4520123456", "message": "Hej", "immediate": true, "webhookUrl": good.url(),
    });
    customer.buy("/createsendorder", body).await;
    let begun = Instant::now();
    while !good.calls().iter().any(|call| call.json()["smsStatus"] == "delivered") {
        assert!(begun.elapsed() < PATIENCE, "{} calls", good.calls().len());
        tokio::time::sleep(PAUSE).await;
    }
    let most = slow.open.most.load(Ordering::SeqCst);
    assert!((1..=WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX).contains(&most), "{most} calls at a time");
    server.kill();
}
