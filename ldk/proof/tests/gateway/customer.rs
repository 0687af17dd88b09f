//! A buyer at the orders door.

use std::net::SocketAddr;
use std::time::Duration;

use regtest::world::until_within;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Limit of a wait: a held order that nobody hints at is compared with the node every 30 seconds.
const PATIENCE: Duration = Duration::from_secs(75);

pub(crate) struct Customer {
    runtime: Runtime,
    http: Client,
    base: String,
    key: Option<String>,
}

/// An order and its invoice.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) invoice: String,
}

impl Customer {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Self { runtime, http, base: format!("http://{address}"), key: None }
    }

    /// From now on with this API key.
    pub(crate) fn use_key(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }

    fn call(&self, request: RequestBuilder) -> Response {
        let request = match &self.key {
            Some(key) => request.header("X-API-Key", key),
            None => request,
        };
        self.runtime.block_on(request.send()).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let response = self.call(self.http.get(format!("{}{path}", self.base)));
        self.runtime.block_on(response.json()).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let response = self.call(self.http.post(format!("{}{path}", self.base)).json(body));
        self.runtime.block_on(response.json()).unwrap()
    }

    fn page(&self, path: &str) -> String {
        let response = self.call(self.http.get(format!("{}{path}", self.base)));
        self.runtime.block_on(response.text()).unwrap()
    }

    /// Buys; tries again while the node is not ready, as after its restart.
    pub(crate) fn buy(&self, path: &str, body: &Value) -> Order {
        let not_ready = "the Lightning node is not ready";
        let mut answer = Value::Null;
        until_within_or(PATIENCE, || {
            answer = self.post(path, body);
            !answer["reason"].as_str().is_some_and(|reason| reason.starts_with(not_ready))
        });
        assert_eq!(answer["status"], "OK", "{answer}");
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        Order { id: text("orderId"), invoice: text("payreq") }
    }

    pub(crate) fn buy_text(&self, phone: &str) -> Order {
        self.buy("/createsendorder", &json!({"phone": phone, "message": "Your table is ready."}))
    }

    /// A number for one code.
    pub(crate) fn buy_number(&self, country: &str, service: &str) -> Order {
        self.buy("/createorder", &json!({"country": country, "service": service}))
    }

    pub(crate) fn status(&self, order: &Order) -> Value {
        self.get(&format!("/orderstatus?orderId={}", order.id))
    }

    /// Waits until the status is as wished, and returns it.
    pub(crate) fn await_status(&self, order: &Order, wished: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = until_within_or(PATIENCE, || {
            last = self.status(order);
            wished(&last)
        });
        assert!(found, "stays {last}");
        last
    }

    pub(crate) fn await_paid(&self, order: &Order) {
        self.await_status(order, |status| status["paid"] == true);
    }

    pub(crate) fn await_delivered(&self, order: &Order) {
        self.await_status(order, |status| status["smsStatus"] == "delivered");
    }

    /// Waits until the order's end was recorded as a refund.
    pub(crate) fn await_refunded(&self, order: &Order) {
        self.await_status(order, |status| status["error"].is_string());
    }

    /// Orders that ended so since Boltgram's start.
    pub(crate) fn ended(&self, result: &str) -> u64 {
        let name = format!("boltgram_orders_ended_total{{result=\"{result}\"}} ");
        let page = self.page("/metrics");
        page.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |n| n.parse().unwrap())
    }

    /// Waits until so many orders ended so since Boltgram's start.
    pub(crate) fn await_ended(&self, result: &str, orders: u64) {
        until_within(PATIENCE, &format!("{orders} orders end as {result}"), || {
            (self.ended(result) >= orders).then_some(())
        });
    }
}

/// Whether the condition comes true within the limit.
fn until_within_or(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = std::time::Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if std::time::Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
